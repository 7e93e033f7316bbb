/** Entry of a physics worker thread: makes rows, steps them, sleeps on its command ring in between. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { MyoError } from "../../protocol/errors.ts";
import { loadCatalog } from "../catalog.ts";
import { CommandRing, type StepCommand } from "./command-ring.ts";
import {
  SLOTS,
  type ControlMessage,
  type ControlName,
  type ControlReply,
  type ControlRequest,
  type PhysicsWorkerData,
  type WorkerMessage,
} from "./control.ts";
import { RoundRobin, type Work } from "./round-robin.ts";
import { RowStore } from "./row-store.ts";

/** How long a worker polls for the next step of a single row before it sleeps, ms: one round trip without physics. */
const POLL_MS = 0.2;

/** What a control operation does a row, and what it answers in the end. */
interface ControlPlan<T extends ControlName> {
  /** Pieces of work; 0 is done at once. */
  count(request: ControlRequest<T>): number;
  each?(store: RowStore, request: ControlRequest<T>, index: number): void;
  /** In place of `count` and `each` where the end shows on the way only. */
  begin?(store: RowStore, request: ControlRequest<T>): Work;
  reply(store: RowStore, request: ControlRequest<T>): ControlReply<T>;
}

type ControlPlans = { readonly [T in ControlName]: ControlPlan<T> };

const rowCount = (request: { readonly rows: readonly number[] }): number => request.rows.length;

const PLANS: ControlPlans = {
  open: {
    count: rowCount,
    each: (store, request, index) => store.open(request, index),
    reply: (store, request) => store.spec(request.group),
  },
  attach: {
    count: () => 0,
    reply: (store, request) => (store.attach(request), null),
  },
  reset: {
    count: rowCount,
    each: (store, { group, rows, seeds, options }, index) =>
      store.row(group, rows[index] ?? 0).reset(seeds?.[index] ?? null, options),
    reply: () => null,
  },
  snapshot: {
    count: () => 0,
    reply: (store, { group, rows }) => rows.map((row) => store.row(group, row).snapshot()),
  },
  restore: {
    count: rowCount,
    each: (store, { group, rows, data }, index) =>
      store.row(group, rows[index] ?? 0).restore(data[index] ?? new Uint8Array()),
    reply: () => null,
  },
  scene: {
    count: () => 0,
    reply: (store, { group, rows }) => rows.map((row) => store.row(group, row).scene()),
  },
  state: {
    count: () => 0,
    reply: (store, { group, rows, obsKeys }) => rows.map((row) => store.row(group, row).state(obsKeys)),
  },
  rollout: {
    count: () => 0,
    begin: (store, request) => store.rollout(request),
    reply: () => null,
  },
  describe: { count: () => 0, reply: (store, request) => store.describe(request) },
  dispose: { count: () => 0, reply: (store, { group }) => (store.dispose(group), null) },
};

/** Rows of a batch, one a piece; the last worker to finish its part reports the batch. */
class StepWork implements Work {
  readonly #worker: PhysicsWorker;
  readonly #command: StepCommand;
  #next = 0;

  constructor(worker: PhysicsWorker, command: StepCommand) {
    this.#worker = worker;
    this.#command = command;
  }

  advance(): boolean {
    const { group, slot, offset, count, ticket } = this.#command;
    const { store, index, port } = this.#worker;
    // Closed with a batch under way: control messages are read before the ring, so that it may come first.
    if (!store.has(group)) return true;
    const slab = store.slab(group);
    store.row(group, slab.rowList[offset + this.#next++] ?? 0).step();
    if (this.#next < count) return false;
    Atomics.store(slab.partDone, slot * slab.shape.workers + index, ticket);
    if (Atomics.sub(slab.remaining, slot, 1) === 1) port.postMessage(group * SLOTS + slot);
    return true;
  }
}

class ControlWork<T extends ControlName> implements Work {
  readonly #worker: PhysicsWorker;
  readonly #id: number;
  readonly #plan: ControlPlan<T>;
  readonly #request: ControlRequest<T>;
  #next = 0;
  #begun: Work | null = null;

  constructor(worker: PhysicsWorker, id: number, plan: ControlPlan<T>, request: ControlRequest<T>) {
    this.#worker = worker;
    this.#id = id;
    this.#plan = plan;
    this.#request = request;
  }

  advance(): boolean {
    const { store } = this.#worker;
    try {
      if (!this.#piece(store)) return false;
      this.#worker.post({ kind: "reply", id: this.#id, value: this.#plan.reply(store, this.#request) });
    } catch (error) {
      const code = error instanceof MyoError ? error.code : "INTERNAL";
      const message = error instanceof Error ? error.message : String(error);
      this.#worker.post({ kind: "error", id: this.#id, code, message });
    }
    return true;
  }

  /** @returns true when none is left. */
  #piece(store: RowStore): boolean {
    const plan = this.#plan;
    this.#begun ??= plan.begin?.(store, this.#request) ?? null;
    if (this.#begun !== null) return this.#begun.advance();
    const count = plan.count(this.#request);
    if (this.#next < count) plan.each?.(store, this.#request, this.#next++);
    return this.#next >= count;
  }
}

class PhysicsWorker {
  readonly store: RowStore;
  readonly index: number;
  readonly port: MessagePort;
  readonly #ring: CommandRing;
  readonly #queue = new RoundRobin();
  /** The last command was one row, alone. */
  #lonely = false;

  constructor(store: RowStore, data: PhysicsWorkerData, port: MessagePort) {
    this.store = store;
    this.index = data.index;
    this.port = port;
    this.#ring = new CommandRing(data.ring);
  }

  post(message: WorkerMessage): void {
    this.port.postMessage(message);
  }

  /** Never returns: the thread is ended from outside. */
  serve(): never {
    let seen = -1;
    for (;;) {
      const wakeups = this.#ring.wakeups();
      if (wakeups !== seen) {
        seen = wakeups;
        this.#collect();
      } else if (this.#queue.idle) this.#await(seen);
      if (!this.#queue.idle) this.#queue.advance();
    }
  }

  /** After a single row poll for a while: its client's next step comes sooner than a sleeping thread wakes up. */
  #await(seen: number): void {
    if (this.#lonely) {
      const end = performance.now() + POLL_MS;
      while (performance.now() < end) if (this.#ring.wakeups() !== seen) return;
      this.#lonely = false;
    }
    this.#ring.sleep(seen);
  }

  /** Queue what has arrived: control messages first, a step never overtakes the making of its row. */
  #collect(): void {
    for (let next = receiveMessageOnPort(this.port); next !== undefined; next = receiveMessageOnPort(this.port)) {
      this.#enqueue(next.message as ControlMessage);
    }
    let command: StepCommand = { group: 0, slot: 0, offset: 0, count: 0, ticket: 0 };
    while (this.#ring.take(command)) {
      this.#lonely = this.#queue.idle && command.count === 1;
      this.#queue.add(command.group, new StepWork(this, command));
      command = { ...command };
    }
  }

  #enqueue<T extends ControlName>({ id, op, request }: { id: number; op: T; request: ControlRequest<T> }): void {
    const lane = "group" in request ? request.group : -1;
    this.#queue.add(lane, new ControlWork(this, id, PLANS[op], request));
  }
}

async function main(): Promise<void> {
  if (parentPort === null) throw new Error("This file is the entry of a worker thread.");
  const data = workerData as PhysicsWorkerData;
  const catalog = await loadCatalog(data.catalog, { tasks: data.tasks, faults: [] });
  const host = await catalog.openHost(data.engine);
  const worker = new PhysicsWorker(new RowStore(host), data, parentPort);
  worker.post({ kind: "ready", engine: host.engine });
  worker.serve();
}

await main();
