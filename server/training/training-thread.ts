import { Worker } from "node:worker_threads";
import { MyoError } from "../../protocol/errors.ts";
import { fixLibrarySettings } from "../../agents/core/tensor/library-settings.ts";
import { workerUrl } from "../workers/locate.ts";
import type {
  PlayReport,
  TrainingCommand,
  TrainingHost,
  TrainingMessage,
  TrainingWorkerData,
} from "../workers/training-control.ts";
import type { RunStatus } from "./status.ts";

/** A training worker, seen from the thread that started it. It ends with its task. */
export class TrainingThread<R> {
  /** @throws MyoError of the task, UNAVAILABLE where the worker is lost. */
  readonly result: Promise<R>;
  readonly #worker: Worker;

  /** @param take the result out of a message; undefined: it is none */
  private constructor(data: TrainingWorkerData, take: (message: TrainingMessage) => R | undefined) {
    // The library reads the process's variables, which a worker cannot set.
    fixLibrarySettings();
    this.#worker = new Worker(workerUrl("training-worker"), { workerData: data, execArgv: [] });
    this.result = new Promise((resolve, reject) => {
      let reason = "";
      this.#worker.on("message", (message: TrainingMessage) => {
        if (message.kind === "error") reject(new MyoError(message.code, message.message));
        const result = take(message);
        if (result !== undefined) resolve(result);
      });
      this.#worker.on("error", (error: Error) => (reason = error.message));
      this.#worker.on("exit", (code) => {
        const why = reason === "" ? `exit code ${code}` : reason;
        reject(new MyoError("UNAVAILABLE", `The training worker was lost (${why}); resume the run.`));
      });
    });
    // Whoever started it awaits it; nobody may.
    this.result.catch(() => undefined);
  }

  static train(
    host: TrainingHost,
    task: { readonly run: string; readonly total: number },
    onStatus: (status: RunStatus) => void,
  ): TrainingThread<RunStatus> {
    return new TrainingThread({ host, task: { kind: "train", ...task } }, (message) => {
      if (message.kind === "status") onStatus(message.status);
      return message.kind === "ended" ? message.status : undefined;
    });
  }

  static play(
    host: TrainingHost,
    task: Omit<Extract<TrainingWorkerData["task"], { kind: "play" }>, "kind">,
  ): TrainingThread<PlayReport> {
    return new TrainingThread({ host, task: { kind: "play", ...task } }, (message) =>
      message.kind === "played" ? message.report : undefined,
    );
  }

  /** Takes effect at the next step. */
  command(command: TrainingCommand): void {
    this.#worker.postMessage(command);
  }

  /** End it at once; what is not in a checkpoint is lost. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
