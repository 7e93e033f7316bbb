import { Worker } from "node:worker_threads";
import { compiledUrl } from "../../protocol/compiled-url.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { ActorCriticShape } from "../core/actor-critic.ts";
import type { TensorBackendId } from "../core/tensor/backend.ts";
import type { ActorMemory } from "./actor-step.ts";
import type { MpoConfig } from "./config.ts";

/** Elements of `signals`: numbers of the step that is wanted, and of the last one done. */
export const SIGNAL = { wanted: 0, done: 1 } as const;
/** As the step that is wanted: end. As the one done: the thread failed and has ended. */
export const NO_MORE = -1;
/** Bytes of a sentence about a failure. */
const REASON_BYTES = 1024;
/** A step of the largest networks in WebAssembly takes seconds; what takes this long is lost. */
const PATIENCE_MS = 600_000;

/** What the worker is started with. */
export interface ActorWorkerData {
  readonly backend: TensorBackendId;
  readonly shape: ActorCriticShape;
  readonly config: MpoConfig;
  readonly memory: ActorMemory;
  /** See SIGNAL. */
  readonly signals: Int32Array;
  /** Why it failed, UTF-8, ended by a zero. */
  readonly reason: Uint8Array;
}

/** The actor's half of an update: begun, then waited for. */
export interface ActorUpdate extends Disposable {
  begin(): void;
  finish(): void;
}

/** A thread of its own for it, started by the first update; the bits are those of the caller's thread. */
export class ActorThread implements ActorUpdate {
  readonly #data: ActorWorkerData;
  /** Number of the step begun last; the first one starts the thread. */
  #step = 0;

  constructor(about: Omit<ActorWorkerData, "signals" | "reason">) {
    const signals = new Int32Array(new SharedArrayBuffer(Object.keys(SIGNAL).length * Int32Array.BYTES_PER_ELEMENT));
    this.#data = { ...about, signals, reason: new Uint8Array(new SharedArrayBuffer(REASON_BYTES)) };
  }

  begin(): void {
    if (this.#step === 0) this.#start();
    this.#step += 1;
    this.#want(this.#step);
  }

  /** @throws MyoError INTERNAL where the step failed. */
  finish(): void {
    const { signals, reason } = this.#data;
    // Nothing but this thread's own events is held up: a gradient step would take as long here.
    const outcome = Atomics.wait(signals, SIGNAL.done, this.#step - 1, PATIENCE_MS);
    if (outcome === "timed-out") throw new MyoError("INTERNAL", "The actor's thread does not answer; resume the run.");
    if (Atomics.load(signals, SIGNAL.done) !== NO_MORE) return;
    const sentence = new TextDecoder().decode(reason.slice(0, reason.indexOf(0)));
    throw new MyoError("INTERNAL", `The actor's thread failed: ${sentence}`);
  }

  [Symbol.dispose](): void {
    this.#want(NO_MORE);
  }

  #want(step: number): void {
    Atomics.store(this.#data.signals, SIGNAL.wanted, step);
    Atomics.notify(this.#data.signals, SIGNAL.wanted);
  }

  #start(): void {
    const file = new URL("./actor-worker.js", compiledUrl(import.meta.url));
    const worker = new Worker(file, { workerData: this.#data, execArgv: [] });
    // It waits for steps without turning to events; that must not keep a program from ending.
    worker.unref();
  }
}
