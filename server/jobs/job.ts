import type { ReplyOf } from "../../protocol/schema/operations.ts";

export type JobState = ReplyOf<"job.get">["job"];

/** A piece of work that outlives its request. */
export class Job {
  readonly id: string;
  readonly kind: string;
  /** Work wanted, env-steps of all rows. */
  readonly total: number;
  /** Agent or run that it uses. */
  readonly agent: string;
  readonly listeners = new Set<() => void>();
  /** Resolves when it has ended, however. */
  readonly settled: Promise<void>;
  /** Tells work that does not look at `cancelled` by itself. */
  onCancel: (() => void) | null = null;
  done = 0;
  metrics: Readonly<Record<string, number>> = {};
  readonly #started = performance.now();
  #ended: number | null = null;
  #state: JobState["state"] = "running";
  #error: string | null = null;
  #cancelled = false;
  #settle: () => void = () => undefined;

  constructor(id: string, kind: string, total: number, agent: string) {
    this.agent = agent;
    this.id = id;
    this.kind = kind;
    this.total = total;
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  get running(): boolean {
    return this.#state === "running";
  }

  /** Somebody asked the job to stop after its current step. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Time since the start, or the job's duration, s. */
  get seconds(): number {
    return ((this.#ended ?? performance.now()) - this.#started) / 1000;
  }

  cancel(): void {
    this.#cancelled = true;
    this.onCancel?.();
  }

  end(state: Exclude<JobState["state"], "running">, error: string | null): void {
    this.#state = state;
    this.#error = error;
    this.#ended = performance.now();
    this.announce();
    this.#settle();
  }

  /** Tell the listeners that something changed. */
  announce(): void {
    for (const listener of this.listeners) listener();
  }

  state(): JobState {
    return {
      job: this.id,
      kind: this.kind,
      state: this.#state,
      done: this.done,
      total: this.total,
      seconds: this.seconds,
      metrics: { ...this.metrics },
      error: this.#error,
    };
  }
}
