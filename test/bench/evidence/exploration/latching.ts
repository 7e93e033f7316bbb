import type { JointInfo } from "../../../../protocol/env.ts";

/** Control steps of a window; its second half is looked at. */
const WINDOW = 200;
/** At a limit: this near, in shares of the range, or beyond. */
const NEAR = 0.02;
/** At rest: standard deviation below this, in shares of the range. */
const REST = 0.02;
/** A joint is latched that spends this share of the half at a limit and rests. */
const MOSTLY = 0.9;
/** The last windows of a trial. */
const LATE = 0.25;

export interface Latching {
  /** Share of steps and joints at a limit. */
  readonly at_limit: number;
  /** Share of windows and joints that rest at a limit. */
  readonly latched: number;
  /** Share of windows in which every joint rests. */
  readonly still: number;
  /** Standard deviation of late windows, shares of the range. */
  readonly late_std: number;
}

/** What a window showed of each joint, [J]. */
interface WindowSums {
  readonly limit: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

/** Whether joints came to hold at their limits or elsewhere; PLAN.md defines the four numbers. */
export class LatchingMeter {
  readonly #ranges: readonly (readonly [number, number])[];
  readonly #windows: WindowSums[] = [];
  #step = 0;

  constructor(joints: readonly Pick<JointInfo, "range">[]) {
    this.#ranges = joints.map(({ range }) => range);
  }

  /** @param positions [J] rad */
  visit(positions: ArrayLike<number>): void {
    const phase = this.#step++ % WINDOW;
    if (phase < WINDOW / 2) return;
    if (phase === WINDOW / 2) this.#windows.push(emptySums(this.#ranges.length));
    const window = this.#windows.at(-1);
    if (window === undefined) return;
    this.#ranges.forEach(([low, high], j) => {
      const share = ((positions[j] ?? NaN) - low) / (high - low);
      if (share < NEAR || share > 1 - NEAR) window.limit[j] = (window.limit[j] ?? 0) + 1;
      window.sum[j] = (window.sum[j] ?? 0) + share;
      window.squares[j] = (window.squares[j] ?? 0) + share * share;
    });
  }

  /** Whole windows only. */
  result(): Latching {
    const half = WINDOW / 2;
    const whole = this.#windows.slice(0, Math.floor(this.#step / WINDOW));
    const stds = whole.map(({ sum, squares }) =>
      Array.from(sum, (s, j) => Math.sqrt(Math.max((squares[j] ?? 0) / half - (s / half) ** 2, 0))),
    );
    const limits = whole.map(({ limit }) => Array.from(limit, (count) => count / half));
    const latched = limits.map((shares, w) =>
      shares.map((share, j) => (share >= MOSTLY && (stds[w]?.[j] ?? 1) < REST ? 1 : 0)),
    );
    const late = stds.slice(Math.floor(stds.length * (1 - LATE)));
    return {
      at_limit: mean(limits.flat()),
      latched: mean(latched.flat()),
      still: mean(stds.map((window) => (window.every((std) => std < REST) ? 1 : 0))),
      late_std: mean(late.flat()),
    };
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const emptySums = (size: number): WindowSums => ({
  limit: new Float64Array(size),
  sum: new Float64Array(size),
  squares: new Float64Array(size),
});
