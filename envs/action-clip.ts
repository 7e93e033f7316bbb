import { elementCount, fromNdArray, type NdArray, type NumericArray } from "../protocol/ndarray.ts";
import type { Space } from "../protocol/spaces.ts";

function bounds(bound: NdArray, size: number): Float64Array {
  const values = fromNdArray(bound);
  return Float64Array.from({ length: size }, (_, i) => Number(values[values.length === 1 ? 0 : i]));
}

/** Clips actions of a float Box to its bounds; actions of other spaces pass. */
export class ActionClip {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #clipped: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | null;

  constructor(space: Space) {
    const isFloat = space.type === "box" && (space.dtype === "<f4" || space.dtype === "<f8");
    const size = isFloat ? elementCount(space.shape) : 0;
    this.#low = isFloat ? bounds(space.low, size) : new Float64Array(0);
    this.#high = isFloat ? bounds(space.high, size) : new Float64Array(0);
    this.#clipped = isFloat ? (space.dtype === "<f4" ? new Float32Array(size) : new Float64Array(size)) : null;
  }

  /** The clipped action, valid until the next call. */
  applyBorrow(action: NumericArray): NumericArray {
    const clipped = this.#clipped;
    if (clipped === null) return action;
    for (let i = 0; i < clipped.length; i++) {
      const value = Number(action[i]);
      clipped[i] = Math.min(Math.max(value, this.#low[i] ?? 0), this.#high[i] ?? 0);
    }
    return clipped;
  }
}
