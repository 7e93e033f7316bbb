import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Engine } from "../../envs/engine/physics.ts";
import { createEngineByName } from "../../envs/engine/select.ts";
import { namedStream } from "../../protocol/random/generator.ts";
import { ROOT } from "./contestant.ts";
import { METHODS, STATISTICS_SEED, TEST_SEEDS } from "./evidence/exploration/plan.ts";
import { POST_HOC, REACH_TRIAL } from "./evidence/exploration/post-hoc.ts";
import { panelsOf, summarise, type Summary } from "./evidence/exploration/summary.ts";
import { runTrial, type Trial, type TrialResult } from "./evidence/exploration/trial.ts";
import { allTestTrials, chooseSettings, pilotTrials } from "./evidence/exploration/trials.ts";
import type { Interval } from "./evidence/statistics.ts";
import { svgPlot } from "./evidence/svg-plot.ts";
import { TrialLog } from "./evidence/trial-log.ts";
import type { Claim } from "./evidence/verdict.ts";
import { printTable, RESULTS, writeResult } from "./report.ts";
import type { BenchSettings } from "./settings.ts";

const NAME = "evidence-exploration";
const LOG = path.join(ROOT, "test/bench/.evidence/exploration.jsonl");

/** Runs what is missing until the time is over. */
class Runner {
  readonly #engine: Engine;
  readonly #log: TrialLog<TrialResult>;
  /** ms */
  readonly #end: number;

  constructor(engine: Engine, seconds: number) {
    this.#engine = engine;
    this.#log = new TrialLog(LOG);
    this.#end = performance.now() + seconds * 1000;
  }

  readonly lookup = (trial: Trial): TrialResult | undefined => this.#log.get(this.#key(trial));

  /** @returns whether all are there. */
  run(trials: readonly Trial[], what: string): boolean {
    const missing = trials.filter((trial) => this.lookup(trial) === undefined);
    let done = trials.length - missing.length;
    for (const trial of missing) {
      if (performance.now() > this.#end) break;
      this.#log.add(this.#key(trial), runTrial(trial, this.#engine));
      done++;
    }
    console.log(`${what}: ${done} of ${trials.length} trials`);
    return done === trials.length;
  }

  /** Everything a result depends on, so that a changed plan runs anew. */
  #key({ world, regime, setting, seed, steps }: Trial): string {
    const { id, version } = this.#engine;
    return JSON.stringify([id, version, world, regime, setting, seed, steps]);
  }
}

const inBrackets = ({ value, low, high }: Interval): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

function printClaims(title: string, claims: readonly Claim[]): void {
  console.log(`\n${title}`);
  for (const claim of claims) {
    console.log(`${claim.name}: ${claim.decision}`);
    for (const { name, ratio, side, bound, decision } of claim.parts) {
      console.log(`  ${name}: ${inBrackets(ratio)}, ${side} ${bound}: ${decision}`);
    }
  }
}

function show({ rows, tuning, claims, continuing, post_hoc, reach }: Summary): void {
  for (const { body, method, means, chosen } of tuning) {
    const shown = means.map((value) => value.toFixed(3)).join(" ");
    console.log(`${body} ${method}: ${shown}; chosen ${JSON.stringify(chosen)}`);
  }
  printTable(
    rows.map(({ world, regime, method, coverage, at_limit, latched, still, late_std }) => ({
      world,
      regime,
      method,
      iqm: coverage.value.toFixed(3),
      low: coverage.low.toFixed(3),
      high: coverage.high.toFixed(3),
      at_limit: at_limit.toFixed(3),
      latched: latched.toFixed(3),
      still: still.toFixed(3),
      late_std: late_std.toFixed(3),
    })),
  );
  printClaims("Claims, episodes", claims);
  printClaims("The same without resets (descriptive)", continuing);
  console.log("\nAfterwards, 600 muscles, episodes: coverage; gain as a share of DEP's");
  for (const { name, coverage, ratio_to_dep } of post_hoc) {
    console.log(`  ${name}: ${inBrackets(coverage)}; ${inBrackets(ratio_to_dep)}`);
  }
  console.log(`Reach of arm26: ${JSON.stringify(reach)}`);
}

/**
 * Exploration of arm26 with 6, 60 and 600 muscles and of the held leg, as evidence/exploration/PLAN.md lays down. What
 * is finished is kept in test/bench/.evidence; `--seconds` ends a slice, `--seeds` takes the first test seeds only.
 */
export async function benchEvidenceExploration(settings: BenchSettings): Promise<void> {
  const [only] = settings.engines;
  const { engine: opened, note } = await createEngineByName(settings.engines.length === 1 && only ? only : "auto");
  using engine = opened;
  if (note !== null) console.log(note);
  const runner = new Runner(engine, settings.seconds ?? Infinity);
  const seeds = TEST_SEEDS.slice(0, settings.seeds ?? TEST_SEEDS.length);
  if (!runner.run(pilotTrials(), "pilot")) return;
  const chosen = chooseSettings(runner.lookup);
  if (!runner.run(allTestTrials(chosen, seeds), "test")) return;
  const postHoc = POST_HOC.flatMap(({ trials }) => trials(chosen, seeds)).concat(REACH_TRIAL);
  if (!runner.run(postHoc, "post hoc")) return;
  const { lookup } = runner;
  const summary = summarise({ lookup, chosen, seeds }, namedStream(STATISTICS_SEED, NAME));
  show(summary);
  if (seeds.length < TEST_SEEDS.length) {
    console.log("Fewer than all test seeds: nothing is written.");
    return;
  }
  writeResult(NAME, {
    engine: `${engine.id} ${engine.version}`,
    plan: "test/bench/evidence/exploration/PLAN.md",
    seeds,
    ...summary,
  });
  const title = "Coverage of joint space: interquartile mean of 10 seeds and 95 % bootstrap interval";
  writeFileSync(path.join(RESULTS, `${NAME}.svg`), svgPlot(title, METHODS, panelsOf(summary.rows)));
}
