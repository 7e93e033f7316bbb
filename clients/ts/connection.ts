import type { Codec } from "../../protocol/codec.ts";
import { CLIENT_LIMITS } from "../../protocol/codec.ts";
import { CLOSE_CODES, MyoError } from "../../protocol/errors.ts";
import type { ClientSocket, OpenSocket } from "./socket.ts";

type Message = Record<string, unknown>;

/** Close codes after which another socket would meet the same end. */
const FINAL_CLOSES: ReadonlySet<number> = new Set([
  CLOSE_CODES.TOO_BIG,
  CLOSE_CODES.BAD_FRAME,
  CLOSE_CODES.REPLACED,
  CLOSE_CODES.FLOODING,
]);

/** Silence of so many ping periods counts as a lost connection. */
const MISSED_PINGS = 3;

export interface ConnectionEvents {
  open(): void;
  message(message: Message): void;
  /** @param final no other socket should be tried. */
  lost(code: number, final: boolean): void;
}

/** One socket from opening to its end: frames to messages, and a watch for silence. */
export class Connection {
  readonly #socket: ClientSocket;
  readonly #codec: Codec;
  readonly #events: ConnectionEvents;
  #timer: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #silentPeriods = 0;
  #ended = false;

  constructor(url: string, codec: Codec, openSocket: OpenSocket, events: ConnectionEvents) {
    this.#codec = codec;
    this.#events = events;
    this.#socket = openSocket(url, codec.subprotocol, {
      open: () => {
        if (!this.#ended) events.open();
      },
      message: (frame) => {
        this.#receive(frame);
      },
      close: (code) => {
        this.#end(code);
      },
    });
  }

  sendFrame(frame: Uint8Array | string): void {
    this.#socket.send(frame);
  }

  /** Calls `ping` in each period without a message and ends the connection after three. */
  keepAlive(periodMs: number, ping: () => void): void {
    this.#timer = setInterval(() => {
      this.#silentPeriods = this.#heard ? 0 : this.#silentPeriods + 1;
      this.#heard = false;
      if (this.#silentPeriods >= MISSED_PINGS) {
        this.#socket.close();
        this.#end(1006);
      } else if (this.#silentPeriods > 0) {
        ping();
      }
    }, periodMs);
    // Node only: a client that waits for nothing else must not keep the process alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  close(): void {
    this.#end(1000, false);
    this.#socket.close(1000);
  }

  #receive(frame: Uint8Array | string): void {
    if (this.#ended) return;
    this.#heard = true;
    let message: Message;
    try {
      message = this.#codec.decode(frame, CLIENT_LIMITS);
    } catch (error) {
      if (!(error instanceof MyoError)) throw error;
      this.#socket.close(CLOSE_CODES.BAD_FRAME);
      this.#end(CLOSE_CODES.BAD_FRAME);
      return;
    }
    this.#events.message(message);
  }

  #end(code: number, report = true): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    if (report) this.#events.lost(code, FINAL_CLOSES.has(code));
  }
}
