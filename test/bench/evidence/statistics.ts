import type { Rng } from "../../../protocol/random/generator.ts";

/** Estimate with a percentile bootstrap interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Share of the interval's mass outside each end: 95 % within. */
const TAIL = 0.025;
/** Share left out at each end of the interquartile mean. */
const QUARTER = 0.25;

/** Interquartile mean: of what is left without the ⌊n/4⌋ lowest and highest (Agarwal et al. 2021). */
export function iqm(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(sorted.length * QUARTER);
  const middle = sorted.subarray(cut, sorted.length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** Linear between order statistics. @param sorted ascending */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] ?? NaN;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}

/**
 * A statistic of independent groups and its 95 % percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13): each
 * group is resampled by itself with replacement. NaN anywhere makes the interval NaN.
 */
export function bootstrap(
  groups: readonly (readonly number[])[],
  statistic: (groups: readonly ArrayLike<number>[]) => number,
  resamples: number,
  rng: Rng,
): Interval {
  const drawn = groups.map((group) => new Float64Array(group.length));
  const values = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    for (const [g, group] of groups.entries()) {
      const into = drawn[g];
      if (into === undefined) continue;
      for (let i = 0; i < into.length; i++) into[i] = group[rng.integers(0, group.length)] ?? NaN;
    }
    values[r] = statistic(drawn);
  }
  const value = statistic(groups);
  if (values.some(Number.isNaN)) return { value, low: NaN, high: NaN };
  values.sort();
  return { value, low: quantile(values, TAIL), high: quantile(values, 1 - TAIL) };
}
