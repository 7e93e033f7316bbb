import { afterAll } from "vitest";
import { CLIENT_LIMITS, codecFor, type Codec } from "../../protocol/codec.ts";
import { fromNdArray, toNdArray, type NdArray } from "../../protocol/ndarray.ts";
import { SUBPROTOCOLS, type OperationName, type ReplyOf, type RequestOf } from "../../protocol/schema/operations.ts";
import { WebSocket } from "../../protocol/transport/ws.ts";
import { createLog } from "../../server/log.ts";
import type { ServerOptions } from "../../server/options.ts";
import { startServer, type RunningServer } from "../../server/server.ts";

type Fields<T extends OperationName> = Omit<RequestOf<T>, "t" | "id">;
export type Message = Record<string, unknown>;

export const FAKE_CATALOG = new URL("./fake-catalog.ts", import.meta.url).href;

const open: RunningServer[] = [];

/** A server with fake environments on a free port; stopped after the file. */
export async function fakeServer(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startServer({
    port: 0,
    workers: 2,
    log: createLog("silent"),
    catalog: FAKE_CATALOG,
    ...options,
  });
  open.push(server);
  return server;
}

afterAll(async () => {
  for (const server of open.splice(0)) await server.stop();
});

/** A client without conveniences: what it sends and gets is what travels. */
export class RawClient {
  readonly socket: WebSocket;
  readonly codec: Codec;
  /** Messages that answer no request of ours. */
  readonly events: Message[] = [];
  /** Request ids in order of their replies. */
  readonly order: number[] = [];
  closeCode: Promise<number>;
  #lastId = 0;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #onEvent: (() => void) | null = null;

  constructor(url: string, subprotocol: string = SUBPROTOCOLS.msgpack, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, [subprotocol], { headers });
    const codec = codecFor(subprotocol);
    if (codec === undefined) throw new Error(`no codec for ${subprotocol}`);
    this.codec = codec;
    this.closeCode = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.on("error", () => undefined);
    this.socket.on("message", (data: Buffer, isBinary) => {
      const message = codec.decode(isBinary ? data : data.toString(), CLIENT_LIMITS);
      const id = message["id"];
      const resolve = typeof id === "number" ? this.#waiting.get(id) : undefined;
      if (resolve === undefined || typeof id !== "number") {
        this.events.push(message);
        this.#onEvent?.();
        return;
      }
      this.#waiting.delete(id);
      this.order.push(id);
      resolve(message);
    });
  }

  static async connect(url: string, hello: Partial<Fields<"hello">> = {}, subprotocol?: string): Promise<RawClient> {
    const client = new RawClient(url, subprotocol);
    await client.opened();
    const reply = await client.hello(hello);
    client.welcome = reply as unknown as ReplyOf<"hello">;
    return client;
  }

  welcome: ReplyOf<"hello"> | null = null;

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("error", reject);
    });
  }

  hello(fields: Partial<Fields<"hello">> = {}): Promise<Message> {
    return this.send({
      t: "hello",
      minor: 0,
      role: "driver",
      client: { name: "test", version: "0", lang: "ts" },
      ...fields,
    });
  }

  /** Send a message with the next id; resolves with the reply, whatever it is. */
  send(message: Message): Promise<Message> {
    const id = ++this.#lastId;
    const reply = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.socket.send(this.codec.encode({ ...message, id }));
    return reply;
  }

  /** Ask, expecting the reply of the operation. */
  async ask<T extends OperationName>(t: T, fields: Fields<T>): Promise<ReplyOf<T>> {
    const reply = await this.send({ t, ...fields });
    if (reply["t"] !== `${t}.ok`) throw new Error(`${String(reply["code"])}: ${String(reply["message"])}`);
    return reply as unknown as ReplyOf<T>;
  }

  /** Ask, expecting an error; its code and sentence. */
  async refused(message: Message): Promise<{ code: string; sentence: string }> {
    const reply = await this.send(message);
    if (reply["t"] !== "error") throw new Error(`expected an error, got ${String(reply["t"])}`);
    return { code: String(reply["code"]), sentence: String(reply["message"]) };
  }

  /** First event that fits, now or later. */
  async event(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#onEvent = resolve));
    }
  }

  /** Cut the connection as a crash would. */
  kill(): void {
    this.socket.terminate();
  }
}

/** Actions of the fake walk: every element of row i is values[i]. */
export function walkAction(values: readonly number[]): NdArray {
  const data = Float32Array.from({ length: values.length * 2 }, (_, i) => values[i >> 1] ?? 0);
  return toNdArray("<f4", [values.length, 2], data);
}

export function rowsArray(rows: readonly number[]): NdArray & { dtype: "<u4" } {
  return { dtype: "<u4", shape: [rows.length], data: new Uint8Array(Uint32Array.from(rows).buffer) };
}

export function maskArray(mask: readonly boolean[]): NdArray & { dtype: "|b1" } {
  return { dtype: "|b1", shape: [mask.length], data: Uint8Array.from(mask, Number) };
}

/** Numbers of an array from the wire. */
export function numbers(array: NdArray | NdArray[] | undefined): number[] {
  if (array === undefined || Array.isArray(array)) throw new Error("expected one array");
  return Array.from(fromNdArray({ ...array, data: array.data.slice() }) as Float32Array, Number);
}
