import { MyoError } from "../../protocol/errors.ts";
import { SLOTS } from "../workers/control.ts";
import type { ReplyBody, Responder, SentFrame } from "./responder.ts";
import { sameContent } from "./same-content.ts";

/** A request of a session on its way. */
export interface QueuedRequest {
  /** null: not numbered (snapshot, render), yet in order with the others. */
  readonly k: number | null;
  readonly message: object;
  /** Newest first: a client that lost its socket asks again before the reply is there. */
  readonly responders: Responder[];
  /** Rows it touches while in flight; null: all. */
  readonly rows: Uint32Array | null;
  /** Nothing else may be in flight. */
  readonly alone: boolean;
  /** Begin. @throws MyoError when it cannot: nothing was executed. */
  start(slot: number): void;
}

interface Stored {
  readonly k: number;
  readonly message: object;
  readonly frame: SentFrame;
}

/**
 * The order of a session: requests start in order of arrival as soon as no earlier one uses their rows, numbered ones
 * are executed exactly once, and the last SLOTS replies can be asked for again.
 */
export class NumberedQueue {
  readonly #session: string;
  readonly #waiting: QueuedRequest[] = [];
  readonly #flying: (QueuedRequest | null)[] = Array.from({ length: SLOTS }, () => null);
  readonly #stored: Stored[] = [];
  /** [N] 1: a batch in flight uses the row. */
  readonly #busy: Uint8Array;
  #flyingCount = 0;
  /** Called once, when a request leaves. */
  readonly #roomWaiters: (() => void)[] = [];
  #nextK = 1;
  #lastDone = 0;
  /** A start failed inside `pump`: do not recurse. */
  #pumping = false;

  constructor(session: string, numEnvs: number) {
    this.#session = session;
    this.#busy = new Uint8Array(numEnvs);
  }

  /** Requests that have no reply yet. */
  get size(): number {
    return this.#waiting.length + this.#flyingCount;
  }

  /** Whether as many requests are under way as a client may send ahead. */
  get full(): boolean {
    return this.size >= SLOTS;
  }

  /** Call back once when a request has left. */
  onRoom(callback: () => void): void {
    this.#roomWaiters.push(callback);
  }

  /** Number of the last executed request. */
  get lastDone(): number {
    return this.#lastDone;
  }

  /**
   * Whether a numbered request is the next one. A repeated one is answered here: from the stored replies, or, while
   * still on its way, by handing it the new responder.
   * @throws MyoError STEP_CONFLICT
   */
  admit(k: number, message: object, responder: Responder): boolean {
    if (k === this.#nextK) return true;
    const pending = this.#underWay(k);
    const stored = this.#stored.find((candidate) => candidate.k === k);
    const earlier = pending ?? stored;
    if (earlier === undefined) {
      throw new MyoError("STEP_CONFLICT", `The next number is ${this.#nextK}, but k is ${k}; send ${this.#nextK}.`);
    }
    if (!sameContent(earlier.message, message)) {
      throw new MyoError(
        "STEP_CONFLICT",
        `Number ${k} was used for another request; repeat it unchanged or send the next one, ${this.#nextK}.`,
      );
    }
    if (pending) pending.responders.unshift(responder);
    else if (stored) responder.repeat(stored.frame);
    return false;
  }

  #underWay(k: number): QueuedRequest | undefined {
    for (const request of this.#flying) if (request?.k === k) return request;
    return this.#waiting.find((request) => request.k === k);
  }

  push(request: QueuedRequest): void {
    if (request.k !== null) this.#nextK = request.k + 1;
    this.#waiting.push(request);
    this.pump();
  }

  /** Start what can be started. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#waiting.length > 0) {
      const [request] = this.#waiting;
      const slot = request === undefined ? -1 : this.#freeSlot(request);
      if (request === undefined || slot < 0) break;
      this.#waiting.shift();
      this.#take(request, slot);
      try {
        request.start(slot);
      } catch (error) {
        this.fail(slot, error);
      }
    }
    this.#pumping = false;
  }

  /** The request in a slot is executed: reply, keep the reply, go on. */
  finish(slot: number, body: ReplyBody): void {
    const request = this.#flying[slot];
    if (request === null || request === undefined) return;
    const [first, ...others] = request.responders;
    if (first === undefined) return;
    const frame = first.reply(body);
    for (const responder of others) responder.repeat(frame);
    if (request.k !== null) this.#keep({ k: request.k, message: request.message, frame });
    this.#release(request, slot);
    this.pump();
  }

  /** The request in a slot was not executed: its number is free again and later ones are refused. */
  fail(slot: number, error: unknown): void {
    const request = this.#flying[slot];
    if (request === null || request === undefined) return;
    this.#release(request, slot);
    this.#answer(request, asMyoError(error));
    if (request.k !== null) this.#refuseAfter(request.k);
    this.pump();
  }

  /** Answer everything that waits: the session is over. */
  abandon(error: MyoError): void {
    for (const request of this.#waiting.splice(0)) this.#answer(request, error);
    this.#flying.forEach((request, slot) => {
      if (request !== null) this.#answer(request, error);
      this.#flying[slot] = null;
    });
    this.#flyingCount = 0;
    this.#announceRoom();
  }

  #answer(request: QueuedRequest, error: MyoError): void {
    for (const responder of request.responders) responder.fail(error, this.#session);
  }

  #refuseAfter(k: number): void {
    this.#nextK = Math.min(this.#nextK, k);
    const sentence = `Number ${k}, which this request follows, failed; the next number is ${k}.`;
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const request = this.#waiting[i];
      if (request === undefined || request.k === null) continue;
      this.#waiting.splice(i, 1);
      this.#answer(request, new MyoError("STEP_CONFLICT", sentence));
    }
  }

  #keep(stored: Stored): void {
    this.#lastDone = Math.max(this.#lastDone, stored.k);
    this.#stored.push(stored);
    if (this.#stored.length > SLOTS) this.#stored.shift();
  }

  #freeSlot(request: QueuedRequest): number {
    if (this.#flyingCount === 0) return 0;
    if (request.alone || request.rows === null) return -1;
    if (this.#flying.some((other) => other?.alone)) return -1;
    for (const row of request.rows) if (this.#busy[row] !== 0) return -1;
    return this.#flying.indexOf(null);
  }

  #take(request: QueuedRequest, slot: number): void {
    this.#flying[slot] = request;
    this.#flyingCount++;
    this.#mark(request, 1);
  }

  #release(request: QueuedRequest, slot: number): void {
    this.#flying[slot] = null;
    this.#flyingCount--;
    this.#mark(request, 0);
    this.#announceRoom();
  }

  #announceRoom(): void {
    for (const callback of this.#roomWaiters.splice(0)) queueMicrotask(callback);
  }

  #mark(request: QueuedRequest, value: 0 | 1): void {
    if (request.rows === null) this.#busy.fill(value);
    else for (const row of request.rows) this.#busy[row] = value;
  }
}

/** An error as it may cross the wire. */
export function asMyoError(error: unknown): MyoError {
  if (error instanceof MyoError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new MyoError("INTERNAL", message);
}
