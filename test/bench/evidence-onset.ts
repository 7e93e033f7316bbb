import { writeFileSync } from "node:fs";
import path from "node:path";
import { createEngineByName } from "../../envs/engine/select.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import { openPack } from "../../envs/packs/manifest.ts";
import { panelsOf, seriesOf, type OnsetCurve, type OnsetSeries } from "./evidence/onset/curves.ts";
import { BUDGET, SEEDS, SIDES, TASKS, type OnsetTask } from "./evidence/onset/plan.ts";
import { runTrial, type CurvePoint, type OnsetTrial } from "./evidence/onset/trial.ts";
import { svgPlot } from "./evidence/svg-plot.ts";
import { TrialLog } from "./evidence/trial-log.ts";
import { printTable, RESULTS, writeResult } from "./report.ts";
import type { BenchSettings } from "./settings.ts";

const NAME = "evidence-onset";
const LOG = path.join(RESULTS, "evidence-onset-trials.jsonl");

/** Everything a result depends on. */
const keyOf = ({ task, side, seed, budget, engine }: OnsetTrial): string =>
  JSON.stringify([task.env, task.preset, side, seed, budget, side === "MyoServe" ? engine : null]);

async function fastestEngine(settings: BenchSettings): Promise<EngineId> {
  const [only] = settings.engines;
  const { engine: opened } = await createEngineByName(settings.engines.length === 1 && only ? only : "auto");
  using engine = opened;
  return engine.id;
}

function tasksHere({ ids }: BenchSettings): OnsetTask[] {
  return TASKS.filter(({ env, pack }) => {
    if (ids !== null && !ids.includes(env)) return false;
    if (openPack(pack) !== null) return true;
    console.log(`skipped: ${env}, the model pack ${pack} is not installed.`);
    return false;
  });
}

/** Seed by seed the sides in turn, so that drift of the machine hits both alike. */
function trialsOf(tasks: readonly OnsetTask[], seeds: readonly number[], budget: number, engine: EngineId) {
  return tasks.flatMap((task) =>
    seeds.flatMap((seed) => task.sides.map((side): OnsetTrial => ({ task, side, seed, budget, engine }))),
  );
}

function show(series: readonly OnsetSeries[]): void {
  printTable(
    series.map(({ env, side, quantity, ranges }) => {
      const last = ranges.at(-1) ?? null;
      return { env, side, quantity, mean: last?.value ?? "", low: last?.low ?? "", high: last?.high ?? "" };
    }),
  );
}

/**
 * Evaluations over wall time, as evidence/onset/PLAN.md lays down: descriptive. A finished trial is kept in
 * results/; `--seconds` ends a slice before the next trial, `--seeds` and `--budget` are for trying out.
 */
export async function benchEvidenceOnset(settings: BenchSettings): Promise<void> {
  const engine = await fastestEngine(settings);
  const budget = settings.budget ?? BUDGET;
  const seeds = SEEDS.slice(0, settings.seeds ?? SEEDS.length);
  const tasks = tasksHere(settings);
  const trials = trialsOf(tasks, seeds, budget, engine);
  const log = new TrialLog<readonly CurvePoint[]>(budget === BUDGET ? LOG : null);
  const end = performance.now() + (settings.seconds ?? Infinity) * 1000;
  for (const [done, trial] of trials.entries()) {
    if (log.get(keyOf(trial)) !== undefined) continue;
    if (performance.now() > end) {
      console.log(`${done} of ${trials.length} trials`);
      return;
    }
    console.log(`${trial.task.env}, ${trial.side}, seed ${trial.seed}`);
    log.add(keyOf(trial), await runTrial(trial));
  }
  const curves = trials.map((trial): OnsetCurve => ({ ...trial, points: log.get(keyOf(trial)) ?? [] }));
  const series = seriesOf(curves, tasks, budget);
  show(series);
  if (budget !== BUDGET || seeds.length < SEEDS.length || settings.ids !== null) {
    console.log("Not the plan's trials: nothing is written.");
    return;
  }
  writeResult(NAME, {
    engine,
    plan: "test/bench/evidence/onset/PLAN.md",
    budget_s: budget,
    curves: curves.map(({ task, side, seed, points }) => ({ env: task.env, side, seed, points })),
  });
  const title = "Onset of walking over wall time: mean and range of three seeds (descriptive)";
  writeFileSync(path.join(RESULTS, `${NAME}.svg`), svgPlot(title, SIDES, panelsOf(series, budget)));
}
