import { codecFor, SERVER_LIMITS, type Codec } from "../../protocol/codec.ts";
import type { EnvSpec } from "../../protocol/env.ts";
import { ERROR_CODES, MyoError } from "../../protocol/errors.ts";
import { fromNdArray, toNdArray, type NdArray } from "../../protocol/ndarray.ts";
import type { Reply, Request, RequestOf } from "../../protocol/schema/operations.ts";
import { validateMessage, validateRequest } from "../../protocol/validate.ts";
import type { OpenSocket, SocketEvents } from "../../clients/ts/socket.ts";

type Message = Record<string, unknown>;

const bound = (value: number): NdArray => toNdArray("<f4", [1], Float32Array.from([value]));
const box = (size: number) => ({
  type: "box" as const,
  dtype: "<f4" as const,
  shape: [size],
  low: bound(-Infinity),
  high: bound(Infinity),
});

export const SPEC: EnvSpec = {
  id: "fake-v0",
  title: "Fake",
  obs_space: box(2),
  act_space: box(1),
  obs_keys: {},
  obs_available: [],
  info_keys: ["sum"],
  reward_weights: {},
  autoreset_modes: ["next_step", "same_step", "disabled"],
  max_episode_steps: null,
  dt: 0.01,
  frame_skip: 1,
  nondeterministic: false,
  kwargs_schema: {},
  options_schema: {},
  model_sha256: null,
  engine: "none",
  actuators: [],
  joints: [],
};

/** One session: a running sum of actions per row, and the replies by number. */
interface Session {
  token: string;
  readonly sum: Float64Array;
  k: number;
  readonly executed: number[];
  readonly stored: Map<number, Reply>;
}

/** A connected client. */
export interface Socket {
  readonly codec: Codec;
  send(frame: Uint8Array | string): void;
  close(code: number): void;
}

/** Obeys the protocol's rules of numbers and resume over sockets that a test can cut. Replies may be held back. */
export class FakeServer {
  readonly sessions = new Map<string, Session>();
  readonly received: Request[] = [];
  readonly sockets = new Set<Socket>();
  /** Decides the fate of a request: null is answered, "before" and "after" cut the socket around its execution. */
  cut: (request: Request) => "before" | "after" | null = () => null;
  /** Replies wait here while set. */
  held: (() => void)[] | null = null;
  reachable = true;
  forgetful = false;
  hello: Partial<Message> = {};
  /** Members added to every step reply. */
  extra: Partial<Message> = {};
  job = { job: "j1", kind: "agent.run", state: "running", done: 1, total: 2, seconds: 0, metrics: {}, error: null };
  #handles = 0;

  /** What a client uses in place of a network. */
  readonly openSocket: OpenSocket = (_url, subprotocol, events) => {
    const codec = codecFor(subprotocol);
    if (codec === undefined) throw new Error(subprotocol);
    const socket = this.#accept(codec, events);
    return {
      send: (frame) => {
        setImmediate(() => {
          if (this.sockets.has(socket)) this.receive(socket, frame);
        });
      },
      close: () => {
        this.sockets.delete(socket);
      },
    };
  };

  #accept(codec: Codec, events: SocketEvents): Socket {
    const socket: Socket = {
      codec,
      send: (frame) => {
        setImmediate(() => {
          if (this.sockets.has(socket)) events.message(frame);
        });
      },
      close: (code) => {
        this.sockets.delete(socket);
        setImmediate(() => {
          events.close(code);
        });
      },
    };
    setImmediate(() => {
      if (!this.reachable) {
        events.close(1006);
        return;
      }
      this.sockets.add(socket);
      events.open();
    });
    return socket;
  }

  /** Cuts every socket as a network would. */
  cutAll(code = 1006): void {
    for (const socket of [...this.sockets]) socket.close(code);
  }

  emit(event: Message): void {
    for (const socket of this.sockets) this.#send(socket, event);
  }

  receive(socket: Socket, frame: Uint8Array | string): void {
    const request = validateRequest(socket.codec.decode(frame, SERVER_LIMITS));
    this.received.push(request);
    const fate = this.cut(request);
    if (fate === "before") {
      this.cutAll();
      return;
    }
    const answer = (): void => {
      this.#send(socket, this.#answer(request));
      if (request.t === "sub") this.#send(socket, this.#firstEvent());
    };
    if (fate === "after") {
      this.cutAll();
      this.#answer(request);
    } else if (this.held !== null && request.t !== "hello") this.held.push(answer);
    else answer();
  }

  #send(socket: Socket, message: Message): void {
    validateMessage(message);
    if (this.sockets.has(socket)) socket.send(socket.codec.encode(message));
  }

  #answer(request: Request): Reply | Message {
    try {
      return { ...this.#reply(request), id: request.id };
    } catch (error) {
      if (!(error instanceof MyoError)) throw error;
      const { code, message } = error;
      return { t: "error", id: request.id, code, message, retryable: ERROR_CODES[code].retryable };
    }
  }

  #reply(request: Request): Message {
    switch (request.t) {
      case "hello":
        return this.#welcome(request);
      case "env.make":
        return this.#make(request);
      case "env.reset":
      case "env.step":
        return this.#numbered(request);
      case "env.close":
        this.sessions.delete(request.s);
        return { t: "env.close.ok", s: request.s };
      case "ping":
        return { t: "ping.ok", now_ns: 1 };
      case "sub":
        return { t: "sub.ok", sub: `sub${++this.#handles}` };
      case "unsub":
        return { t: "unsub.ok", sub: request.sub };
      case "agent.create":
        return { t: "agent.create.ok", a: "a1", config: { ...request.config } };
      case "agent.act":
        return { t: "agent.act.ok", a: request.a, action: toNdArray("<f4", [2, 1], Float32Array.from([5, 6])) };
      case "agent.run":
        return { t: "agent.run.ok", job: "j1" };
      case "job.get":
        return { t: "job.get.ok", job: this.job };
      case "env.list":
        return { t: "env.list.ok", envs: [] };
      case "env.snapshot":
        return { t: "env.snapshot.ok", s: request.s, snap: "snap1" };
      default:
        throw new MyoError("UNKNOWN_TYPE", `The fake server has no ${request.t}.`);
    }
  }

  #welcome(request: RequestOf<"hello">): Message {
    const resumed = (request.resume ?? []).map(({ s, token }) => {
      const session = this.forgetful ? undefined : this.sessions.get(s);
      if (session?.token !== token) return { s, token: null, k: 0 };
      session.token = `${token}+`;
      return { s, token: session.token, k: session.k };
    });
    return {
      t: "hello.ok",
      minor: 0,
      server: { name: "fake", version: "0", engine: "none", boot_id: "b" },
      caps: [],
      scopes: [],
      limits: { max_message: 65_536, max_inflight: 4, max_envs: 1, max_sessions: 1, max_agents: 1 },
      ping_ms: 20_000,
      lease_ms: 5_000,
      now_ns: 1,
      resumed,
      ...this.hello,
    };
  }

  #make(request: RequestOf<"env.make">): Message {
    if (request.env !== SPEC.id) throw new MyoError("ENV_UNKNOWN", `No environment is called ${request.env}.`);
    const s = `s${++this.#handles}`;
    const numEnvs = request.num_envs ?? 1;
    this.sessions.set(s, { token: "t", sum: new Float64Array(numEnvs), k: 0, executed: [], stored: new Map() });
    return { t: "env.make.ok", s, resume: "t", spec: SPEC, lease_ms: 5_000, num_envs: numEnvs, max_inflight: 4 };
  }

  #numbered(request: RequestOf<"env.reset"> | RequestOf<"env.step">): Message {
    const session = this.sessions.get(request.s);
    if (session === undefined) throw new MyoError("NOT_FOUND", `There is no session ${request.s}.`);
    const stored = session.stored.get(request.k);
    if (stored !== undefined) return stored;
    if (request.k !== session.k + 1) throw new MyoError("STEP_CONFLICT", `${request.k} does not follow ${session.k}.`);
    const reply = request.t === "env.reset" ? this.#reset(session, request) : this.#step(session, request);
    session.k = request.k;
    session.executed.push(request.k);
    session.stored.set(request.k, reply as Reply);
    session.stored.delete(request.k - 4);
    return reply;
  }

  #reset(session: Session, request: RequestOf<"env.reset">): Message {
    const n = session.sum.length;
    const mask = request.mask === undefined ? new Uint8Array(n).fill(1) : fromNdArray(request.mask);
    const rows = [...session.sum.keys()];
    for (const row of rows) if (mask[row] === 1) session.sum[row] = 0;
    return { t: "env.reset.ok", s: request.s, k: request.k, ...this.#observe(session, rows) };
  }

  #step(session: Session, request: RequestOf<"env.step">): Message {
    const action = fromNdArray(request.action as NdArray & { dtype: "<f4" });
    if (action.some((value) => !Number.isFinite(value))) throw new MyoError("BAD_ACTION", "An action is finite.");
    const rows = request.env_ids === undefined ? [...session.sum.keys()] : [...fromNdArray(request.env_ids)];
    const rewards = rows.map((row, index) => (session.sum[row] = (session.sum[row] ?? 0) + (action[index] ?? 0)));
    const flags = toNdArray("|b1", [rows.length], new Uint8Array(rows.length));
    return {
      t: "env.step.ok",
      s: request.s,
      k: request.k,
      ...this.#observe(session, rows),
      rew: toNdArray("<f8", [rows.length], Float64Array.from(rewards)),
      term: flags,
      trunc: flags,
      ...(request.env_ids === undefined ? {} : { env_ids: request.env_ids }),
      ...this.extra,
    };
  }

  #observe(session: Session, rows: number[]): { obs: NdArray; terms: NdArray } {
    const sums = rows.map((row) => session.sum[row] ?? 0);
    const obs = Float32Array.from(rows.flatMap((row, index) => [row, sums[index] ?? 0]));
    return {
      obs: toNdArray("<f4", [rows.length, 2], obs),
      terms: toNdArray("<f8", [rows.length, 1], Float64Array.from(sums)),
    };
  }

  #firstEvent(): Message {
    const sub = `sub${this.#handles}`;
    return { t: "ev.job", sub, n: 0, dropped: 0, job: this.job };
  }
}
