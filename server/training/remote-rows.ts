import type { RemoteVectorEnv } from "../../clients/ts/node.ts";
import type { AutoresetMode, Buffers, EnvSpec, JsonObject, Snapshot, StepBatch } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { allocate } from "../../protocol/ndarray.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import { takeBuffers } from "../vector/gather.ts";
import { isOutage, RemoteLink, type RemoteOptions } from "./remote-link.ts";
import type { RowsOptions, RowSource, TrainingRows } from "./rows.ts";

/** Rows whose states travel in one message: a frame has an upper size. */
const STATES_A_MESSAGE = 64;

const LOST_SENTENCE = "The server that has this row lost it; the row begins an episode anew.";

/**
 * Rows on another server. What a lost socket interrupts goes on within the lease. Where the session is gone, say because the
 * server was started again, the step under way ends every row as truncated with an error, as a lost physics worker does,
 * and the rows begin anew in another session.
 */
class RemoteRows implements TrainingRows {
  readonly spec: EnvSpec;
  readonly numEnvs: number;
  readonly autoreset: AutoresetMode;
  readonly #link: RemoteLink;
  readonly #options: RemoteOptions;
  readonly #seed: number;
  readonly #all: Uint32Array;
  readonly #layouts: readonly BufferLayout[];
  /** [N] 1: lost and not reset since. */
  readonly #lost: Uint8Array;
  /** Env-steps so far, for seeds that were not there before. */
  #steps = 0;

  constructor(link: RemoteLink, options: RemoteOptions, { seed }: RowsOptions) {
    const { spec, numEnvs, autoreset } = link.session;
    this.#link = link;
    this.#options = options;
    this.#seed = seed;
    this.spec = spec;
    this.numEnvs = numEnvs;
    this.autoreset = autoreset;
    this.#all = Uint32Array.from({ length: numEnvs }, (_, row) => row);
    this.#layouts = layoutOf(spec.obs_space).buffers;
    this.#lost = new Uint8Array(numEnvs);
  }

  async reset(seeds: readonly (number | null)[] | null, mask?: Uint8Array, options?: JsonObject): Promise<StepBatch> {
    const batch = await this.#again((session) => session.reset(seeds, mask, options));
    for (let row = 0; row < this.numEnvs; row++) if (mask === undefined || mask[row] !== 0) this.#lost[row] = 0;
    return batch;
  }

  async step(actions: Buffers, rows?: Uint32Array): Promise<StepBatch> {
    const which = rows ?? this.#all;
    if (which.some((row) => this.#lost[row] === 1)) return this.#lostBatch(which);
    this.#steps += which.length;
    try {
      return await this.#link.session.step(actions, rows);
    } catch (error) {
      await this.#replace(error);
      return this.#lostBatch(which);
    }
  }

  async snapshot(): Promise<readonly Snapshot[] | null> {
    const { log, env } = this.#options;
    try {
      // A socket that is lost meanwhile takes the reply along, not the session.
      return await this.#states().catch((error: unknown) => {
        if (isOutage(error)) return this.#states();
        throw error;
      });
    } catch (error) {
      if (isOutage(error) || !(error instanceof MyoError)) throw error;
      log.warn({ url: env.url, error: error.message }, "rows not in the checkpoint: a resume begins episodes anew");
      return null;
    }
  }

  async restore(states: readonly Snapshot[]): Promise<void> {
    const { log, env, stop } = this.#options;
    try {
      if (states.length === 0) throw new MyoError("BAD_OPTIONS", "The checkpoint holds no states of the rows.");
      await this.#again((session) => this.#restoreAll(session, states));
      this.#lost.fill(0);
    } catch (error) {
      if (stop.signal.aborted || isOutage(error) || !(error instanceof MyoError)) throw error;
      log.warn({ url: env.url, error: error.message }, "rows do not go on where they were: all begin episodes anew");
      this.#lost.fill(1);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link.close();
  }

  async #states(): Promise<Snapshot[]> {
    const states: Snapshot[] = [];
    if (this.#lost.includes(1)) throw new MyoError("UNAVAILABLE", LOST_SENTENCE);
    for (const rows of this.#portions()) states.push(...(await this.#link.session.snapshotBytes(rows)));
    return states;
  }

  async #restoreAll(session: RemoteVectorEnv, states: readonly Snapshot[]): Promise<void> {
    for (const rows of this.#portions()) {
      const own = Array.from(rows, (row) => states[row] ?? new Uint8Array());
      await session.restore(own, rows);
    }
  }

  /** What may be done twice: in the session or, where that is lost, in the next. */
  async #again<T>(work: (session: RemoteVectorEnv) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work(this.#link.session);
      } catch (error) {
        await this.#replace(error);
      }
    }
  }

  /** Another session in place of the one that was lost. @throws the cause where it is another */
  async #replace(cause: unknown): Promise<void> {
    if (!isOutage(cause)) throw cause;
    const { log, env, stop } = this.#options;
    if (!stop.signal.aborted) log.warn({ url: env.url, error: cause.message }, "rows lost; making them anew");
    await this.#link.renew();
    this.#lost.fill(1);
  }

  /** First observations of new episodes; none where whoever steps the rows resets them. */
  async #begin(rows: Uint32Array): Promise<Buffers> {
    if (this.autoreset === "disabled") {
      return this.#layouts.map(({ dtype, size }) => allocate(dtype, rows.length * size));
    }
    const mask = new Uint8Array(this.numEnvs);
    for (const row of rows) mask[row] = 1;
    const seeds = Array.from(this.#all, (row) => this.#seed + this.#steps + row);
    const { obs } = await this.reset(seeds, mask);
    return takeBuffers(obs, this.#layouts, rows);
  }

  /** Each of these rows ends by no fault of its own. */
  async #lostBatch(rows: Uint32Array): Promise<StepBatch> {
    return {
      rows: rows.slice(),
      obs: await this.#begin(rows),
      reward: new Float64Array(rows.length),
      terminated: new Uint8Array(rows.length),
      truncated: new Uint8Array(rows.length).fill(1),
      terms: new Float64Array(rows.length * this.spec.info_keys.length),
      errors: new Map(Array.from(rows, (row) => [row, LOST_SENTENCE])),
    };
  }

  #portions(): Uint32Array[] {
    const count = Math.ceil(this.numEnvs / STATES_A_MESSAGE);
    return Array.from({ length: count }, (_, i) => this.#all.slice(i * STATES_A_MESSAGE, (i + 1) * STATES_A_MESSAGE));
  }
}

/** Rows that another server has. */
export function remoteRows(options: Omit<RemoteOptions, "stop">): RowSource {
  const abort = new AbortController();
  const stop = { signal: abort.signal, leaving: false };
  const links = new Set<RemoteLink>();
  const open = async (rows: RowsOptions): Promise<TrainingRows> => {
    const own = { ...options, stop };
    const link = new RemoteLink(own, rows);
    links.add(link);
    await link.renew();
    return new RemoteRows(link, own, rows);
  };
  return {
    open,
    interrupt(now) {
      stop.leaving = true;
      if (now || [...links].some((link) => !link.connected)) abort.abort();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...links].map((link) => link.close()));
    },
  };
}
