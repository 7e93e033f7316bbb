import { RULE, type Entry, type SolveRun } from "./plan.ts";
import type { Point, SolveResult } from "./training-process.ts";

/** One run under the decision rule. */
export interface RunSummary {
  readonly seed: number;
  /** The first of the evaluations running that meet the rule; null: none do. */
  readonly solved: { readonly steps: number; readonly seconds: number } | null;
  readonly last: Point | null;
  readonly updates: number;
  readonly seconds: number;
  readonly curve: readonly Point[];
}

export interface EntrySummary extends Entry {
  readonly runs: readonly RunSummary[];
  /** Runs that were solved; null where the environment does not say when it is. */
  readonly solved: number | null;
  /** Means over the seeds at each evaluation, as long as the longest run. */
  readonly mean: readonly Point[];
}

export type Lookup = (run: SolveRun) => SolveResult | undefined;

/** Where the rule is first met. */
export function solvedAt(curve: readonly Point[]): Point | null {
  let running = 0;
  for (const [i, { solved_at_end: share }] of curve.entries()) {
    running = share !== null && share >= RULE.success ? running + 1 : 0;
    if (running === RULE.running) return curve[i - RULE.running + 1] ?? null;
  }
  return null;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A run that ended before the others, solved, counts as in its last evaluation from then on. */
function meanOf(curves: readonly (readonly Point[])[]): Point[] {
  const longest = curves.reduce((long, curve) => (curve.length > long.length ? curve : long), []);
  return longest.map((point, i) => {
    const points = curves.flatMap((curve) => curve[i] ?? curve.at(-1) ?? []);
    const shares = (key: "solved_at_end" | "success" | "solved_steps"): number | null =>
      point[key] === null ? null : mean(points.map((other) => other[key] ?? Number.NaN));
    return {
      steps: point.steps,
      seconds: mean(points.map(({ seconds }) => seconds)),
      return: mean(points.map((other) => other.return)),
      solved_at_end: shares("solved_at_end"),
      success: shares("success"),
      solved_steps: shares("solved_steps"),
    };
  });
}

function summariseRun(seed: number, { curve, updates, seconds }: SolveResult): RunSummary {
  const at = solvedAt(curve);
  const solved = at === null ? null : { steps: at.steps, seconds: at.seconds };
  return { seed, solved, last: curve.at(-1) ?? null, updates, seconds, curve };
}

/** What the finished runs of an entry came to. */
export function summarise(entry: Entry, seeds: readonly number[], lookup: Lookup): EntrySummary {
  const runs = seeds.flatMap((seed) => {
    const result = lookup({ ...entry, seed });
    return result === undefined ? [] : [summariseRun(seed, result)];
  });
  const says = runs.some(({ last }) => last?.solved_at_end !== null);
  const solved = says ? runs.filter((run) => run.solved !== null).length : null;
  return { ...entry, runs, solved, mean: meanOf(runs.map(({ curve }) => curve)) };
}
