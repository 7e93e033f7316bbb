import type { Interval } from "../statistics.ts";
import type { Panel } from "../svg-plot.ts";
import { GRID, SIDES, type OnsetTask, type Side } from "./plan.ts";
import type { CurvePoint } from "./trial.ts";

/** One trial's evaluations. */
export interface OnsetCurve {
  readonly task: OnsetTask;
  readonly side: Side;
  readonly seed: number;
  readonly points: readonly CurvePoint[];
}

type Quantity = Exclude<keyof CurvePoint, "seconds">;
/** One tick of the axis of time is labelled among so many. */
const LABELLED = 3;

/** Mean over the seeds and their range; null where not all have a value. */
export type Range = Interval | null;

/** A side's quantity at each time of the grid, as of the last evaluation by then. */
export interface OnsetSeries {
  readonly env: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly ranges: readonly Range[];
}

/** Times that curves are read off at, s. */
const gridOf = (budget: number): number[] =>
  Array.from({ length: Math.floor(budget / GRID) }, (_, i) => (i + 1) * GRID);

function rangeAt(curves: readonly OnsetCurve[], quantity: Quantity, time: number): Range {
  const values = curves.map(
    ({ points }) => points.findLast(({ seconds }) => seconds <= time)?.[quantity] ?? Number.NaN,
  );
  if (values.length === 0 || values.some(Number.isNaN)) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  return { value: sum / values.length, low: Math.min(...values), high: Math.max(...values) };
}

export function seriesOf(curves: readonly OnsetCurve[], tasks: readonly OnsetTask[], budget: number): OnsetSeries[] {
  return tasks.flatMap((task) =>
    (["return", "length", "step"] as const).flatMap((quantity) =>
      task.sides.map((side) => {
        const own = curves.filter((curve) => curve.task === task && curve.side === side);
        const ranges = gridOf(budget).map((time) => rangeAt(own, quantity, time));
        return { env: task.env, side, quantity, ranges };
      }),
    ),
  );
}

const TITLES = { return: "return", length: "steps an episode", step: "1,000 env-steps done" } as const;

function scaled(range: Range, factor: number): Range {
  return range && { value: range.value * factor, low: range.low * factor, high: range.high * factor };
}

/** Three panels a task. */
export function panelsOf(series: readonly OnsetSeries[], budget: number): Panel[] {
  const keys = new Map(series.map(({ env, quantity }) => [`${env}: ${TITLES[quantity]}`, { env, quantity }]));
  const categories = gridOf(budget).map((time, i) => ((i + 1) % LABELLED === 0 ? String(time) : ""));
  return [...keys].map(([title, { env, quantity }]) => ({
    title,
    xLabel: "seconds of training",
    categories,
    series: SIDES.flatMap((side) => {
      const own = series.find((each) => each.env === env && each.quantity === quantity && each.side === side);
      const factor = quantity === "step" ? 1e-3 : 1;
      return own === undefined ? [] : [{ name: side, points: own.ranges.map((range) => scaled(range, factor)) }];
    }),
  }));
}
