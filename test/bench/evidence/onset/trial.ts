import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EngineId } from "../../../../envs/engine/physics.ts";
import { readCsv } from "../../../../server/training/csv-log.ts";
import { ROOT } from "../../contestant.ts";
import { deprlPython, PEERS } from "../../stage.ts";
import { EVALUATION, PREFILL, PROCESSES, REPLAY, ROWS, type OnsetTask, type Side } from "./plan.ts";

/** Time between two looks at what a run wrote, ms. */
const LOOK_MS = 1000;

/** An evaluation. */
export interface CurvePoint {
  /** s, by the run's clock */
  readonly seconds: number;
  /** env-steps */
  readonly step: number;
  readonly return: number;
  readonly length: number;
}

export interface OnsetTrial {
  readonly task: OnsetTask;
  readonly side: Side;
  readonly seed: number;
  /** s */
  readonly budget: number;
  /** Of MyoServe. */
  readonly engine: EngineId;
}

/** A program that trains, the name of its table, and the columns that hold a point's members. */
interface Program {
  readonly command: string;
  readonly args: readonly (string | number)[];
  readonly table: string;
  readonly columns: Readonly<Record<keyof CurvePoint, string>>;
}

function oursOf({ task, seed, engine }: OnsetTrial): Program {
  const config = { hidden: "[256,256]", steps_before_batches: PREFILL, replay_capacity: REPLAY };
  const { every, episodes } = EVALUATION;
  return {
    command: process.execPath,
    args: [
      ...[path.join(ROOT, "dist/server/cli/main.js"), "train", `dep-rl:${task.preset}`, "--env", task.env],
      ...["--num-envs", ROWS, "--steps", 1e12, "--seed", seed, "--engine", engine],
      ...["--eval-every", every, "--eval-episodes", episodes, "--checkpoint-every", 0, "--log-every", every],
      ...Object.entries(config).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
    ],
    table: "metrics.csv",
    columns: { seconds: "seconds", step: "step", return: "eval_return", length: "eval_length" },
  };
}

function peerOf({ task, seed }: OnsetTrial, folder: string): Program {
  const rows = ROWS / PROCESSES;
  return {
    command: deprlPython(),
    args: [
      path.join(PEERS, "deprl_onset.py"),
      folder,
      task.env,
      seed,
      PROCESSES,
      rows,
      PREFILL,
      REPLAY,
      EVALUATION.every,
    ],
    table: "log.csv",
    columns: {
      seconds: "train/seconds",
      step: "train/steps",
      return: "test/episode_score/mean",
      length: "test/episode_length/mean",
    },
  };
}

/** The evaluations that the table of this name below the folder holds so far. */
async function pointsOf(folder: string, { table, columns }: Program): Promise<CurvePoint[]> {
  const files = await readdir(folder, { recursive: true });
  const file = files.find((name) => path.basename(name) === table);
  if (file === undefined) return [];
  const { columns: names, rows } = await readCsv(path.join(folder, file));
  const cell = (row: Float64Array, member: keyof CurvePoint): number =>
    row[names.indexOf(columns[member])] ?? Number.NaN;
  return rows
    .map((row) => ({
      seconds: cell(row, "seconds"),
      step: cell(row, "step"),
      return: cell(row, "return"),
      length: cell(row, "length"),
    }))
    .filter(({ seconds, length }) => Number.isFinite(seconds) && Number.isFinite(length));
}

/** Runs until its own clock shows the budget. @returns its evaluations until then */
export async function runTrial(trial: OnsetTrial): Promise<CurvePoint[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "myoserve-onset-"));
  const program = trial.side === "MyoServe" ? oursOf(trial) : peerOf(trial, folder);
  const env = { ...process.env, MYOSERVE_HOME: folder };
  // A group of its own: depRL's processes end with it, whatever ends this one.
  const stdio = ["ignore", "ignore", "inherit"] as const;
  const run = spawn(program.command, program.args.map(String), { env, stdio: [...stdio], detached: true });
  const kill = (): void => {
    if (run.pid !== undefined) process.kill(-run.pid, "SIGKILL");
  };
  process.once("exit", kill);
  const gone = new Promise((resolve) => run.once("exit", resolve));
  try {
    let end = Infinity;
    while (performance.now() < end) {
      await sleep(LOOK_MS);
      const [first] = await pointsOf(folder, program);
      if (first !== undefined) end = Math.min(end, performance.now() + (trial.budget - first.seconds) * 1000);
      if (run.exitCode !== null) throw new Error(`The run of ${trial.side} ended by itself.`);
    }
    return (await pointsOf(folder, program)).filter(({ seconds }) => seconds <= trial.budget);
  } finally {
    process.off("exit", kill);
    if (run.exitCode === null) kill();
    await gone;
    await rm(folder, { recursive: true, force: true });
  }
}
