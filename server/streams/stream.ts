export type StreamPolicy = "latest" | "drop_oldest";

/** Where events go. */
export interface Sink {
  readonly bufferedAmount: number;
  readonly open: boolean;
  event(message: Readonly<Record<string, unknown>>): void;
}

export interface StreamOptions {
  readonly sub: string;
  /** Message type, e.g. `ev.job`. */
  readonly type: string;
  readonly maxHz: number;
  readonly policy: StreamPolicy;
}

/** Bytes waiting in the socket beyond which events are held back; replies never are. */
const HIGH_WATER = 1024 * 1024;
const MAX_WAITING = 64;
/** How often a full socket is looked at again, ms. */
const RETRY_MS = 50;

/** One subscription: at most maxHz events a second, none while the socket is full; what is left out is counted. */
export class Stream {
  readonly #sink: Sink;
  readonly #options: StreamOptions;
  readonly #interval: number;
  readonly #waiting: Readonly<Record<string, unknown>>[] = [];
  #timer: NodeJS.Timeout | null = null;
  #lastSent = -Infinity;
  #n = 0;
  #dropped = 0;

  constructor(sink: Sink, options: StreamOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#interval = 1000 / options.maxHz;
  }

  /** Whether an event offered now would be sent at once; sources that cost something ask first. */
  get ready(): boolean {
    return this.#waiting.length === 0 && this.#delay() <= 0;
  }

  /** @param body what the event carries besides sub, n and dropped; its arrays must not change any more. */
  offer(body: Readonly<Record<string, unknown>>): void {
    const limit = this.#options.policy === "latest" ? 1 : MAX_WAITING;
    this.#waiting.push(body);
    if (this.#waiting.length > limit) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#flush();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
  }

  /** ms until the next event may leave. */
  #delay(): number {
    if (this.#sink.bufferedAmount > HIGH_WATER) return RETRY_MS;
    return this.#lastSent + this.#interval - performance.now();
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#timer === null && this.#sink.open) {
      const delay = this.#delay();
      if (delay > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#flush();
        }, delay);
        return;
      }
      this.#lastSent = performance.now();
      const { type, sub } = this.#options;
      this.#sink.event({ t: type, sub, n: this.#n++, dropped: this.#dropped, ...this.#waiting.shift() });
    }
  }
}
