import { DTYPES, type Dtype, type NumericArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";

/** Bits of `flags`. */
export const TERMINATED = 1;
export const TRUNCATED = 2;
/** The episode ended in this step: `returns` and `lengths` are its statistics. */
export const ENDED = 4;
/** `errorText` holds a sentence. */
export const FAILED = 8;
/** The row was reset at least once. */
export const STARTED = 16;

/** UTF-8 bytes kept of a row's error sentence. */
export const ERROR_BYTES = 256;

/** Everything both sides need to lay the same arrays over the same bytes. */
export interface SlabShape {
  readonly rows: number;
  readonly workers: number;
  /** Batches that may be in flight together. */
  readonly slots: number;
  readonly action: readonly BufferLayout[];
  readonly obs: readonly BufferLayout[];
  readonly terms: number;
  readonly joints: number;
  /** same_step autoreset: room for last observations. */
  readonly final: boolean;
}

/**
 * Shared memory of one session: what the socket thread scatters to the workers and gathers from them.
 * N rows, W workers, S slots, T terms, J joints.
 */
export interface Slab {
  readonly shape: SlabShape;
  readonly buffer: SharedArrayBuffer;
  /** [S, W] ticket of the last batch that a worker finished in a slot. */
  readonly partDone: Int32Array;
  /** [S] workers that have not finished their part of the batch. */
  readonly remaining: Int32Array;
  /** [1] not 0: workers write `joints` after each step. */
  readonly wantJoints: Int32Array;
  /** [S + 1, N] row numbers of the parts of a batch; the last region holds all rows by worker. */
  readonly rowList: Uint32Array;
  /** One [N, size] per dtype. */
  readonly action: readonly NumericArray[];
  readonly obs: readonly NumericArray[];
  /** [N] */
  readonly reward: Float64Array;
  /** [N, T] */
  readonly terms: Float64Array;
  /** [N] */
  readonly flags: Uint8Array;
  readonly returns: Float64Array;
  readonly lengths: Uint32Array;
  /** same_step: last observation and terms of rows with ENDED, else empty. */
  readonly finalObs: readonly NumericArray[];
  readonly finalTerms: Float64Array;
  /** [N, J] rad or m */
  readonly joints: Float64Array;
  /** [N] time the row's last step took in its worker, ms. */
  readonly stepTime: Float64Array;
  /** [N, ERROR_BYTES], NUL-terminated where shorter. */
  readonly errorText: Uint8Array;
}

/** Hands out aligned ranges; without a buffer it only counts. */
export class Allocator {
  readonly #buffer: SharedArrayBuffer | null;
  size = 0;

  constructor(buffer: SharedArrayBuffer | null) {
    this.#buffer = buffer;
  }

  array<D extends Dtype>(dtype: D, length: number): InstanceType<(typeof DTYPES)[D]["make"]> {
    const { bytes, make } = DTYPES[dtype];
    const offset = this.size;
    this.size = Math.ceil((offset + length * bytes) / 8) * 8;
    // Typed arrays lie over shared memory as well; the common constructor type knows plain buffers only.
    const buffer = this.#buffer as unknown as ArrayBuffer | null;
    const view = buffer === null ? new make(0) : new make(buffer, offset, length);
    return view as InstanceType<(typeof DTYPES)[D]["make"]>;
  }

  buffers(layouts: readonly BufferLayout[], rows: number): NumericArray[] {
    return layouts.map(({ dtype, size }) => this.array(dtype, rows * size));
  }
}

function layOut(shape: SlabShape, allocator: Allocator): Omit<Slab, "buffer"> {
  const { rows, slots, workers } = shape;
  const finalRows = shape.final ? rows : 0;
  return {
    shape,
    partDone: allocator.array("<i4", slots * workers),
    remaining: allocator.array("<i4", slots),
    wantJoints: allocator.array("<i4", 1),
    rowList: allocator.array("<u4", (slots + 1) * rows),
    action: allocator.buffers(shape.action, rows),
    obs: allocator.buffers(shape.obs, rows),
    reward: allocator.array("<f8", rows),
    terms: allocator.array("<f8", rows * shape.terms),
    flags: allocator.array("|u1", rows),
    returns: allocator.array("<f8", rows),
    lengths: allocator.array("<u4", rows),
    finalObs: allocator.buffers(shape.obs, finalRows),
    finalTerms: allocator.array("<f8", finalRows * shape.terms),
    joints: allocator.array("<f8", rows * shape.joints),
    stepTime: allocator.array("<f8", rows),
    errorText: allocator.array("|u1", rows * ERROR_BYTES),
  };
}

/** Lay the arrays of a shape over the bytes another thread made with `createSlab`. */
export function openSlab(shape: SlabShape, buffer: SharedArrayBuffer): Slab {
  return { ...layOut(shape, new Allocator(buffer)), buffer };
}

export function createSlab(shape: SlabShape): Slab {
  const counter = new Allocator(null);
  layOut(shape, counter);
  return openSlab(shape, new SharedArrayBuffer(counter.size));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Store the error sentence of a row, cut to ERROR_BYTES. */
export function writeError(slab: Pick<Slab, "errorText">, row: number, sentence: string): void {
  const target = slab.errorText.subarray(row * ERROR_BYTES, (row + 1) * ERROR_BYTES);
  const bytes = encoder.encode(sentence).subarray(0, ERROR_BYTES);
  target.fill(0);
  target.set(bytes);
}

export function readError(slab: Pick<Slab, "errorText">, row: number): string {
  const bytes = slab.errorText.slice(row * ERROR_BYTES, (row + 1) * ERROR_BYTES);
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
