import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { findAgent, resolveConfig } from "../../../../agents/registry.ts";
import { readMetrics } from "../../../../server/training/read-metrics.ts";
import { findPreset } from "../../../../server/training/presets.ts";
import { readStatus } from "../../../../server/training/status.ts";
import { ROOT } from "../../contestant.ts";
import { EPISODES, type SolveRun } from "./plan.ts";
import { solvedAt } from "./summary.ts";

/** Every library computes with one thread. */
const ENVIRONMENT = {
  MYOSERVE_TENSOR_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  OMP_NUM_THREADS: "1",
  TF_CPP_MIN_LOG_LEVEL: "2",
} as const;
/** Checkpoints of a run: what a slice that is killed, not ended, costs. */
const CHECKPOINTS = 5;
/** Between two looks at whether a run is solved, ms. */
const LOOK_MS = 5000;
/** Characters of an error that are shown. */
const TAIL = 2000;

/** One evaluation. */
export interface Point {
  /** Env-steps of all rows. */
  readonly steps: number;
  /** Wall time so far, evaluations included, s. */
  readonly seconds: number;
  readonly return: number;
  /** Shares of episodes; null where the environment does not say when it is solved. */
  readonly solved_at_end: number | null;
  readonly success: number | null;
  /** Share of steps. */
  readonly solved_steps: number | null;
}

export interface SolveResult {
  readonly curve: readonly Point[];
  readonly updates: number;
  /** Wall time, evaluations included, s. */
  readonly seconds: number;
}

/** Everything a run depends on but code and libraries, so that a changed plan or preset runs anew. */
export function keyOf(run: SolveRun): string {
  const preset = findPreset(run.preset);
  if (preset === undefined) throw new Error(`There is no training preset "${run.preset}".`);
  const config = resolveConfig(findAgent(preset.algo), preset.preset ?? undefined, preset.config);
  return JSON.stringify([run, EPISODES, preset.numEnvs, config]);
}

/** Name of its folder. */
export function idOf(run: SolveRun): string {
  const digest = createHash("sha256").update(keyOf(run)).digest("hex").slice(0, 8);
  return `${run.preset}-${run.env}-s${run.seed}-${digest}`;
}

function commandOf(run: SolveRun, id: string, begun: boolean): string[] {
  const train = [path.join(ROOT, "dist/server/cli/main.js"), "train", "--workers", "1"];
  if (begun) return [...train, "--resume", id];
  const { preset, env, seed, steps, every } = run;
  const numbers = {
    seed,
    steps,
    "eval-every": every,
    "eval-episodes": EPISODES,
    "log-every": every,
    "checkpoint-every": Math.round(steps / CHECKPOINTS),
  };
  const flags = Object.entries(numbers).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return [...train, preset, "--env", env, "--name", id, ...flags];
}

/**
 * `myoserve train` in a process of its own until it has ended, is solved, or the time is over: it then writes a checkpoint.
 * @param end ms of `performance.now()` @throws Error with what it said where it fails
 */
async function work(command: readonly string[], home: string, end: number, folder: string): Promise<void> {
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { ...process.env, ...ENVIRONMENT, MYOSERVE_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-TAIL);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  let interrupted = false;
  // A second signal would end it without a checkpoint.
  const interrupt = (): void => {
    if (!interrupted) child.kill("SIGINT");
    interrupted = true;
  };
  // Timers hold 2^31 ms at most.
  const timer = Number.isFinite(end) ? setTimeout(interrupt, Math.max(0, end - performance.now())) : undefined;
  const look = setInterval(() => {
    void isSolved(folder).then((solved) => {
      if (solved) interrupt();
    });
  }, LOOK_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  clearTimeout(timer);
  clearInterval(look);
  if (code !== 0) throw new Error(`myoserve ${command.slice(1).join(" ")} failed:\n${said}`);
}

/** The evaluations of a run's folder. */
export async function readCurve(folder: string): Promise<SolveResult> {
  const { names, steps, rows } = await readMetrics(folder);
  const figure = (row: Float64Array | undefined, name: string): number => row?.[names.indexOf(name)] ?? Number.NaN;
  const share = (row: Float64Array, name: string): number | null => (names.includes(name) ? figure(row, name) : null);
  const curve = rows.flatMap((row, i): Point[] => {
    const mean = figure(row, "eval_return");
    if (Number.isNaN(mean)) return [];
    return [
      {
        steps: steps[i] ?? 0,
        seconds: figure(row, "seconds"),
        return: mean,
        solved_at_end: share(row, "eval_solved_at_end"),
        success: share(row, "eval_success"),
        solved_steps: share(row, "eval_solved_steps"),
      },
    ];
  });
  const last = rows.at(-1);
  return { curve, updates: figure(last, "updates"), seconds: figure(last, "seconds") };
}

/** Where it is, later evaluations decide nothing. */
const isSolved = async (folder: string): Promise<boolean> => solvedAt((await readCurve(folder)).curve) !== null;

const isOver = async (folder: string): Promise<boolean> =>
  (await readStatus(folder))?.state === "done" || (await isSolved(folder));

/**
 * Train from where it was left. The folder of a finished run is removed: its replay takes gigabytes.
 * @param home `$MYOSERVE_HOME` of the runs @param end ms of `performance.now()`
 * @returns null where the time was over before
 */
export async function trainRun(run: SolveRun, home: string, end: number): Promise<SolveResult | null> {
  const id = idOf(run);
  const folder = path.join(home, "runs", id);
  const begun = existsSync(path.join(folder, "latest.json"));
  if (!begun) rmSync(folder, { recursive: true, force: true });
  if (!(await isOver(folder))) await work(commandOf(run, id, begun), home, end, folder);
  if (!(await isOver(folder))) return null;
  const result = await readCurve(folder);
  rmSync(folder, { recursive: true, force: true });
  return result;
}
