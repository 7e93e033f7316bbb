import { connectNode, RemoteVectorEnv, type MyoClient } from "../../clients/ts/node.ts";
import type { EnvSpec } from "../../protocol/env.ts";
import { MyoError, type ErrorCode } from "../../protocol/errors.ts";
import type { Log } from "../log.ts";
import type { RowsOptions } from "./rows.ts";
import type { EnvChoice } from "./settings.ts";

/** First and longest wait between two attempts, ms. */
const [FIRST_DELAY_MS, MAX_DELAY_MS] = [100, 10_000] as const;
const SECOND = 1000;

/** The server is not there, is about to go, or has no room yet: another attempt may succeed. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "SESSION_LOST", "NOT_FOUND", "CAPACITY"]);

export function isOutage(error: unknown): error is MyoError {
  return error instanceof MyoError && OUTAGES.has(error.code);
}

export interface RemoteOptions {
  readonly env: EnvChoice & { readonly url: string };
  /** How long a server may be out of reach, ms, beyond the lease for which a session waits. */
  readonly patienceMs: number;
  readonly log: Log;
  readonly stop: Stop;
}

/** What those who drive rows want of them. */
export interface Stop {
  /** Aborted: nothing any more. */
  readonly signal: AbortSignal;
  /** No more than can be had at once. */
  leaving: boolean;
}

const cancelled = (url: string): MyoError =>
  new MyoError("CANCELLED", `Whoever waited for the rows of ${url} was asked to stop.`);

/** What an agent has learned to expect of a row. */
function shapeOf({ obs_space, act_space, obs_keys, info_keys }: EnvSpec): string {
  const parts = { obs_space, act_space, obs_keys, info_keys };
  return JSON.stringify(parts, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value));
}

/** A connection to the server that has the rows and their session; both are made anew where they are lost. */
export class RemoteLink {
  readonly #options: RemoteOptions;
  readonly #rows: RowsOptions;
  #client: MyoClient | null = null;
  #session: RemoteVectorEnv | null = null;
  #shape: string | null = null;

  constructor(options: RemoteOptions, rows: RowsOptions) {
    this.#options = options;
    this.#rows = rows;
    options.stop.signal.addEventListener("abort", () => void this.#client?.close(), { once: true });
  }

  /** Whether the server answers, as far as is known. */
  get connected(): boolean {
    return this.#client?.connected === true;
  }

  /** @throws MyoError UNAVAILABLE before `renew`. */
  get session(): RemoteVectorEnv {
    if (this.#session !== null) return this.#session;
    throw new MyoError("UNAVAILABLE", `There is no session at ${this.#options.env.url}.`);
  }

  /**
   * A new session, tried for as long as patience lasts.
   * @throws MyoError what the server refuses; UNAVAILABLE in the end; CANCELLED; BAD_OPTIONS where the environment is another now.
   */
  async renew(): Promise<RemoteVectorEnv> {
    const { env, patienceMs, log, stop } = this.#options;
    const end = performance.now() + patienceMs;
    for (let delay: number = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
      this.#assertWanted();
      try {
        return await this.#make();
      } catch (error) {
        this.#assertWanted();
        if (!isOutage(error)) throw error;
        if (stop.leaving) throw cancelled(env.url);
        if (performance.now() + delay > end) throw this.#lost(error);
        if (delay === FIRST_DELAY_MS) log.warn({ url: env.url, error: error.message }, "no rows there; trying again");
      }
      await this.#sleep(delay);
    }
  }

  /** Ends the session where that can be said. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    // One that is out of reach ends with its lease.
    if (client?.connected === true) await this.#session?.close().catch(() => undefined);
    await client?.close();
  }

  async #make(): Promise<RemoteVectorEnv> {
    const { env } = this.#options;
    if (!this.connected) {
      await this.#client?.close();
      // A step takes as long as it takes: the connection itself notices silence.
      const connecting = connectNode(env.url, { name: "myoserve run", timeoutMs: 0 });
      this.#client = await this.#orStopped(connecting, (late) => void late.close());
    }
    const client = this.#client;
    if (client === null) throw cancelled(env.url);
    const session = await RemoteVectorEnv.make(client, env.id, { kwargs: env.kwargs, ...this.#rows });
    const shape = shapeOf(session.spec);
    this.#shape ??= shape;
    if (shape !== this.#shape) {
      const sentence = `${env.id} at ${env.url} has other spaces, groups or terms than before`;
      throw new MyoError("BAD_OPTIONS", `${sentence}; start the version of the server that the run began with.`);
    }
    return (this.#session = session);
  }

  #lost(cause: MyoError): MyoError {
    const { env, patienceMs } = this.#options;
    const sentence = `The server at ${env.url}, which has the rows, gave none for ${patienceMs / SECOND} s`;
    return new MyoError("UNAVAILABLE", `${sentence} (${cause.message}); start it, then resume the run or play again.`);
  }

  #assertWanted(): void {
    if (this.#options.stop.signal.aborted) throw cancelled(this.#options.env.url);
  }

  /** @param late what becomes of a result that nobody waits for any more */
  #orStopped<T>(work: Promise<T>, late: (value: T) => void): Promise<T> {
    const { env } = this.#options;
    const stop = this.#options.stop.signal;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(cancelled(env.url));
        work.then(late, () => undefined);
      };
      stop.addEventListener("abort", abort, { once: true });
      work.then(resolve, reject).finally(() => {
        stop.removeEventListener("abort", abort);
      });
    });
  }

  #sleep(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const slept = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    return this.#orStopped(slept, () => undefined).finally(() => {
      clearTimeout(timer);
    });
  }
}
