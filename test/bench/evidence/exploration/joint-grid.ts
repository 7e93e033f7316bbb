import type { JointInfo } from "../../../../protocol/env.ts";

/** Share of the bins × bins cells of two joints' ranges that were visited; beyond a range counts for its end bin. */
export class JointGrid {
  readonly #bins: number;
  readonly #joints: readonly Pick<JointInfo, "range">[];
  /** [bins, bins] */
  readonly #visited: Uint8Array;

  constructor(joints: readonly Pick<JointInfo, "range">[], bins: number) {
    if (joints.length !== 2) throw new RangeError(`A grid has two joints, got ${joints.length}.`);
    this.#bins = bins;
    this.#joints = joints;
    this.#visited = new Uint8Array(bins * bins);
  }

  /** @param positions [2] rad */
  visit(positions: ArrayLike<number>): void {
    const { length } = this.#joints;
    let cell = 0;
    for (let j = 0; j < length; j++) {
      const [low, high] = this.#joints[j]?.range ?? [0, 0];
      const raw = Math.floor((((positions[j] ?? NaN) - low) / (high - low)) * this.#bins);
      if (!Number.isFinite(raw)) return;
      cell = cell * this.#bins + Math.min(Math.max(raw, 0), this.#bins - 1);
    }
    this.#visited[cell] = 1;
  }

  mean(): number {
    return this.#visited.reduce((sum, seen) => sum + seen, 0) / this.#visited.length;
  }
}
