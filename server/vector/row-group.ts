import type { AutoresetMode, EnvSpec, JsonObject, RowState, Scene, Snapshot } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { layoutOf, type SpaceLayout } from "../../protocol/spaces.ts";
import type { Kwargs } from "../../envs/task.ts";
import { SLOTS, type ControlReply, type ControlRequest } from "../workers/control.ts";
import type { PhysicsPool, PoolListener } from "../workers/physics-pool.ts";
import { createSlab, FAILED, STARTED, TERMINATED, TRUNCATED, writeError, type Slab } from "../workers/slab.ts";

export interface RowGroupOptions {
  readonly pool: PhysicsPool;
  readonly env: string;
  /** Validated, with defaults. */
  readonly kwargs: Kwargs;
  readonly numEnvs: number;
  readonly autoreset: AutoresetMode;
  /** Row i's random stream starts from seed + i; null draws one. */
  readonly seed: number | null;
}

/** Rows of a batch that live in one worker: a range of `rowList`. */
interface Part {
  readonly worker: number;
  readonly offset: number;
  readonly count: number;
}

/** What is in flight in one slot. */
interface Batch {
  readonly parts: readonly Part[];
  readonly ticket: number;
  readonly done: () => void;
}

/** Some rows of a control operation: their numbers and their places in the request. */
interface Share {
  readonly worker: number;
  readonly rows: number[];
  readonly places: number[];
}

const LOST_SENTENCE = "The physics worker of this row was lost; the row was made anew and starts with a reset.";

/** N rows of one environment across the workers, with the slab they share. The rows are stepped in place. */
export class RowGroup implements PoolListener {
  readonly env: string;
  readonly kwargs: Kwargs;
  readonly spec: EnvSpec;
  readonly numEnvs: number;
  readonly autoreset: AutoresetMode;
  readonly slab: Slab;
  readonly actionLayout: SpaceLayout;
  readonly obsLayout: SpaceLayout;
  /** Pending while lost rows are made anew; nothing may be started meanwhile. */
  rebuilding: Promise<void> | null = null;
  readonly #pool: PhysicsPool;
  readonly #group: number;
  readonly #owners: Uint16Array;
  readonly #allParts: readonly Part[];
  readonly #batches: (Batch | null)[];
  /** [N] 1: the row was lost and no step has reported it yet. */
  readonly #lost: Uint8Array;
  #lostCount = 0;
  /** Stop a rollout that is under way. */
  readonly #stops = new Set<() => void>();
  #ticket = 0;
  #failure: string | null = null;

  private constructor(options: RowGroupOptions, group: number, owners: Uint16Array, spec: EnvSpec, slab: Slab) {
    this.env = options.env;
    this.kwargs = options.kwargs;
    this.spec = spec;
    this.numEnvs = options.numEnvs;
    this.autoreset = options.autoreset;
    this.slab = slab;
    this.actionLayout = layoutOf(spec.act_space);
    this.obsLayout = layoutOf(spec.obs_space);
    this.#pool = options.pool;
    this.#group = group;
    this.#owners = owners;
    this.#batches = Array.from({ length: SLOTS }, () => null);
    this.#lost = new Uint8Array(options.numEnvs);
    this.#allParts = this.#list(
      SLOTS,
      Uint32Array.from({ length: options.numEnvs }, (_, row) => row),
    );
  }

  /** @throws MyoError of the environment's constructor, or UNAVAILABLE. */
  static async open(options: RowGroupOptions): Promise<RowGroup> {
    const { pool, numEnvs, seed, autoreset } = options;
    let opened: RowGroup | null = null;
    const group = pool.join({
      batchDone: (slot) => opened?.batchDone(slot),
      threadLost: (index) => opened?.threadLost(index),
    });
    const owners = pool.place(numEnvs);
    try {
      const shares = sharesOf(owners, rowsUpTo(numEnvs));
      const specs = await Promise.all(
        shares.map(({ worker, rows }) => {
          const seeds = rows.map((row) => (seed === null ? null : seed + row));
          const request = { group, rows, id: options.env, kwargs: options.kwargs, seeds, replace: false };
          return pool.thread(worker).control("open", request);
        }),
      );
      const spec = specs[0];
      if (spec === undefined) throw new MyoError("INTERNAL", "No worker made a row.");
      const slab = createSlab(shapeOf(spec, options));
      await Promise.all(
        shares.map(({ worker, rows }) =>
          pool.thread(worker).control("attach", { group, rows, slab: slab.buffer, shape: slab.shape, autoreset }),
        ),
      );
      opened = new RowGroup(options, group, owners, spec, slab);
      return opened;
    } catch (error) {
      release(pool, group, owners);
      throw error;
    }
  }

  /** Rows of the group that have this bit set, or undefined. */
  firstRowWithout(bit: number, rows: Uint32Array | null): number | undefined {
    const { flags } = this.slab;
    const count = rows?.length ?? this.numEnvs;
    for (let i = 0; i < count; i++) {
      const row = rows === null ? i : (rows[i] ?? 0);
      if (((flags[row] ?? 0) & bit) === 0) return row;
    }
    return undefined;
  }

  /** Row whose episode is over, or undefined. */
  firstFinishedRow(rows: Uint32Array | null): number | undefined {
    const { flags } = this.slab;
    const count = rows?.length ?? this.numEnvs;
    for (let i = 0; i < count; i++) {
      const row = rows === null ? i : (rows[i] ?? 0);
      if (((flags[row] ?? 0) & (TERMINATED | TRUNCATED)) !== 0) return row;
    }
    return undefined;
  }

  /**
   * Step rows (null: all) with the actions that lie in the slab. At most SLOTS batches of disjoint rows at a time.
   * @param done called once, never from inside this call, when obs, reward and flags are in the slab.
   */
  step(slot: number, rows: Uint32Array | null, done: () => void): void {
    this.#assertAlive();
    const live = this.#lostCount === 0 ? rows : this.#reportLost(rows);
    if (live?.length === 0) {
      queueMicrotask(done);
      return;
    }
    const parts = live === null ? this.#allParts : this.#list(slot, live);
    const ticket = (this.#ticket = (this.#ticket + 1) & 0x3fff_ffff);
    this.#batches[slot] = { parts, ticket, done };
    Atomics.store(this.slab.remaining, slot, parts.length);
    for (const { worker, offset, count } of parts) {
      this.#pool.thread(worker).ring.push(this.#group, slot, offset, count, ticket);
    }
    this.#pool.batchStarted(this.numEnvs === 1, () => {
      if (this.#batches[slot]?.ticket === ticket) this.batchDone(slot);
      return this.#batches[slot]?.ticket !== ticket;
    });
  }

  /** @param seeds one per row of `rows`. @throws MyoError of the environment, e.g. BAD_OPTIONS. */
  async reset(
    rows: readonly number[],
    seeds: readonly (number | null)[] | null,
    options: JsonObject | null,
  ): Promise<void> {
    await this.#control("reset", rows, (share) => ({
      seeds: seeds === null ? null : share.places.map((place) => seeds[place] ?? null),
      options,
    }));
    for (const row of rows) this.#found(row);
  }

  async snapshot(rows: readonly number[]): Promise<Snapshot[]> {
    const shares = await this.#control("snapshot", rows, () => ({}));
    return this.#inOrder(rows, shares);
  }

  /** @param data one per row of `rows`. */
  async restore(rows: readonly number[], data: readonly Snapshot[]): Promise<void> {
    await this.#control("restore", rows, (share) => ({
      data: share.places.map((place) => data[place] ?? new Uint8Array()),
    }));
    for (const row of rows) this.#found(row);
  }

  async scenes(rows: readonly number[]): Promise<(Scene | null)[]> {
    const shares = await this.#control("scene", rows, () => ({}));
    return this.#inOrder(rows, shares);
  }

  async states(rows: readonly number[], obsKeys: readonly string[]): Promise<RowState[]> {
    const shares = await this.#control("state", rows, () => ({ obsKeys }));
    return this.#inOrder(rows, shares);
  }

  /**
   * Let every worker take sequences of a rollout until none is left.
   * @param stop makes the workers leave the rest; called when one fails or the group is closed.
   * @throws MyoError of the first worker that failed, once none works on it any more.
   */
  async rollout(job: Omit<ControlRequest<"rollout">, "group" | "id" | "kwargs">, stop: () => void): Promise<void> {
    this.#assertAlive();
    const request = { ...job, group: this.#group, id: this.env, kwargs: this.kwargs };
    this.#stops.add(stop);
    const workers = Array.from({ length: this.#pool.size }, (_, index) => this.#pool.thread(index));
    const parts = await Promise.allSettled(
      workers.map(async (thread) => {
        try {
          await thread.control("rollout", request);
        } catch (error) {
          stop();
          throw error;
        }
      }),
    );
    this.#stops.delete(stop);
    for (const part of parts) if (part.status === "rejected") throw part.reason;
    this.#assertAlive();
  }

  /** Free the rows. Batches in flight are reported as done: whoever waits goes on and finds the group closed. */
  close(): void {
    this.#failure = "closed";
    for (const stop of this.#stops) stop();
    this.#batches.forEach((batch, slot) => {
      this.#batches[slot] = null;
      if (batch === null) return;
      this.#pool.batchEnded();
      queueMicrotask(batch.done);
    });
    release(this.#pool, this.#group, this.#owners);
  }

  batchDone(slot: number): void {
    const batch = this.#batches[slot];
    // A message of a worker that died after posting it may come late.
    if (batch === null || batch === undefined || Atomics.load(this.slab.remaining, slot) !== 0) return;
    this.#batches[slot] = null;
    this.#pool.batchEnded();
    batch.done();
  }

  threadLost(index: number): void {
    const rows = rowsUpTo(this.numEnvs).filter((row) => this.#owners[row] === index);
    if (rows.length === 0) return;
    for (const row of rows) {
      if (this.#lost[row] === 0) this.#lostCount++;
      this.#lost[row] = 1;
    }
    const rebuilding = this.#rebuild(index, rows);
    this.rebuilding = rebuilding;
    void rebuilding.finally(() => {
      if (this.rebuilding === rebuilding) this.rebuilding = null;
    });
    this.#batches.forEach((batch, slot) => {
      const part = batch?.parts.find((candidate) => candidate.worker === index);
      if (batch === null || part === undefined) return;
      if (Atomics.load(this.slab.partDone, slot * this.#pool.size + index) !== batch.ticket) {
        this.#reportLost(this.slab.rowList.slice(part.offset, part.offset + part.count));
        Atomics.sub(this.slab.remaining, slot, 1);
      }
      this.batchDone(slot);
    });
  }

  async #rebuild(index: number, rows: number[]): Promise<void> {
    const { slab, autoreset, env: id, kwargs } = this;
    const thread = this.#pool.thread(index);
    const group = this.#group;
    try {
      const seeds = rows.map(() => null);
      await thread.control("open", { group, rows, id, kwargs, seeds, replace: true });
      await thread.control("attach", { group, rows, slab: slab.buffer, shape: slab.shape, autoreset });
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** Rows that were lost report it in place of a step. @returns the others. */
  #reportLost(rows: Uint32Array | null): Uint32Array {
    const { slab } = this;
    return (rows ?? Uint32Array.from(rowsUpTo(this.numEnvs))).filter((row) => {
      if (this.#lost[row] === 0) return true;
      this.#found(row);
      slab.reward[row] = 0;
      // Where nothing resets by itself the row waits for a reset of the client.
      slab.flags[row] = TRUNCATED | FAILED | (this.autoreset === "disabled" ? 0 : STARTED);
      writeError(slab, row, LOST_SENTENCE);
      if (this.autoreset === "same_step") this.#copyFinal(row);
      return false;
    });
  }

  #found(row: number): void {
    if (this.#lost[row] === 0) return;
    this.#lost[row] = 0;
    this.#lostCount--;
  }

  #copyFinal(row: number): void {
    const { obs, finalObs, terms, finalTerms, shape } = this.slab;
    shape.obs.forEach(({ size }, index) => {
      const last = obs[index]?.subarray(row * size, (row + 1) * size) as Float32Array | undefined;
      if (last !== undefined) (finalObs[index] as Float32Array).set(last, row * size);
    });
    finalTerms.set(terms.subarray(row * shape.terms, (row + 1) * shape.terms), row * shape.terms);
  }

  /** Write the rows by worker into a region of `rowList`. */
  #list(region: number, rows: Uint32Array): Part[] {
    const parts: Part[] = [];
    const { rowList } = this.slab;
    let at = region * this.numEnvs;
    for (let worker = 0; worker < this.#pool.size; worker++) {
      const offset = at;
      for (const row of rows) {
        if (this.#owners[row] === worker) rowList[at++] = row;
      }
      if (at > offset) parts.push({ worker, offset, count: at - offset });
    }
    return parts;
  }

  async #control<T extends "reset" | "snapshot" | "restore" | "scene" | "state">(
    op: T,
    rows: readonly number[],
    extra: (share: Share) => Omit<ControlRequest<T>, "group" | "rows">,
  ): Promise<{ share: Share; reply: ControlReply<T> }[]> {
    this.#assertAlive();
    return Promise.all(
      sharesOf(this.#owners, rows).map(async (share) => {
        const request = { group: this.#group, rows: share.rows, ...extra(share) } as unknown as ControlRequest<T>;
        const reply = await this.#pool.thread(share.worker).control(op, request);
        return { share, reply };
      }),
    );
  }

  #inOrder<T>(rows: readonly number[], shares: readonly { share: Share; reply: readonly T[] }[]): T[] {
    const ordered = new Array<T>(rows.length);
    for (const { share, reply } of shares) {
      share.places.forEach((place, index) => (ordered[place] = reply[index] as T));
    }
    return ordered;
  }

  #assertAlive(): void {
    if (this.#failure === null) return;
    throw new MyoError("UNAVAILABLE", `The rows of this session were lost (${this.#failure}); make a new session.`);
  }
}

function rowsUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, row) => row);
}

function sharesOf(owners: Uint16Array, rows: readonly number[]): Share[] {
  const shares = new Map<number, Share>();
  rows.forEach((row, place) => {
    const worker = owners[row] ?? 0;
    const share = shares.get(worker) ?? { worker, rows: [], places: [] };
    shares.set(worker, share);
    share.rows.push(row);
    share.places.push(place);
  });
  return [...shares.values()];
}

function shapeOf(spec: EnvSpec, { pool, numEnvs, autoreset }: RowGroupOptions) {
  return {
    rows: numEnvs,
    workers: pool.size,
    slots: SLOTS,
    action: layoutOf(spec.act_space).buffers,
    obs: layoutOf(spec.obs_space).buffers,
    terms: spec.info_keys.length,
    joints: spec.joints.length,
    final: autoreset === "same_step",
  };
}

function release(pool: PhysicsPool, group: number, owners: Uint16Array): void {
  pool.leave(group);
  for (const { worker, rows } of sharesOf(owners, rowsUpTo(owners.length))) {
    const thread = pool.thread(worker);
    thread.load -= rows.length;
    // A worker that is gone has nothing to free.
    thread.control("dispose", { group }).catch(() => undefined);
  }
}
