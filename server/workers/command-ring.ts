const WAKE = 0;
const WRITTEN = 1;
const READ = 2;
const HEADER = 4;
const ENTRY = 8;

/** Rows of one batch that one worker steps. */
export interface StepCommand {
  group: number;
  slot: number;
  /** First row's place in `rowList`. */
  offset: number;
  count: number;
  ticket: number;
}

/**
 * Single-producer, single-consumer queue of step commands in shared memory, with the futex word that wakes the
 * worker. The socket thread writes, the worker reads.
 */
export class CommandRing {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** Capacity - 1, the capacity being a power of two: the counters may wrap. */
  readonly #mask: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#mask = (this.#words.length - HEADER) / ENTRY - 1;
  }

  /** @param capacity most commands that can wait at a time. */
  static create(capacity: number): CommandRing {
    const entries = 2 ** Math.ceil(Math.log2(capacity));
    return new CommandRing(new SharedArrayBuffer((HEADER + entries * ENTRY) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** @throws RangeError when the queue is full: the caller bounds sessions and batches in flight. */
  push(group: number, slot: number, offset: number, count: number, ticket: number): void {
    const written = Atomics.load(this.#words, WRITTEN);
    const waiting = (written - Atomics.load(this.#words, READ)) | 0;
    if (waiting > this.#mask) throw new RangeError("The command ring is full.");
    const at = HEADER + (written & this.#mask) * ENTRY;
    this.#words[at] = group;
    this.#words[at + 1] = slot;
    this.#words[at + 2] = offset;
    this.#words[at + 3] = count;
    this.#words[at + 4] = ticket;
    Atomics.store(this.#words, WRITTEN, written + 1);
    this.wake();
  }

  /** Wake the worker: a command or a control message waits. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  /** Take the oldest command. @returns false when none waits. */
  take(into: StepCommand): boolean {
    const read = Atomics.load(this.#words, READ);
    if (read === Atomics.load(this.#words, WRITTEN)) return false;
    const at = HEADER + (read & this.#mask) * ENTRY;
    into.group = this.#words[at] ?? 0;
    into.slot = this.#words[at + 1] ?? 0;
    into.offset = this.#words[at + 2] ?? 0;
    into.count = this.#words[at + 3] ?? 0;
    into.ticket = this.#words[at + 4] ?? 0;
    Atomics.store(this.#words, READ, read + 1);
    return true;
  }

  /** Number of wake-ups so far; read it before looking for work, then `sleep` on it. */
  wakeups(): number {
    return Atomics.load(this.#words, WAKE);
  }

  /** Block until somebody called `wake` after `seen` was read. */
  sleep(seen: number): void {
    Atomics.wait(this.#words, WAKE, seen);
  }
}
