import type { Cycle } from "./gait-cycles.ts";

/** Percents 0 to 100 of a cycle. */
export const POINTS = 101;

/** Mean and sample standard deviation (divisor n - 1; 0 for n = 1). */
export interface Spread {
  readonly mean: number;
  readonly std: number;
}

/** Value of a series at a fractional row, linear between rows. */
export function valueAt(series: Float64Array, row: number): number {
  const before = Math.min(Math.max(Math.floor(row), 0), series.length - 1);
  const after = Math.min(before + 1, series.length - 1);
  const [low, high] = [series[before] ?? NaN, series[after] ?? NaN];
  return low + (high - low) * Math.min(Math.max(row - before, 0), 1);
}

/** A series over one cycle at 0, 1, … 100 percent, [POINTS]. */
export function overCycle(series: Float64Array, { start, end }: Cycle): Float64Array {
  return Float64Array.from({ length: POINTS }, (_, i) => valueAt(series, start + ((end - start) * i) / (POINTS - 1)));
}

/** Mean and standard deviation of numbers, NaN for none. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n === 1 ? 0 : Math.sqrt(squares / (n - 1)) };
}

/** Mean and standard deviation at every point of curves of one length. */
export function curveSpread(curves: readonly Float64Array[]): { readonly mean: number[]; readonly std: number[] } {
  const points = curves[0]?.length ?? 0;
  const spreads = Array.from({ length: points }, (_, i) => spreadOf(curves.map((curve) => curve[i] ?? NaN)));
  return { mean: spreads.map(({ mean }) => mean), std: spreads.map(({ std }) => std) };
}

/** sqrt(mean((a - b)²)), in the unit of the curves. */
export function rootMeanSquareError(a: readonly number[], b: readonly number[]): number {
  const sum = a.reduce((total, value, i) => total + (value - (b[i] ?? NaN)) ** 2, 0);
  return Math.sqrt(sum / a.length);
}

/** Pearson's correlation, cov(a, b) / (std(a) std(b)); null where a curve is constant. */
export function correlation(a: readonly number[], b: readonly number[]): number | null {
  const [ma, mb] = [spreadOf(a).mean, spreadOf(b).mean];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const [da, db] = [value - ma, (b[i] ?? NaN) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  });
  const flat = (squares: number, mean: number): boolean => Math.sqrt(squares / a.length) <= 1e-12 * Math.abs(mean);
  return flat(aa, ma) || flat(bb, mb) ? null : ab / Math.sqrt(aa * bb);
}
