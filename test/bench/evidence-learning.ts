import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { findAddon } from "../../agents/core/tensor/addon.ts";
import { createEngineByName } from "../../envs/engine/select.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import { namedStream } from "../../protocol/random/generator.ts";
import { playTrial } from "./evidence/learning/play-trial.ts";
import { METHODS, STATISTICS_SEED, TEST_SEEDS, VARIANTS, WORLDS } from "./evidence/learning/plan.ts";
import { complete, panelsOf, summarise, type Summary, type SummaryRow } from "./evidence/learning/summary.ts";
import { TrialRunner, type LoggedResult } from "./evidence/learning/trial-runner.ts";
import {
  chooseSettings,
  DESCRIPTIVE,
  descriptiveTrials,
  pilotTrials,
  primaryTrials,
} from "./evidence/learning/trials.ts";
import type { Interval } from "./evidence/statistics.ts";
import { svgPlot } from "./evidence/svg-plot.ts";
import { TrialLog } from "./evidence/trial-log.ts";
import { commitOf, printTable, RESULTS, writeResult } from "./report.ts";
import type { BenchSettings } from "./settings.ts";

const NAME = "evidence-learning";
const LOG = path.join(RESULTS, "evidence-learning-trials.jsonl");
const STAGES = ["pilot", "primary", "descriptive"] as const;
type Stage = (typeof STAGES)[number];

/** Runs up to a stage. @throws Error for one that does not exist */
function stageOf(name: string | null): Stage {
  const stage = STAGES.find((each) => each === (name ?? "descriptive"));
  if (stage === undefined) throw new Error(`--stage is one of ${STAGES.join(", ")}, but "${name ?? ""}" came.`);
  return stage;
}

interface Libraries {
  readonly engine: EngineId;
  readonly names: readonly string[];
}

async function libraries({ engines }: BenchSettings): Promise<Libraries> {
  const [only] = engines;
  const { engine: opened, note } = await createEngineByName(engines.length === 1 && only ? only : "auto");
  using engine = opened;
  if (note !== null) console.log(note);
  if (findAddon() === null) console.log("TensorFlow is not set up: trials take several times as long.");
  const tensors = findAddon() === null ? "tfjs-wasm" : "tfjs-node-gpu";
  return { engine: engine.id, names: [`${engine.id} ${engine.version}`, tensors] };
}

function openRunner({ engine, names }: Libraries, settings: BenchSettings): TrialRunner {
  return new TrialRunner({
    log: new TrialLog<LoggedResult>(LOG),
    play: (trial) => playTrial(trial, engine),
    libraries: names,
    commit: commitOf(),
    jobs: Math.ceil(settings.jobs ?? availableParallelism()),
    seconds: settings.seconds ?? Infinity,
    report: (line) => {
      console.log(line);
    },
  });
}

const inBrackets = ({ value, low, high }: Interval): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

const median = (values: readonly (number | null)[]): string => {
  const sorted = values.map((value) => value ?? Infinity).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Infinity;
  return Number.isFinite(middle) ? middle.toFixed(0) : "never";
};

function printRows(title: string, rows: readonly SummaryRow[]): void {
  if (rows.length === 0) return;
  console.log(`\n${title}`);
  printTable(
    rows.map(({ world, method, metric, last, half_steps, half_wall, wall, cpu, raw }) => ({
      world,
      method,
      seeds: raw.length,
      metric: inBrackets(metric),
      last: inBrackets(last),
      half_steps: median(half_steps),
      half_s: median(half_wall),
      train_s: wall,
      cpu_s: cpu,
    })),
  );
}

function show({ tuning, rows, claims, descriptive }: Summary): void {
  for (const { method, means, chosen } of tuning) {
    console.log(`${method}: ${means.map((value) => value.toFixed(3)).join(" ")}; chosen ${JSON.stringify(chosen)}`);
  }
  printRows("Mean success of a trial's evaluations, IQM", rows);
  printRows("Without a claim", descriptive);
  for (const claim of claims) {
    console.log(`\n${claim.name}: ${claim.decision}`);
    for (const { name, difference, bound, decision } of claim.parts) {
      console.log(`  ${name}: ${inBrackets(difference)}, at least ${bound}: ${decision}`);
    }
  }
}

function write(summary: Summary, names: readonly string[]): void {
  writeResult(NAME, {
    libraries: names,
    plan: "test/bench/evidence/learning/PLAN.md",
    seeds: TEST_SEEDS,
    ...summary,
  });
  const rng = namedStream(STATISTICS_SEED, `${NAME}.plot`);
  const plot = (name: string, title: string, panels: ReturnType<typeof panelsOf>): void => {
    writeFileSync(path.join(RESULTS, `${name}.svg`), svgPlot(title, [...METHODS, ...VARIANTS], panels));
  };
  plot(
    NAME,
    "Learning curves: interquartile mean of 10 seeds and 95 % bootstrap interval",
    panelsOf(summary.rows, WORLDS, rng),
  );
  if (summary.descriptive.length === 0) return;
  const worlds = DESCRIPTIVE.map(({ world }) => world);
  plot(`${NAME}-descriptive`, "Learning curves of 3 seeds", panelsOf(summary.descriptive, worlds, rng));
}

/**
 * Learning to reach with 6 and 120 muscles, as evidence/learning/PLAN.md lays down. What is finished is kept in
 * results/; `--seconds` ends a slice, `--stage` says how far to go, `--jobs` how many trials run side by side.
 */
export async function benchEvidenceLearning(settings: BenchSettings): Promise<void> {
  const stage = stageOf(settings.stage);
  const found = await libraries(settings);
  const runner = openRunner(found, settings);
  if (!(await runner.run(pilotTrials(), "pilot")) || stage === "pilot") return;
  const chosen = chooseSettings(runner.lookup);
  if (!(await runner.run(primaryTrials(chosen), "primary"))) return;
  if (stage === "descriptive") await runner.run(descriptiveTrials(chosen), "descriptive");
  const summary = summarise({ lookup: runner.lookup, chosen }, namedStream(STATISTICS_SEED, NAME));
  show(summary);
  if (complete(summary)) write(summary, found.names);
}
