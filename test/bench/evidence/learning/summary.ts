import type { JsonObject } from "../../../../protocol/env.ts";
import type { Rng } from "../../../../protocol/random/generator.ts";
import { bootstrap, iqm, type Interval } from "../statistics.ts";
import type { Panel } from "../svg-plot.ts";
import type { Claim, DifferencePart } from "../verdict.ts";
import { ClaimMaker } from "./claims.ts";
import {
  CURVE_RESAMPLES,
  METHODS,
  RESAMPLES,
  SETTINGS,
  TEST_SEEDS,
  WORLDS,
  type Method,
  type Variant,
  type World,
} from "./plan.ts";
import type { Point } from "./trial.ts";
import type { LoggedResult } from "./trial-runner.ts";
import { DESCRIPTIVE, pilotMeans, testTrials, type Chosen, type Lookup } from "./trials.ts";

/** Success from which on a task counts as half learnt. */
const HALF = 0.5;
/** Moments of a curve over time. */
const MOMENTS = 10;

/** One method in one world; curves are IQM and interval of success by evaluation. */
export interface SummaryRow {
  readonly world: string;
  readonly method: Method | Variant;
  readonly metric: Interval;
  readonly last: Interval;
  /** By seed: env-steps and time of training until success is 0.5; null: never. */
  readonly half_steps: readonly (number | null)[];
  readonly half_wall: readonly (number | null)[];
  /** Of training, s, mean. */
  readonly wall: number;
  readonly cpu: number;
  readonly curve: readonly Interval[];
  readonly raw: readonly LoggedResult[];
}

export interface Tuning {
  readonly method: Method;
  /** Mean metric of each setting over the pilot. */
  readonly means: readonly number[];
  readonly chosen: JsonObject | undefined;
}

export interface Summary {
  readonly tuning: readonly Tuning[];
  readonly rows: readonly SummaryRow[];
  readonly claims: readonly Claim<DifferencePart>[];
  /** Without a claim. */
  readonly descriptive: readonly SummaryRow[];
}

/** Results and the choices that led to them. */
interface Given {
  readonly lookup: Lookup<LoggedResult>;
  readonly chosen: Chosen;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const iqmOf = ([values = []]: readonly ArrayLike<number>[]): number => iqm(values);
const lastOf = ({ curve }: LoggedResult): Point | undefined => curve.at(-1);

function until(result: LoggedResult, key: "steps" | "wall"): number | null {
  return result.curve.find(({ success }) => success >= HALF)?.[key] ?? null;
}

const resultsOf = (world: World, method: Method | Variant, { lookup, chosen }: Given): LoggedResult[] =>
  testTrials(world, method, chosen).flatMap((trial) => lookup(trial) ?? []);

function rowOf(world: World, method: Method | Variant, given: Given, rng: Rng): SummaryRow[] {
  const raw = resultsOf(world, method, given);
  const [first] = raw;
  if (first === undefined) return [];
  const interval = (values: readonly number[], resamples = RESAMPLES): Interval =>
    bootstrap([values], iqmOf, resamples, rng);
  return [
    {
      world: world.name,
      method,
      metric: interval(raw.map(({ metric }) => metric)),
      last: interval(raw.map((result) => lastOf(result)?.success ?? NaN)),
      half_steps: raw.map((result) => until(result, "steps")),
      half_wall: raw.map((result) => until(result, "wall")),
      wall: mean(raw.map((result) => lastOf(result)?.wall ?? NaN)),
      cpu: mean(raw.map((result) => lastOf(result)?.cpu ?? NaN)),
      curve: first.curve.map((_, e) =>
        interval(
          raw.map(({ curve }) => curve[e]?.success ?? NaN),
          CURVE_RESAMPLES,
        ),
      ),
      raw,
    },
  ];
}

/** Everything PLAN.md asks for, from finished trials. */
export function summarise(given: Given, rng: Rng): Summary {
  const metric = (world: World, method: Method): number[] =>
    resultsOf(world, method, given).map((result) => result.metric);
  return {
    tuning: METHODS.map((method) => ({
      method,
      means: pilotMeans(method, given.lookup),
      chosen: SETTINGS[method][given.chosen[method]],
    })),
    rows: WORLDS.flatMap((world) => METHODS.flatMap((method) => rowOf(world, method, given, rng))),
    claims: new ClaimMaker(metric, rng).claims(),
    descriptive: DESCRIPTIVE.flatMap(({ world, methods }) =>
      methods.flatMap((method) => rowOf(world, method, given, rng)),
    ),
  };
}

/** Whether all that claims rest on is there. */
export const complete = ({ rows }: Summary): boolean =>
  rows.length === WORLDS.length * METHODS.length && rows.every(({ raw }) => raw.length === TEST_SEEDS.length);

const inWorld = (rows: readonly SummaryRow[], { name }: World): SummaryRow[] =>
  rows.filter(({ world }) => world === name);

const thousands = (steps: number): string => `${Math.round(steps / 1000)}`;

function overSteps(world: World, rows: readonly SummaryRow[]): Panel {
  const [first] = rows;
  return {
    title: `${world.name}: success`,
    xLabel: "1,000 env-steps",
    categories: first?.raw[0]?.curve.map(({ steps }) => thousands(steps)) ?? [],
    series: rows.map(({ method, curve }) => ({ name: method, points: curve })),
  };
}

/** Success of the last evaluation that came by then; null where most trials are over. */
function successAt(time: number, { raw, wall }: SummaryRow, rng: Rng): Interval | null {
  if (time > wall) return null;
  const values = raw.map(({ curve }) => curve.findLast((point) => point.wall <= time)?.success ?? 0);
  return bootstrap([values], iqmOf, CURVE_RESAMPLES, rng);
}

function overTime(world: World, rows: readonly SummaryRow[], rng: Rng): Panel {
  const longest = Math.max(...rows.map(({ wall }) => wall));
  const times = Array.from({ length: MOMENTS }, (_, i) => (longest * (i + 1)) / MOMENTS);
  return {
    title: `${world.name}: success over time`,
    xLabel: "seconds of training on one core",
    categories: times.map((time) => time.toFixed(0)),
    series: rows.map((row) => ({ name: row.method, points: times.map((time) => successAt(time, row, rng)) })),
  };
}

/** Learning curves of each world, over steps and over time: IQM and 95 % interval. */
export function panelsOf(rows: readonly SummaryRow[], worlds: readonly World[], rng: Rng): Panel[] {
  return worlds.flatMap((world) => {
    const own = inWorld(rows, world);
    return [overSteps(world, own), overTime(world, own, rng)];
  });
}
