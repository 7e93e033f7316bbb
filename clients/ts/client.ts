import { codecFor, type Codec } from "../../protocol/codec.ts";
import { ERROR_CODES, MyoError, type ErrorCode } from "../../protocol/errors.ts";
import {
  MINOR,
  SUBPROTOCOLS,
  type OperationName,
  type Reply,
  type ReplyOf,
  type RequestOf,
} from "../../protocol/schema/operations.ts";
import { Connection } from "./connection.ts";
import { deferred } from "./deferred.ts";
import { NUMBERED, PendingRequests, ReplyLostError } from "./pending.ts";
import type { OpenSocket } from "./socket.ts";
import { Subscriptions, type EventHandler, type Subscription, type Topic } from "./subscriptions.ts";

export interface ClientOptions {
  readonly url: string;
  readonly openSocket: OpenSocket;
  readonly role?: RequestOf<"hello">["role"];
  /** What the server's log calls this client. */
  readonly name?: string;
  /** JSON frames instead of msgpack, for debugging. */
  readonly json?: boolean;
  /** Longest wait for a reply, ms; 60,000 when absent, 0 for no end. */
  readonly timeoutMs?: number;
  /** Longest wait between two attempts to reconnect, ms. */
  readonly maxRetryDelayMs?: number;
}

/** A request without what the client adds. */
export type Fields<T extends OperationName> = Omit<RequestOf<T>, "t" | "id">;

const VERSION = "0.1.0";
const FIRST_RETRY_MS = 50;
const DEFAULT_MAX_RETRY_MS = 5_000;
const DEFAULT_TIMEOUT_MS = 60_000;
const ID_LIMIT = 2 ** 32;

type Hello = ReplyOf<"hello">;
type State = "connecting" | "ready" | "waiting" | "closed";

/** Every code this version knows; one of a later version counts as INTERNAL and keeps its sentence. */
function toMyoError(message: Readonly<Record<string, unknown>>): MyoError {
  const { code, message: text, data } = message;
  const known = typeof code === "string" && Object.hasOwn(ERROR_CODES, code);
  const details = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : undefined;
  return new MyoError(known ? (code as ErrorCode) : "INTERNAL", String(text), details);
}

/**
 * A connection that outlives its sockets: requests are correlated by id and may be pipelined; after a lost socket the
 * sessions are resumed and open requests sent again, those that must not happen twice excepted.
 */
export class MyoClient implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #codec: Codec;
  readonly #pending = new PendingRequests();
  readonly #subscriptions: Subscriptions;
  /** Resume tokens by session. */
  readonly #tokens = new Map<string, string>();
  #connection: Connection | undefined;
  #state: State = "connecting";
  #hello: Hello | undefined;
  #nextId = 1;
  #lostAt: number | undefined;
  #retryDelay = FIRST_RETRY_MS;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #ready = deferred<Hello>();

  private constructor(options: ClientOptions) {
    this.#options = options;
    const codec = codecFor(options.json === true ? SUBPROTOCOLS.json : SUBPROTOCOLS.msgpack);
    if (codec === undefined) throw new Error("Every subprotocol of this version has a codec.");
    this.#codec = codec;
    this.#subscriptions = new Subscriptions((type, fields, onReply) => this.#request(type, fields, onReply));
    this.#open();
  }

  /** @throws MyoError UNAVAILABLE where no server answers, or the code with which it refused hello. */
  static async connect(options: ClientOptions): Promise<MyoClient> {
    const client = new MyoClient(options);
    await client.#ready.promise;
    return client;
  }

  /** What the server said about itself, last time. */
  get hello(): Hello {
    if (this.#hello === undefined)
      throw new MyoError("NEEDS_HELLO", "The client is not connected; await connect first.");
    return this.#hello;
  }

  /** Whether a request would travel at once: false while the socket is lost, and in the end. */
  get connected(): boolean {
    return this.#state === "ready";
  }

  /** @throws MyoError with the server's code; UNAVAILABLE when no reply comes in time or the connection is closed. */
  request<T extends OperationName>(type: T, fields: Fields<T>): Promise<ReplyOf<T>> {
    return this.#request(type, fields);
  }

  /** Sends the events of a topic to `handler` until closed, over reconnects too. */
  subscribe<T extends Topic>(
    topic: T,
    fields: Omit<Fields<"sub">, "topic">,
    handler: EventHandler<T>,
  ): Promise<Subscription> {
    return this.#subscriptions.subscribe(topic, fields, handler);
  }

  /** Ends the connection; its sessions stay for their lease unless they were closed. Idempotent. */
  close(): Promise<void> {
    this.#shutDown(new ReplyLostError("UNAVAILABLE", "The client was closed; connect anew."));
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #request<T extends OperationName>(
    type: T,
    fields: Fields<T>,
    onReply?: (reply: ReplyOf<T>) => void,
  ): Promise<ReplyOf<T>> {
    if (this.#state === "closed") {
      return Promise.reject(new MyoError("UNAVAILABLE", "The client is closed; connect anew."));
    }
    const { promise, resolve, reject } = deferred<ReplyOf<T>>();
    const id = this.#takeId();
    const frame = this.#codec.encode({ t: type, id, ...fields });
    const limit = this.#hello?.limits.max_message ?? Infinity;
    if (frame.length > limit) {
      return Promise.reject(
        new MyoError(
          "TOO_LARGE",
          `The server takes ${limit} bytes a message, but ${type} has ${frame.length}; split it.`,
        ),
      );
    }
    const timer = this.#startTimer(id, type, reject);
    this.#pending.add({
      id,
      type,
      session: (fields as { s?: string }).s,
      frame,
      settle: (reply) => {
        clearTimeout(timer);
        onReply?.(reply);
        resolve(reply);
      },
      fail: (error) => {
        clearTimeout(timer);
        reject(error);
      },
    });
    if (this.#state === "ready") this.#send(id, frame);
    return promise;
  }

  #startTimer(
    id: number,
    type: OperationName,
    reject: (error: MyoError) => void,
  ): ReturnType<typeof setTimeout> | undefined {
    const timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (timeoutMs === 0) return undefined;
    return setTimeout(() => {
      // A numbered one stays: it is sent again after a lost socket, so that the numbers have no gap.
      if (!NUMBERED.has(type)) this.#pending.take(id);
      const sentence = `No reply to ${type} came within ${timeoutMs} ms; raise timeoutMs or look at the server.`;
      reject(new ReplyLostError("UNAVAILABLE", sentence));
    }, timeoutMs);
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = (id + 1) % ID_LIMIT;
    return id;
  }

  #send(id: number, frame: Uint8Array | string): void {
    this.#pending.markSent(id);
    this.#connection?.sendFrame(frame);
  }

  #open(): void {
    this.#state = "connecting";
    this.#connection = new Connection(this.#options.url, this.#codec, this.#options.openSocket, {
      open: () => {
        this.#sayHello();
      },
      message: (message) => {
        this.#receive(message);
      },
      lost: (code, final) => {
        this.#lose(code, final);
      },
    });
  }

  #sayHello(): void {
    const resume = [...this.#tokens].map(([s, token]) => ({ s, token }));
    const hello: RequestOf<"hello"> = {
      t: "hello",
      id: 0,
      minor: MINOR,
      role: this.#options.role ?? "driver",
      client: { name: this.#options.name ?? "myoserve-ts", version: VERSION, lang: "ts" },
      ...(resume.length > 0 ? { resume } : {}),
    };
    this.#connection?.sendFrame(this.#codec.encode(hello));
  }

  #receive(message: Record<string, unknown>): void {
    const { t, id } = message;
    if (this.#state === "connecting") {
      if (t === "hello.ok") this.#welcome(message as Hello);
      else if (t === "error") this.#shutDown(toMyoError(message));
    } else if (typeof t === "string" && t.startsWith("ev.")) {
      this.#subscriptions.dispatch(message);
    } else if (typeof id === "number") {
      this.#settle(id, message);
    }
  }

  #settle(id: number, message: Record<string, unknown>): void {
    const request = this.#pending.take(id);
    if (request === undefined) return;
    if (message["t"] === "error") {
      request.fail(toMyoError(message));
      return;
    }
    const reply = message as Reply;
    if (reply.t === "env.make.ok") this.#tokens.set(reply.s, reply.resume);
    else if (reply.t === "env.close.ok") this.#tokens.delete(reply.s);
    request.settle(reply);
  }

  #welcome(hello: Hello): void {
    const isReconnect = this.#hello !== undefined;
    this.#hello = hello;
    this.#state = "ready";
    this.#lostAt = undefined;
    this.#retryDelay = FIRST_RETRY_MS;
    const lost = this.#renewTokens(hello);
    for (const request of this.#pending.resumable(lost)) this.#send(request.id, request.frame);
    if (isReconnect) this.#subscriptions.renew();
    this.#connection?.keepAlive(hello.ping_ms, () => {
      // Only the traffic counts: silence is noticed by the connection itself.
      this.request("ping", {}).catch(() => undefined);
    });
    this.#ready.resolve(hello);
  }

  /** Takes the new tokens over and returns the sessions that are gone. */
  #renewTokens(hello: Hello): Set<string> {
    const lost = new Set(this.#tokens.keys());
    for (const { s, token } of hello.resumed ?? []) {
      if (token === null) continue;
      this.#tokens.set(s, token);
      lost.delete(s);
    }
    for (const s of lost) this.#tokens.delete(s);
    return lost;
  }

  #lose(code: number, final: boolean): void {
    const wasReady = this.#hello !== undefined;
    if (final || !wasReady) {
      const cause = wasReady
        ? `The server closed the connection with code ${code}`
        : `No server answers at ${this.#options.url}`;
      this.#shutDown(new MyoError("UNAVAILABLE", `${cause}; connect anew when that is mended.`));
      return;
    }
    this.#state = "waiting";
    this.#lostAt ??= Date.now();
    if (Date.now() - this.#lostAt > this.hello.lease_ms) {
      this.#shutDown(
        new MyoError(
          "SESSION_LOST",
          `The server was out of reach for longer than its lease of ${this.hello.lease_ms} ms; make a new session.`,
        ),
      );
      return;
    }
    const delay = this.#retryDelay;
    this.#retryDelay = Math.min(2 * delay, this.#options.maxRetryDelayMs ?? DEFAULT_MAX_RETRY_MS);
    this.#retryTimer = setTimeout(() => {
      this.#open();
    }, delay);
  }

  #shutDown(error: MyoError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#retryTimer);
    this.#connection?.close();
    this.#ready.reject(error);
    // Where nobody awaits connect any more, the rejection has been reported through the requests.
    this.#ready.promise.catch(() => undefined);
    this.#pending.failAll(error);
  }
}
