import type { Buffers } from "../../protocol/env.ts";
import type { Space } from "../../protocol/spaces.ts";
import { actionRange, type ActionRange } from "./spaces.ts";

/*
 * Axes: N rows, A actions.
 */

/** Actions of a policy, where [-1, 1] is the range of each, and those of the environment. */
export class ActionUnits {
  readonly range: ActionRange;
  readonly #single: boolean;

  /** @throws MyoError BAD_OPTIONS for any space but a bounded box of floats. */
  constructor(space: Space, algo: string) {
    this.range = actionRange(space, algo);
    this.#single = space.type === "box" && space.dtype === "<f4";
  }

  get size(): number {
    return this.range.size;
  }

  /** Scaled and clipped to the range, owned by the caller. @param action [N, A] */
  toEnv(action: Float32Array): Buffers {
    const { size, middle, half, low, high } = this.range;
    const out = this.#single ? new Float32Array(action.length) : new Float64Array(action.length);
    for (let at = 0; at < action.length; at++) {
      const i = at % size;
      const value = (middle[i] ?? 0) + (half[i] ?? 0) * (action[at] ?? 0);
      out[at] = Math.min(Math.max(value, low[i] ?? 0), high[i] ?? 0);
    }
    return [out];
  }

  /** Units of the policy; 0 where the range is a point. @param row of both @param out [N, A] */
  fromEnv(action: ArrayLike<number>, row: number, out: Float32Array): void {
    const { size, middle, half } = this.range;
    for (let i = 0; i < size; i++) {
      const width = half[i] ?? 0;
      out[row * size + i] = width === 0 ? 0 : ((action[row * size + i] ?? 0) - (middle[i] ?? 0)) / width;
    }
  }
}
