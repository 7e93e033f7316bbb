import { MyoError } from "../../../protocol/errors.ts";
import { bytesBorrow, type NumericArray } from "../../../protocol/ndarray.ts";
import type { ReplayBatch, ReplayStep } from "./replay.ts";

/*
 * Axes: R vector steps that fit, N rows (environments), O observation, A action, B batch.
 *
 * The vector step t lies at place t mod R. A transition's place is (t mod R)·N + row.
 */

export interface RingShape {
  /** Vector steps that fit, R. */
  readonly rows: number;
  readonly numEnvs: number;
  readonly obsSize: number;
  readonly actionSize: number;
}

/** One array of the ring as bytes. */
interface Field {
  readonly bytes: Uint8Array;
  /** Bytes of one vector step. */
  readonly stride: number;
}

const fieldOf = (array: NumericArray, rows: number): Field => ({
  bytes: bytesBorrow(array),
  stride: array.byteLength / rows,
});

/** `to.set(from.subarray(…))` without making a view. */
function copyNumbers(from: Float32Array, start: number, count: number, to: Float32Array, at: number): void {
  for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}

function assertShape(name: string, array: ArrayLike<number>, length: number): void {
  if (array.length !== length) throw new RangeError(`${name} holds ${array.length} numbers, the replay ${length}.`);
}

/** Both arrays where the machine gives the memory. */
function allocate(shape: RingShape): { obs: Float32Array; action: Float32Array; nextObs: Float32Array } {
  const { rows, numEnvs, obsSize, actionSize } = shape;
  const transitions = rows * numEnvs;
  try {
    const obs = new Float32Array(transitions * obsSize);
    return { obs, action: new Float32Array(transitions * actionSize), nextObs: new Float32Array(obs.length) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const gigabytes = ((4 * transitions * (2 * obsSize + actionSize)) / 2 ** 30).toFixed(1);
    throw new MyoError(
      "CAPACITY",
      `A replay of ${transitions} transitions takes ${gigabytes} GB, more than one process may have; lower its capacity.`,
    );
  }
}

/**
 * Transitions of N rows in preallocated arrays. `obs`, `action` and `nextObs` of a step are written once; an n-step fold
 * changes its `reward`, `discount` and `lag` only: nextObs of the transition is that of the step `lag` later.
 */
export class TransitionRing {
  readonly shape: RingShape;
  /** Vector steps stored ever; the next one gets this number. */
  stored = 0;
  /** [R, N, O] */
  readonly obs: Float32Array;
  /** [R, N, A] */
  readonly action: Float32Array;
  /** [R, N, O] one step on */
  readonly nextObs: Float32Array;
  /** [R, N] */
  readonly reward: Float32Array;
  /** [R, N] */
  readonly discount: Float32Array;
  /** [R, N] steps to the one whose nextObs counts */
  readonly lag: Uint8Array;
  /** [R, N] the episode ended with this step */
  readonly ended: Uint8Array;
  /** [R, N] index into SOURCES */
  readonly source: Uint8Array;
  /** In the order of a record. */
  readonly #fields: readonly Field[];
  /** Bytes of one vector step. */
  readonly recordBytes: number;

  constructor(shape: RingShape) {
    this.shape = shape;
    const { rows, numEnvs } = shape;
    const { obs, action, nextObs } = allocate(shape);
    const transitions = rows * numEnvs;
    this.obs = obs;
    this.action = action;
    this.nextObs = nextObs;
    this.reward = new Float32Array(transitions);
    this.discount = new Float32Array(transitions);
    this.lag = new Uint8Array(transitions);
    this.ended = new Uint8Array(transitions);
    this.source = new Uint8Array(transitions);
    const arrays = [this.reward, this.discount, this.lag, this.ended, this.source, obs, action, nextObs];
    this.#fields = arrays.map((array) => fieldOf(array, rows));
    this.recordBytes = this.#fields.reduce((sum, { stride }) => sum + stride, 0);
  }

  /** The oldest vector step that is still there. */
  get oldest(): number {
    return Math.max(0, this.stored - this.shape.rows);
  }

  /** Transitions stored at present. */
  get size(): number {
    return (this.stored - this.oldest) * this.shape.numEnvs;
  }

  /** Store a vector step over the oldest one. @param discount of a transition that does not terminate */
  push(step: ReplayStep, discount: number): void {
    const { rows, numEnvs, obsSize, actionSize } = this.shape;
    assertShape("obs", step.obs, numEnvs * obsSize);
    assertShape("action", step.action, numEnvs * actionSize);
    assertShape("nextObs", step.nextObs, numEnvs * obsSize);
    assertShape("reward", step.reward, numEnvs);
    const first = (this.stored % rows) * numEnvs;
    this.obs.set(step.obs, first * obsSize);
    this.action.set(step.action, first * actionSize);
    this.nextObs.set(step.nextObs, first * obsSize);
    for (let env = 0; env < numEnvs; env++) {
      const place = first + env;
      this.reward[place] = step.reward[env] as number;
      this.discount[place] = step.terminated[env] === 0 ? discount : 0;
      this.lag[place] = 0;
      this.ended[place] = step.ended[env] as number;
      this.source[place] = step.source[env] as number;
    }
    this.stored++;
  }

  /** Place of the transition whose nextObs is n steps on from `place`. */
  #nextPlace(place: number): number {
    const { rows, numEnvs } = this.shape;
    const next = place + (this.lag[place] as number) * numEnvs;
    return next < rows * numEnvs ? next : next - rows * numEnvs;
  }

  /** Fill a batch with the transitions at `batch.index`. */
  gather(batch: ReplayBatch): void {
    const { obsSize, actionSize } = this.shape;
    const { index } = batch;
    for (let b = 0; b < index.length; b++) {
      const place = index[b] as number;
      const next = this.#nextPlace(place);
      batch.reward[b] = this.reward[place] as number;
      batch.discount[b] = this.discount[place] as number;
      copyNumbers(this.obs, place * obsSize, obsSize, batch.obs, b * obsSize);
      copyNumbers(this.nextObs, next * obsSize, obsSize, batch.nextObs, b * obsSize);
      copyNumbers(this.action, place * actionSize, actionSize, batch.action, b * actionSize);
    }
  }

  /** Bytes [from, from + out.length) of the record of vector step t. */
  readRecord(t: number, from: number, out: Uint8Array): void {
    this.#eachPart(t, from, out.length, (field, at) => out.set(field, at));
  }

  /** The inverse of `readRecord`. */
  writeRecord(t: number, from: number, bytes: Uint8Array): void {
    this.#eachPart(t, from, bytes.length, (field, at) => field.set(bytes.subarray(at, at + field.length)));
  }

  /** Bytes at the head of a record that a fold may change: reward, discount, lag. */
  get foldedBytes(): number {
    return this.#fields.slice(0, 3).reduce((sum, { stride }) => sum + stride, 0);
  }

  /** The pieces of the fields that make up bytes [from, from + length) of a record, with their place in that range. */
  #eachPart(t: number, from: number, length: number, visit: (part: Uint8Array, at: number) => void): void {
    const row = t % this.shape.rows;
    let start = 0;
    for (const { bytes, stride } of this.#fields) {
      const low = Math.max(from, start);
      const high = Math.min(from + length, start + stride);
      const offset = row * stride - start;
      if (low < high) visit(bytes.subarray(offset + low, offset + high), low - from);
      start += stride;
    }
  }
}
