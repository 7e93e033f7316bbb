/** Entry of a training worker thread: one run or some episodes, on physics workers of its own. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { MyoError } from "../../protocol/errors.ts";
import { createLog } from "../log.ts";
import { Learners } from "../training/learners.ts";
import { playTask } from "../training/play.ts";
import { RunStore } from "../training/run-store.ts";
import { checkSettings } from "../training/settings.ts";
import { freshStatus, readStatus, writeStatus, type RunStatus } from "../training/status.ts";
import { Trainer } from "../training/trainer.ts";
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

/** No more workers than rows. */
function openPool({ workers: most, catalog, tasks, engine, logLevel }: TrainingHost, rows: number): PhysicsPool {
  const workers = Math.min(most, rows);
  return new PhysicsPool({ workers, catalog, tasks, engine, maxGroups: MAX_GROUPS, log: createLog(logLevel) });
}

/** Hears pause and cancel from the first moment on, before there is a trainer to tell. */
class Commands {
  #last: TrainingCommand | null = null;
  #trainer: Trainer | null = null;

  constructor(port: MessagePort) {
    port.on("message", (command: TrainingCommand) => {
      this.#last = this.#last === "cancel" ? "cancel" : command;
      this.#tell();
    });
  }

  get suspended(): boolean {
    return this.#last === "suspend";
  }

  attach(trainer: Trainer): void {
    this.#trainer = trainer;
    this.#tell();
  }

  #tell(): void {
    if (this.#last === "cancel") this.#trainer?.cancel();
    else if (this.#last !== null) this.#trainer?.pause();
  }
}

async function train({ host, task }: { host: TrainingHost; task: TrainTask }, port: MessagePort): Promise<void> {
  const post = (message: TrainingMessage): void => {
    port.postMessage(message);
  };
  const commands = new Commands(port);
  const log = createLog(host.logLevel);
  const run = await new RunStore({ folder: host.runs }).open(task.run);
  const begun: RunStatus = { ...((await readStatus(run.folder)) ?? freshStatus(task.total)), total: task.total };
  await writeStatus(run.folder, { ...begun, state: "running", error: null });
  const settings = checkSettings(run.config);
  const pool = openPool(host, settings.env.num_envs);
  try {
    await pool.ready();
    const definition = (await Learners.load(host.learners)).find(settings.algo);
    const report = (status: RunStatus): void => {
      post({ kind: "status", status });
    };
    await using trainer = await Trainer.open({ run, settings, total: task.total, definition, pool, log, report });
    commands.attach(trainer);
    report(trainer.status);
    const end = await trainer.work();
    const status: RunStatus = { ...trainer.status, state: end === "paused" && commands.suspended ? "running" : end };
    await writeStatus(run.folder, status);
    post({ kind: "ended", status: { ...status, state: end } });
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    const last = (await readStatus(run.folder)) ?? begun;
    await writeStatus(run.folder, { ...last, state: "failed", error: sentence });
    throw error;
  } finally {
    await pool.stop();
  }
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
      const pool = openPool(host, task.episodes);
      try {
        post({ kind: "played", report: await playTask(task, pool, host.runs) });
      } finally {
        await pool.stop();
      }
    }
  } catch (error) {
    const code = error instanceof MyoError ? error.code : "INTERNAL";
    post({ kind: "error", code, message: error instanceof Error ? error.message : String(error) });
  }
  // The listener on the port would keep the thread alive.
  port.close();
}

await main();
