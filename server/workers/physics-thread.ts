import { Worker } from "node:worker_threads";
import { MyoError } from "../../protocol/errors.ts";
import type { UserTask } from "../../envs/declarative/definition.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import { CommandRing } from "./command-ring.ts";
import type { ControlName, ControlReply, ControlRequest, PhysicsWorkerData, WorkerMessage } from "./control.ts";
import { workerUrl } from "./locate.ts";

/** Young generation of a worker, MB. A step allocates next to nothing, and V8 would grow it to 48 MB over minutes. */
const YOUNG_MB = 6;

/** What a physics thread is started with. */
export interface ThreadOptions {
  readonly index: number;
  readonly catalog: string;
  readonly tasks: readonly UserTask[];
  readonly engine: EngineId;
  /** Most step commands that can wait. */
  readonly capacity: number;
  /** A batch was finished by its last worker. */
  readonly onBatch: (batch: number) => void;
  /** The thread ended though nobody asked it to, after it had been ready. */
  readonly onLost: (thread: PhysicsThread, reason: string) => void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** One physics worker, seen from the socket thread. */
export class PhysicsThread {
  readonly index: number;
  /** Rows that live here. */
  load = 0;
  /** Engine and version, once the thread is ready. */
  readonly ready: Promise<string>;
  readonly ring: CommandRing;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #reason = "";
  #ended = false;
  #started = false;

  constructor(options: ThreadOptions) {
    this.index = options.index;
    this.ring = CommandRing.create(options.capacity);
    const data: PhysicsWorkerData = {
      index: options.index,
      ring: this.ring.buffer,
      catalog: options.catalog,
      tasks: options.tasks,
      engine: options.engine,
    };
    this.#worker = new Worker(workerUrl("physics-worker"), {
      workerData: data,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#pending.set(0, { resolve: (engine) => resolve(String(engine)), reject });
    });
    // Whoever needs the thread awaits it and sees the error; nobody may.
    this.ready.catch(() => undefined);
    this.#worker.on("message", (message: number | WorkerMessage) => {
      if (typeof message === "number") options.onBatch(message);
      else this.#settle(message);
    });
    this.#worker.on("error", (error: Error) => (this.#reason = error.message));
    this.#worker.on("exit", (code) => {
      if (this.#ended) return;
      this.#ended = true;
      const reason = this.#reason === "" ? `exit code ${code}` : this.#reason;
      this.#rejectAll(`A physics worker was lost (${reason}); reset and go on.`);
      // One that cannot even start would be restarted for ever.
      if (this.#started) options.onLost(this, reason);
    });
  }

  /** Ask the worker; it answers when the round-robin of its rows gets there. @throws MyoError of the worker. */
  control<T extends ControlName>(op: T, request: ControlRequest<T>): Promise<ControlReply<T>> {
    if (this.#ended) return Promise.reject(new MyoError("UNAVAILABLE", "The physics worker is gone; try again later."));
    const id = ++this.#lastId;
    const reply = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#worker.postMessage({ id, op, request });
    this.ring.wake();
    return reply as Promise<ControlReply<T>>;
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.#rejectAll("The server is shutting down; connect again later.");
    await this.#worker.terminate();
  }

  #settle(message: WorkerMessage): void {
    if (message.kind === "ready") this.#started = true;
    const id = message.kind === "ready" ? 0 : message.id;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (message.kind === "error") pending?.reject(new MyoError(message.code, message.message));
    else pending?.resolve(message.kind === "ready" ? message.engine : message.value);
  }

  #rejectAll(sentence: string): void {
    for (const pending of this.#pending.values()) pending.reject(new MyoError("UNAVAILABLE", sentence));
    this.#pending.clear();
  }
}
