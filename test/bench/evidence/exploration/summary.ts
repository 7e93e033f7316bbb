import type { Rng } from "../../../../protocol/random/generator.ts";
import { bootstrap, iqm, type Interval } from "../statistics.ts";
import type { Panel } from "../svg-plot.ts";
import type { Claim } from "../verdict.ts";
import { ClaimMaker, gain, gainOf, type CoverageOf } from "./claims.ts";
import { ARM_SIZES, METHODS, RESAMPLES, SETTINGS, type ControllerConfig, type Method } from "./plan.ts";
import { POST_HOC, POST_HOC_WORLD, REACH_TRIAL, type PostHoc } from "./post-hoc.ts";
import type { Regime, Trial, TrialResult } from "./trial.ts";
import { CONDITIONS, methodsOf, pilotMeans, testTrials, type Body, type Chosen, type Condition } from "./trials.ts";

type Lookup = (trial: Trial) => TrialResult | undefined;

/** One method in one world and regime; latching numbers are means over seeds. */
export interface SummaryRow {
  readonly world: string;
  readonly regime: Regime;
  readonly method: Method;
  readonly coverage: Interval;
  readonly gain: Interval;
  readonly at_limit: number;
  readonly latched: number;
  readonly still: number;
  readonly late_std: number;
  /** By seed, in order of the test seeds. */
  readonly raw: readonly TrialResult[];
}

export interface Tuning {
  readonly body: Body;
  readonly method: Method;
  /** Mean coverage of each setting over the pilot. */
  readonly means: readonly number[];
  readonly chosen: ControllerConfig | undefined;
}

/** arm26 with 600 muscles, regime `episodes`; gain as a share of that of DEP. */
interface PostHocRow {
  readonly name: string;
  readonly coverage: Interval;
  readonly ratio_to_dep: Interval;
  readonly raw: readonly TrialResult[];
}

export interface Summary {
  readonly tuning: readonly Tuning[];
  readonly rows: readonly SummaryRow[];
  readonly claims: readonly Claim[];
  /** The same rules in the regime without resets; descriptive. */
  readonly continuing: readonly Claim[];
  /** Asked after the results were seen; no claim. */
  readonly post_hoc: readonly PostHocRow[];
  /** A ceiling of coverage on arm26. */
  readonly reach: TrialResult | undefined;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function resultsOf({ body, world, regime }: Condition, method: Method, given: Given): TrialResult[] {
  return testTrials(world, body, regime, method, given.chosen, given.seeds).flatMap(
    (trial) => given.lookup(trial) ?? [],
  );
}

/** Results and the choices that led to them. */
interface Given {
  readonly lookup: Lookup;
  readonly chosen: Chosen;
  readonly seeds: readonly number[];
}

function coverageIn(regime: Regime, given: Given): CoverageOf {
  return (name, method) => {
    const condition = CONDITIONS.find(({ world, regime: other }) => world.name === name && other === regime);
    return condition === undefined ? [] : resultsOf(condition, method, given).map(({ coverage }) => coverage);
  };
}

function rowOf(condition: Condition, method: Method, given: Given, rng: Rng): SummaryRow {
  const { world, regime } = condition;
  const raw = resultsOf(condition, method, given);
  const of = (key: keyof TrialResult): number[] => raw.map((result) => result[key]);
  return {
    world: world.name,
    regime,
    method,
    coverage: bootstrap([of("coverage")], ([values = []]) => iqm(values), RESAMPLES, rng),
    gain: gainOf({ world: world.name, method }, coverageIn(regime, given), rng),
    at_limit: mean(of("at_limit")),
    latched: mean(of("latched")),
    still: mean(of("still")),
    late_std: mean(of("late_std")),
    raw,
  };
}

function tuningOf(body: Body, { lookup, chosen }: Given): Tuning[] {
  return methodsOf(body)
    .filter((method) => SETTINGS[method].length > 1)
    .map((method) => ({
      body,
      method,
      means: pilotMeans(body, method, lookup),
      chosen: SETTINGS[method][chosen[body][method] ?? -1],
    }));
}

function postHocRow(item: PostHoc, given: Given, rng: Rng): PostHocRow {
  const raw = item.trials(given.chosen, given.seeds).flatMap((trial) => given.lookup(trial) ?? []);
  const covered = raw.map(({ coverage }) => coverage);
  const at = (method: Method) => coverageIn("episodes", given)(POST_HOC_WORLD.name, method);
  const groups = [covered, at("dep"), at("hold")];
  const ratio = ([a = [], b = [], hold = []]: readonly ArrayLike<number>[]): number => gain(a, hold) / gain(b, hold);
  return {
    name: item.name,
    coverage: bootstrap([covered], ([values = []]) => iqm(values), RESAMPLES, rng),
    ratio_to_dep: bootstrap(groups, ratio, RESAMPLES, rng),
    raw,
  };
}

/** Everything PLAN.md asks for, and what was asked afterwards, from finished trials. */
export function summarise(given: Given, rng: Rng): Summary {
  const episodes = new ClaimMaker(coverageIn("episodes", given), rng);
  return {
    tuning: [...tuningOf("arm", given), ...tuningOf("leg", given)],
    rows: CONDITIONS.flatMap((condition) =>
      methodsOf(condition.body).map((method) => rowOf(condition, method, given, rng)),
    ),
    claims: [...episodes.arm(), ...episodes.leg()],
    continuing: new ClaimMaker(coverageIn("continuing", given), rng).arm(),
    post_hoc: POST_HOC.map((item) => postHocRow(item, given, rng)),
    reach: given.lookup(REACH_TRIAL),
  };
}

function armPanel(title: string, regime: Regime, rows: readonly SummaryRow[]): Panel {
  const at = (method: Method, size: number): Interval | null =>
    rows.find((row) => row.method === method && row.regime === regime && row.world === `arm26-${size}`)?.coverage ??
    null;
  return {
    title,
    xLabel: "muscles",
    categories: ARM_SIZES.map(String),
    series: METHODS.map((name) => ({ name, points: ARM_SIZES.map((size) => at(name, size)) })),
  };
}

/** Coverage, IQM and 95 % interval. */
export function panelsOf(rows: readonly SummaryRow[]): Panel[] {
  const leg = rows.filter(({ world }) => world === "held-leg");
  return [
    armPanel("arm26, episodes of 2 s: share of 20 × 20 bins", "episodes", rows),
    armPanel("arm26, 40 s without reset", "continuing", rows),
    {
      title: "held leg: share of bins, mean of 14 joints",
      xLabel: "muscles",
      categories: ["80"],
      series: leg.map(({ method, coverage }) => ({ name: method, points: [coverage] })),
    },
  ];
}
