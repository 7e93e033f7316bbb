import type { NumericArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import { Allocator, ERROR_BYTES } from "./slab.ts";

/** Elements of a row's observation that a rollout keeps. */
export interface ObsSpan {
  readonly buffer: number;
  readonly offset: number;
  readonly count: number;
}

/** What one rollout computes: B sequences of H steps. */
export interface RolloutShape {
  readonly sequences: number;
  readonly horizon: number;
  readonly action: readonly BufferLayout[];
  /** The row's whole observation. */
  readonly rowObs: readonly BufferLayout[];
  /** What is kept of it, and how that is laid out. */
  readonly spans: readonly ObsSpan[];
  readonly obs: readonly BufferLayout[];
  /** Reward terms of a step that the env computes. */
  readonly terms: number;
  readonly keepObs: boolean;
  readonly keepFinalObs: boolean;
  readonly keepTerms: boolean;
}

/** Shared memory of one rollout: B sequences, H steps, T terms. Fresh memory is 0: what no step writes is 0. */
export interface RolloutSlab {
  readonly shape: RolloutShape;
  readonly buffer: SharedArrayBuffer;
  /** [1] next sequence to take. */
  readonly next: Int32Array;
  /** One [B, H, size] per dtype. */
  readonly action: readonly NumericArray[];
  /** [B, H] */
  readonly reward: Float64Array;
  /** [B, H] bits as in `Slab.flags`; FAILED in the step that failed only. */
  readonly flags: Uint8Array;
  /** [B, H, size], [B, size] and [B, H, T]; empty unless kept. */
  readonly obs: readonly NumericArray[];
  readonly finalObs: readonly NumericArray[];
  readonly terms: Float64Array;
  /** [B, ERROR_BYTES] */
  readonly errorText: Uint8Array;
}

/** Beyond every sequence number: nobody takes another, and who has one leaves it. */
const STOPPED = 0x3fff_ffff;

function layOut(shape: RolloutShape, allocator: Allocator): Omit<RolloutSlab, "buffer"> {
  const { sequences, horizon } = shape;
  const steps = sequences * horizon;
  return {
    shape,
    next: allocator.array("<i4", 1),
    action: allocator.buffers(shape.action, steps),
    reward: allocator.array("<f8", steps),
    flags: allocator.array("|u1", steps),
    obs: allocator.buffers(shape.obs, shape.keepObs ? steps : 0),
    finalObs: allocator.buffers(shape.obs, shape.keepFinalObs ? sequences : 0),
    terms: allocator.array("<f8", shape.keepTerms ? steps * shape.terms : 0),
    errorText: allocator.array("|u1", sequences * ERROR_BYTES),
  };
}

/** Lay the arrays over the bytes another thread made with `createRolloutSlab`. */
export function openRolloutSlab(shape: RolloutShape, buffer: SharedArrayBuffer): RolloutSlab {
  return { ...layOut(shape, new Allocator(buffer)), buffer };
}

/** Bytes that actions and results of a rollout take. */
export function rolloutBytes(shape: RolloutShape): number {
  const counter = new Allocator(null);
  layOut(shape, counter);
  return counter.size;
}

export function createRolloutSlab(shape: RolloutShape): RolloutSlab {
  return openRolloutSlab(shape, new SharedArrayBuffer(rolloutBytes(shape)));
}

/** @returns a sequence that is nobody else's, or -1 when none is left. */
export function takeSequence({ next, shape }: RolloutSlab): number {
  const sequence = Atomics.add(next, 0, 1);
  return sequence < shape.sequences ? sequence : -1;
}

/** Nobody waits for the result any more. */
export function stopRollout({ next }: RolloutSlab): void {
  Atomics.store(next, 0, STOPPED);
}

export function isStopped({ next }: RolloutSlab): boolean {
  return Atomics.load(next, 0) >= STOPPED;
}
