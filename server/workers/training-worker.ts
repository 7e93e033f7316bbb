/** Entry of a training worker thread: one run or some episodes, on physics workers of its own. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { MyoError } from "../../protocol/errors.ts";
import { createLog } from "../log.ts";
import { Learners } from "../training/learners.ts";
import { playTask } from "../training/play.ts";
import { remoteRows } from "../training/remote-rows.ts";
import { localRows, type RowSource } from "../training/rows.ts";
import { RunStore } from "../training/run-store.ts";
import { checkSettings, type EnvChoice } from "../training/settings.ts";
import { freshStatus, readStatus, writeStatus, type RunStatus } from "../training/status.ts";
import { isCancelled, Trainer, type TrainerOptions } from "../training/trainer.ts";
import { PhysicsPool } from "./physics-pool.ts";
import type {
  TrainingCommand,
  TrainingHost,
  TrainingMessage,
  TrainingWorkerData,
  TrainTask,
} from "./training-control.ts";

/** Rows of a run and of its evaluation. */
const MAX_GROUPS = 4;

/** Local rows with the workers they live in, no more of them than rows; or rows elsewhere. */
async function openSource(host: TrainingHost, env: EnvChoice, rows: number): Promise<RowSource> {
  const { workers: most, catalog, tasks, engine, logLevel, remotePatienceMs: patienceMs } = host;
  const log = createLog(logLevel);
  const { url } = env;
  if (url !== undefined) return remoteRows({ env: { ...env, url }, patienceMs, log });
  const workers = Math.min(most, rows);
  const pool = new PhysicsPool({ workers, catalog, tasks, engine, maxGroups: MAX_GROUPS, log });
  try {
    await pool.ready();
  } catch (error) {
    await pool.stop();
    throw error;
  }
  return { ...localRows(pool, env), [Symbol.asyncDispose]: () => pool.stop() };
}

/** Hears pause and cancel from the first moment on, before there is a trainer to tell. */
class Commands {
  #last: TrainingCommand | null = null;
  #trainer: Trainer | null = null;
  #rows: RowSource | null = null;

  constructor(port: MessagePort) {
    port.on("message", (command: TrainingCommand) => {
      this.#last = this.#last === "cancel" ? "cancel" : command;
      this.#tell();
    });
  }

  get suspended(): boolean {
    return this.#last === "suspend";
  }

  /** How a run ends that was interrupted before it went on; null where nobody asked. */
  get end(): "paused" | "cancelled" | null {
    if (this.#last === null) return null;
    return this.#last === "cancel" ? "cancelled" : "paused";
  }

  attach(part: { readonly trainer: Trainer } | { readonly rows: RowSource }): void {
    if ("trainer" in part) this.#trainer = part.trainer;
    else this.#rows = part.rows;
    this.#tell();
  }

  #tell(): void {
    if (this.#last === null) return;
    const cancels = this.#last === "cancel";
    if (cancels) this.#trainer?.cancel();
    else this.#trainer?.pause();
    this.#rows?.interrupt(cancels);
  }
}

/** Works on a run to its end. @returns how it ended. @throws what environment, learner or disk throw. */
async function work(
  options: Omit<TrainerOptions, "rows" | "definition">,
  host: TrainingHost,
  commands: Commands,
): Promise<RunStatus> {
  const { settings, report } = options;
  await using rows = await openSource(host, settings.env, settings.env.num_envs);
  commands.attach({ rows });
  const definition = (await Learners.load(host.learners)).find(settings.algo);
  await using trainer = await Trainer.open({ ...options, definition, rows });
  commands.attach({ trainer });
  report(trainer.status);
  const state = await trainer.work();
  return { ...trainer.status, state };
}

async function train({ host, task }: { host: TrainingHost; task: TrainTask }, port: MessagePort): Promise<void> {
  const post = (message: TrainingMessage): void => {
    port.postMessage(message);
  };
  const commands = new Commands(port);
  const log = createLog(host.logLevel);
  const { total } = task;
  const run = await new RunStore({ folder: host.runs }).open(task.run);
  const begun: RunStatus = { ...((await readStatus(run.folder)) ?? freshStatus(total)), total };
  await writeStatus(run.folder, { ...begun, state: "running", error: null });
  const report = (status: RunStatus): void => {
    post({ kind: "status", status });
  };
  const settings = checkSettings(run.config);
  let ended: RunStatus;
  try {
    ended = await work({ run, settings, total, log, report }, host, commands);
  } catch (error) {
    const last = (await readStatus(run.folder)) ?? begun;
    const { end } = commands;
    if (end === null || !isCancelled(error)) {
      const sentence = error instanceof Error ? error.message : String(error);
      await writeStatus(run.folder, { ...last, state: "failed", error: sentence });
      throw error;
    }
    ended = { ...last, state: end, error: null };
  }
  const kept = ended.state === "paused" && commands.suspended ? "running" : ended.state;
  await writeStatus(run.folder, { ...ended, state: kept });
  post({ kind: "ended", status: ended });
}

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("This file is the entry of a worker thread.");
  const { host, task } = workerData as TrainingWorkerData;
  const post = (message: TrainingMessage): void => {
    port.postMessage(message);
  };
  try {
    if (task.kind === "train") await train({ host, task }, port);
    else {
      // Whoever asked waits for the answer.
      const impatient = { ...host, remotePatienceMs: 0 };
      const report = await playTask(task, host.runs, (env) => openSource(impatient, env, task.episodes));
      post({ kind: "played", report });
    }
  } catch (error) {
    const code = error instanceof MyoError ? error.code : "INTERNAL";
    post({ kind: "error", code, message: error instanceof Error ? error.message : String(error) });
  }
  // The listener on the port would keep the thread alive.
  port.close();
}

await main();
