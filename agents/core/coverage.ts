import type { JointInfo } from "../../protocol/env.ts";

/** Bins a joint's range is cut into. */
export const DEFAULT_COVERAGE_BINS = 30;

/**
 * Joint-space coverage: the share of equal bins of each joint's range that was visited.
 *
 * Positions beyond a range (soft limits) count for the bin at that end; unlimited joints have no share.
 */
export class JointCoverage {
  readonly bins: number;
  readonly #low: Float64Array;
  readonly #binsPerUnit: Float64Array;
  /** [J, bins] */
  readonly #visited: Uint8Array;
  readonly #counts: Uint32Array;

  constructor(joints: readonly Pick<JointInfo, "range">[], bins: number = DEFAULT_COVERAGE_BINS) {
    if (!Number.isInteger(bins) || bins < 1)
      throw new RangeError(`bins must be an integer of at least 1, got ${bins}.`);
    this.bins = bins;
    this.#low = Float64Array.from(joints, ({ range }) => range[0]);
    this.#binsPerUnit = Float64Array.from(joints, ({ range }) =>
      range[1] > range[0] ? bins / (range[1] - range[0]) : 0,
    );
    this.#visited = new Uint8Array(joints.length * bins);
    this.#counts = new Uint32Array(joints.length);
  }

  /** @param positions [J] joint positions from `offset` on, rad or m; an element that is not finite is passed over. */
  visit(positions: ArrayLike<number>, offset = 0): void {
    const { bins } = this;
    for (let j = 0; j < this.#counts.length; j++) {
      const binsPerUnit = this.#binsPerUnit[j] ?? 0;
      const position = positions[offset + j] ?? NaN;
      if (binsPerUnit === 0 || !Number.isFinite(position)) continue;
      const raw = Math.floor((position - (this.#low[j] ?? 0)) * binsPerUnit);
      const cell = j * bins + Math.min(Math.max(raw, 0), bins - 1);
      if (this.#visited[cell]) continue;
      this.#visited[cell] = 1;
      this.#counts[j] = (this.#counts[j] ?? 0) + 1;
    }
  }

  /** Share of each joint's bins, [J] of 0…1; NaN for an unlimited joint. */
  shares(): Float64Array {
    return Float64Array.from(this.#counts, (count, j) => (this.#binsPerUnit[j] === 0 ? NaN : count / this.bins));
  }

  /** Mean share of the limited joints; NaN where there are none. */
  mean(): number {
    const shares = this.shares().filter((share) => !Number.isNaN(share));
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }
}
