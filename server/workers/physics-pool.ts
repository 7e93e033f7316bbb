import { availableParallelism } from "node:os";
import type { UserTask } from "../../envs/declarative/definition.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import type { Log } from "../log.ts";
import { SLOTS } from "./control.ts";
import { PhysicsThread } from "./physics-thread.ts";

/** How long the socket thread looks for the end of a lone step by itself, ms; most steps of one row take less. */
const WATCH_MS = 3;

/** What a group of rows hears from the pool. */
export interface PoolListener {
  /** Every worker has finished its part of the batch in `slot`. */
  batchDone(slot: number): void;
  /** The rows of a thread are gone; a new thread with the same index is starting. */
  threadLost(index: number): void;
}

export interface PoolOptions {
  readonly workers: number;
  /** URL of the module that exports the catalog. */
  readonly catalog: string;
  /** Environments that a user's folder describes. */
  readonly tasks?: readonly UserTask[];
  readonly engine: EngineId;
  /** Most groups at a time. */
  readonly maxGroups: number;
  readonly log: Log;
}

/** The physics workers of a server and who owns which row. */
export class PhysicsPool {
  readonly #options: PoolOptions;
  readonly #threads: PhysicsThread[];
  readonly #listeners = new Map<number, PoolListener>();
  #lastGroup = 0;
  /** Batches in flight, of all groups. */
  #flying = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.workers }, (_, index) => this.#start(index));
  }

  get size(): number {
    return this.#threads.length;
  }

  /** @returns the engine and its version once every worker is ready. */
  async ready(): Promise<string> {
    const engines = await Promise.all(this.#threads.map((thread) => thread.ready));
    return engines[0] ?? "";
  }

  thread(index: number): PhysicsThread {
    const thread = this.#threads[index];
    if (thread === undefined) throw new RangeError(`There is no worker ${index}.`);
    return thread;
  }

  /**
   * A batch was pushed. A single row that nothing else flies beside is watched: turning the event loop, which goes on
   * serving sockets, finds its end tens of microseconds before a message wakes a sleeping thread. One core would idle
   * meanwhile, as the client waits and the worker is one.
   * @param finished whether the batch is over, handling its end where it just came.
   */
  batchStarted(lone: boolean, finished: () => boolean): void {
    this.#flying++;
    if (!lone || this.#flying > 1 || availableParallelism() < 2) return;
    const end = performance.now() + WATCH_MS;
    const look = (): void => {
      if (!finished() && this.#flying === 1 && performance.now() < end) setImmediate(look);
    };
    setImmediate(look);
  }

  batchEnded(): void {
    this.#flying--;
  }

  /** @returns a number for a new group, small enough to be posted as `group * SLOTS + slot`. */
  join(listener: PoolListener): number {
    const group = ++this.#lastGroup;
    this.#listeners.set(group, listener);
    return group;
  }

  leave(group: number): void {
    this.#listeners.delete(group);
  }

  /**
   * Worker of each of n new rows: every worker gets n / W of them, the least loaded ones one more; neighbours share a
   * worker.
   */
  place(rows: number): Uint16Array {
    const owners = new Uint16Array(rows);
    const byLoad = this.#threads.toSorted((a, b) => a.load - b.load || a.index - b.index);
    const share = Math.floor(rows / byLoad.length);
    const extra = rows % byLoad.length;
    let row = 0;
    byLoad.forEach((thread, rank) => {
      const count = share + (rank < extra ? 1 : 0);
      owners.fill(thread.index, row, row + count);
      thread.load += count;
      row += count;
    });
    return owners;
  }

  /** The least loaded worker, for work that belongs to no row. */
  any(): PhysicsThread {
    return this.#threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  #start(index: number): PhysicsThread {
    const { catalog, tasks = [], engine, maxGroups, log } = this.#options;
    return new PhysicsThread({
      index,
      catalog,
      tasks,
      engine,
      capacity: maxGroups * SLOTS,
      onBatch: (batch) => this.#listeners.get(Math.floor(batch / SLOTS))?.batchDone(batch % SLOTS),
      onLost: (thread, reason) => {
        log.error({ worker: index, reason }, "physics worker lost; starting another");
        const next = this.#start(index);
        next.load = thread.load;
        this.#threads[index] = next;
        for (const listener of this.#listeners.values()) listener.threadLost(index);
      },
    });
  }
}
