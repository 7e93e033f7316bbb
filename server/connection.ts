import { randomUUID } from "node:crypto";
import { SERVER_LIMITS, type Codec } from "../protocol/codec.ts";
import { CLOSE_CODES, ERROR_CODES, MyoError } from "../protocol/errors.ts";
import { OPERATIONS, SUBPROTOCOLS, type OperationName, type Request } from "../protocol/schema/operations.ts";
import type { Scope } from "../protocol/schema/common.ts";
import type { RawData, WebSocket } from "../protocol/transport/ws.ts";
import { requestIdOf, validateRequest } from "../protocol/validate.ts";
import type { ServerContext } from "./context.ts";
import { dispatch } from "./handlers/table.ts";
import { asMyoError } from "./sessions/numbered-queue.ts";
import type { ReplyBody, Responder, SentFrame } from "./sessions/responder.ts";
import { PlainStep } from "./sessions/step-reply.ts";
import { BOUNDED } from "./sessions/session.ts";
import type { Owner } from "./sessions/session-table.ts";
import { Subscriptions } from "./streams/subscriptions.ts";

const MAX_BAD_FRAMES = 3;
/** Requests of one connection without a reply. */
const MAX_PENDING = 256;
/** Bytes waiting to be sent: beyond the first nothing more is read, beyond the second the socket is closed. */
const HIGH_WATER = 16 * 1024 * 1024;
const FLOOD = 512 * 1024 * 1024;

/** One socket: frames in, exactly one reply to each request out. */
export class Connection implements Owner {
  readonly subscriptions: Subscriptions;
  /** What this connection may do; set by hello. */
  scopes: ReadonlySet<Scope> = new Set();
  greeted = false;
  readonly #server: ServerContext;
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  /** Requests that wait for room in their session; nothing overtakes them. */
  readonly #backlog: Request[] = [];
  #badFrames = 0;
  #pending = 0;
  #alive = true;

  constructor(server: ServerContext, socket: WebSocket, codec: Codec) {
    this.#server = server;
    this.#socket = socket;
    this.#codec = codec;
    this.subscriptions = new Subscriptions(this);
    const { helloTimeoutMs, pingMs } = server.settings;
    const helloTimer = setTimeout(() => {
      if (!this.greeted) this.close(CLOSE_CODES.HELLO_TIMEOUT, `hello must come within ${helloTimeoutMs} ms`);
    }, helloTimeoutMs);
    const pingTimer = setInterval(() => this.#ping(), pingMs);
    socket.on("message", (data, isBinary) => this.#onFrame(data, isBinary));
    socket.on("pong", () => (this.#alive = true));
    // ws closes the socket with the right code itself (1009 for a frame that is too large).
    socket.on("error", (error) => server.settings.log.debug({ error: error.message }, "socket error"));
    socket.on("close", () => {
      clearTimeout(helloTimer);
      clearInterval(pingTimer);
      this.subscriptions.closeAll();
      server.sessions.orphan(this);
      server.agents.orphan(this);
    });
  }

  /** Bytes that wait to be sent. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Cut the connection without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  replaced(): void {
    this.close(CLOSE_CODES.REPLACED, "the session was resumed on another connection");
  }

  /** Send a message that is no reply. @param sent called when the bytes have left. */
  event(message: Readonly<Record<string, unknown>>, sent?: () => void): void {
    this.#send(this.#codec.encode(message), sent);
  }

  /** Answer a request. @returns the frame, for repetition. */
  reply(id: number, body: ReplyBody): SentFrame {
    const bytes = this.#encode(id, body);
    this.#send(bytes);
    this.#settled();
    return { codec: this.#codec, bytes };
  }

  #encode(id: number, body: ReplyBody): Uint8Array | string {
    if (!(body instanceof PlainStep)) return this.#codec.encode({ ...body, id });
    if (this.#codec.subprotocol === SUBPROTOCOLS.msgpack) return body.encode(id);
    return this.#codec.encode({ ...body.body(), id });
  }

  /** Answer with a stored reply under a new id. */
  repeat(id: number, frame: SentFrame): void {
    if (!this.open) return;
    const body = frame.codec.decode(frame.bytes, { ...SERVER_LIMITS, maxMessage: Infinity, maxMapKeys: Infinity });
    this.reply(id, body);
  }

  fail(id: number | undefined, error: MyoError, session?: string): void {
    const { code } = error;
    const data: Record<string, unknown> = { ...error.data };
    if (code === "INTERNAL") {
      data["error_id"] = randomUUID();
      this.#server.settings.log.error(
        { error_id: data["error_id"], error: error.stack, cause: error.cause },
        "internal error",
      );
    }
    this.event({
      t: "error",
      ...(id !== undefined && { id }),
      code,
      message: error.message,
      retryable: ERROR_CODES[code].retryable,
      ...(session !== undefined && { s: session }),
      ...(Object.keys(data).length > 0 && { data }),
    });
    if (id !== undefined) this.#settled();
  }

  #ping(): void {
    if (!this.#alive) {
      this.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  #onFrame(data: RawData, isBinary: boolean): void {
    let message: Record<string, unknown>;
    try {
      const bytes = data as Buffer;
      message = this.#codec.decode(isBinary ? bytes : bytes.toString("utf8"), SERVER_LIMITS);
    } catch (error) {
      this.#onBadFrame(asMyoError(error));
      return;
    }
    let request: Request;
    try {
      request = validateRequest(message);
    } catch (error) {
      const id = requestIdOf(message);
      if (id !== undefined) this.#pending++;
      this.fail(id, asMyoError(error));
      return;
    }
    if (++this.#pending >= MAX_PENDING) this.#socket.pause();
    if (this.#backlog.length > 0 || !this.#hasRoom(request)) this.#postpone(request);
    else this.#serve(request);
  }

  #onBadFrame(error: MyoError): void {
    this.fail(undefined, error);
    if (++this.#badFrames >= MAX_BAD_FRAMES) this.close(CLOSE_CODES.BAD_FRAME, `${MAX_BAD_FRAMES} undecodable frames`);
  }

  #serve(request: Request): void {
    const responder = new RequestResponder(this, request.id);
    try {
      this.#assertAllowed(request.t);
      const done = dispatch(this.#server, this, request, responder);
      done?.catch((error: unknown) => this.#failRequest(request, error));
    } catch (error) {
      this.#failRequest(request, error);
    }
  }

  #failRequest(request: Request, error: unknown): void {
    this.fail(request.id, asMyoError(error), "s" in request ? request.s : undefined);
  }

  #assertAllowed(type: OperationName): void {
    if (!this.greeted && type !== "hello") {
      throw new MyoError(
        "NEEDS_HELLO",
        `The first message of a connection is hello, but ${type} came; send hello first.`,
      );
    }
    const { scope } = OPERATIONS[type];
    if (scope === null || this.scopes.has(scope)) return;
    const own = [...this.scopes].join(", ");
    throw new MyoError(
      "FORBIDDEN",
      `${type} needs the scope ${scope}, but the role has ${own}; say hello with another role.`,
    );
  }

  /** A session takes a bounded number of requests ahead; what comes beyond waits in the socket. */
  #hasRoom(request: Request): boolean {
    if (!BOUNDED.has(request.t) || !("s" in request)) return true;
    const session = this.#server.sessions.find(request.s);
    if (session === undefined || !session.queue.full) return true;
    session.queue.onRoom(() => this.#drainBacklog());
    return false;
  }

  #postpone(request: Request): void {
    this.#backlog.push(request);
    this.#socket.pause();
  }

  #drainBacklog(): void {
    let next = this.#backlog[0];
    while (next !== undefined && this.#hasRoom(next)) {
      this.#backlog.shift();
      this.#serve(next);
      next = this.#backlog[0];
    }
    this.#readOn();
  }

  #settled(): void {
    this.#pending--;
    this.#readOn();
  }

  #readOn(): void {
    const blocked = this.#backlog.length > 0 || this.#pending >= MAX_PENDING || this.bufferedAmount > HIGH_WATER;
    if (blocked === this.#socket.isPaused) return;
    if (blocked) this.#socket.pause();
    else this.#socket.resume();
  }

  #send(bytes: Uint8Array | string, sent?: () => void): void {
    if (!this.open) return;
    this.#socket.send(bytes, sent ?? this.#onSent);
    if (this.bufferedAmount > FLOOD) this.close(CLOSE_CODES.FLOODING, "replies are not read");
  }

  readonly #onSent = (): void => {
    if (this.#socket.isPaused) this.#readOn();
  };
}

/** Where the reply to one request of one connection goes. */
class RequestResponder implements Responder {
  readonly #connection: Connection;
  readonly #id: number;

  constructor(connection: Connection, id: number) {
    this.#connection = connection;
    this.#id = id;
  }

  reply(body: ReplyBody): SentFrame {
    return this.#connection.reply(this.#id, body);
  }

  fail(error: MyoError, session: string): void {
    this.#connection.fail(this.#id, error, session);
  }

  repeat(frame: SentFrame): void {
    this.#connection.repeat(this.#id, frame);
  }
}
