import { writeFileSync } from "node:fs";
import path from "node:path";
import { curvesSvg, type Curve } from "../../server/cli/curves.ts";
import { ROOT } from "./contestant.ts";
import { sideBySide } from "./evidence/side-by-side.ts";
import { compareWithAnchors, type Anchors } from "./evidence/solve/anchors.ts";
import { ENTRIES, EPISODES, RULE, runsOf, SEEDS, type Entry, type SolveRun } from "./evidence/solve/plan.ts";
import { summarise, type EntrySummary } from "./evidence/solve/summary.ts";
import { keyOf, trainRun, type SolveResult } from "./evidence/solve/training-process.ts";
import { TrialLog } from "./evidence/trial-log.ts";
import { printTable, RESULTS, writeResult } from "./report.ts";
import type { BenchSettings } from "./settings.ts";

const NAME = "evidence-solve";
const FOLDER = path.join(ROOT, "test/bench/.evidence/solve");

/** Runs what is missing, `jobs` at a time, until the time is over. @returns how many are missing */
async function runAll(
  runs: readonly SolveRun[],
  log: TrialLog<SolveResult>,
  jobs: number,
  end: number,
): Promise<number> {
  const missing = runs.filter((run) => log.get(keyOf(run)) === undefined);
  return sideBySide(missing, { jobs, end }, async (run) => {
    const result = await trainRun(run, FOLDER, end);
    if (result === null) return false;
    log.add(keyOf(run), result);
    const { steps, seconds, return: mean, solved_at_end: solved } = result.curve.at(-1) ?? {};
    console.log(
      `${run.preset} ${run.env} seed ${run.seed}: return ${mean?.toFixed(1)}, solved ${solved ?? "–"} after ${steps} steps, ${seconds?.toFixed(0)} s`,
    );
    return true;
  });
}

const shown = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(2));

function show(entries: readonly EntrySummary[], anchors: Anchors | null): void {
  printTable(
    entries.map(({ task, env, preset, runs, solved, mean }) => ({
      task,
      env,
      preset,
      runs: runs.length,
      solved: solved === null ? "–" : `${solved} of ${runs.length}`,
      solved_after: runs.map((run) => run.solved?.steps ?? "–").join(" "),
      at_end: shown(mean.at(-1)?.solved_at_end),
      steps: shown(mean.at(-1)?.solved_steps),
      return: shown(mean.at(-1)?.return),
      minutes: shown((mean.at(-1)?.seconds ?? Number.NaN) / 60),
    })),
  );
  for (const { env, method, steps, theirs, ours } of anchors?.rows ?? []) {
    console.log(`${env} at ${steps} steps: ${method} ${theirs.map(shown).join(" ")}; ours ${JSON.stringify(ours)}`);
  }
}

/** Mean of the seeds, a curve a preset and environment. */
function curvesOf(entries: readonly EntrySummary[], x: "steps" | "minutes", y: "solved_at_end" | "return"): Curve[] {
  return entries.map(({ env, preset, mean }) => ({
    name: `${preset} on ${env}`,
    points: mean.map((point) => ({
      step: x === "steps" ? point.steps : point.seconds / 60,
      value: point[y] ?? Number.NaN,
    })),
  }));
}

/** One drawing a task over env-steps and one over time. */
function draw(entries: readonly EntrySummary[]): void {
  for (const task of new Set(entries.map((entry) => entry.task))) {
    const of = entries.filter((entry) => entry.task === task);
    const y = of.every(({ solved }) => solved === null) ? "return" : "solved_at_end";
    const title = `${task}: ${y === "return" ? "return" : "share of episodes solved at their end"}, mean of the seeds`;
    for (const x of ["steps", "minutes"] as const) {
      const svg = curvesSvg(curvesOf(of, x, y), title, x === "steps" ? "env-steps" : "minutes");
      writeFileSync(path.join(RESULTS, `${NAME}-${task}-${x}.svg`), svg);
    }
  }
}

const selected = (ids: readonly string[] | null): readonly Entry[] =>
  ENTRIES.filter(({ env }) => ids === null || ids.includes(env));

/**
 * Training to `solved`, as evidence/solve/PLAN.md lays down. Runs go on where they were; `--seconds` ends a slice, `--id`
 * and `--seeds` take some of them, `--jobs` runs so many side by side, `--tdmpc2 <clone>` compares with its results.
 */
export async function benchEvidenceSolve(settings: BenchSettings): Promise<void> {
  const { ids, jobs, tdmpc2 } = settings;
  const entries = selected(ids);
  const seeds = SEEDS.slice(0, settings.seeds ?? SEEDS.length);
  const log = new TrialLog<SolveResult>(path.join(RESULTS, "evidence-solve-trials.jsonl"));
  const end = performance.now() + (settings.seconds ?? Infinity) * 1000;
  const runs = runsOf(entries, seeds);
  const left = await runAll(runs, log, jobs ?? 1, end);
  console.log(`${runs.length - left} of ${runs.length} runs`);
  const lookup = (run: SolveRun): SolveResult | undefined => log.get(keyOf(run));
  const summaries = entries.map((entry) => summarise(entry, seeds, lookup)).filter((entry) => entry.runs.length > 0);
  const anchors = tdmpc2 === null ? null : compareWithAnchors(tdmpc2, summaries);
  if (summaries.length > 0) show(summaries, anchors);
  if (left > 0 || entries.length < ENTRIES.length || seeds.length < SEEDS.length) {
    console.log("Not all runs of the plan: nothing is written.");
    return;
  }
  const plan = "test/bench/evidence/solve/PLAN.md";
  writeResult(NAME, { plan, seeds, episodes: EPISODES, rule: RULE, jobs: jobs ?? 1, entries: summaries, anchors });
  draw(summaries);
}
