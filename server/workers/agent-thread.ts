import { Worker } from "node:worker_threads";
import { fixLibrarySettings } from "../../agents/core/tensor/library-settings.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { AgentAnswer, AgentOperationName, AgentReply, AgentRequest } from "./agent-control.ts";
import { workerUrl } from "./locate.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The agent worker, seen from the socket thread; started by the first agent. */
export class AgentThread {
  readonly #onLost: (reason: string) => void;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #lastId = 0;

  /** @param onLost every agent is gone; the next call starts a new worker. */
  constructor(onLost: (reason: string) => void) {
    this.#onLost = onLost;
  }

  /** @throws MyoError of the agent, or UNAVAILABLE when its worker was lost. */
  call<T extends AgentOperationName>(op: T, request: AgentRequest<T>): Promise<AgentReply<T>> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    const reply = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    worker.postMessage({ id, op, request });
    return reply as Promise<AgentReply<T>>;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    worker?.removeAllListeners();
    await worker?.terminate();
    this.#rejectAll("The server is shutting down; connect again later.");
  }

  #start(): Worker {
    // The library reads the process's variables, which a worker cannot set.
    fixLibrarySettings();
    const worker = new Worker(workerUrl("agent-worker"), { execArgv: [] });
    let reason = "";
    worker.on("message", (answer: AgentAnswer) => this.#settle(answer));
    worker.on("error", (error: Error) => (reason = error.message));
    worker.on("exit", (code) => {
      this.#worker = null;
      const why = reason === "" ? `exit code ${code}` : reason;
      this.#rejectAll(`The agent worker was lost (${why}); create the agent again.`);
      this.#onLost(why);
    });
    return worker;
  }

  #settle(answer: AgentAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("code" in answer) pending?.reject(new MyoError(answer.code, answer.message));
    else pending?.resolve(answer.value);
  }

  #rejectAll(sentence: string): void {
    for (const pending of this.#pending.values()) pending.reject(new MyoError("UNAVAILABLE", sentence));
    this.#pending.clear();
  }
}
