import { MyoError } from "../../protocol/errors.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { RequestOf } from "../../protocol/schema/operations.ts";
import type { ServerContext } from "../context.ts";
import { newHandle } from "../sessions/tokens.ts";
import type { Session } from "../sessions/session.ts";
import { rowsWith, takeRows } from "../vector/gather.ts";
import { ENDED } from "../workers/slab.ts";
import { Stream, type Sink, type StreamPolicy } from "./stream.ts";

type Topic = RequestOf<"sub">["topic"];

/** Events a second and what is dropped, where the subscriber does not say. */
const DEFAULTS: Readonly<Record<Topic, { hz: number; policy: StreamPolicy }>> = {
  job: { hz: 10, policy: "latest" },
  episodes: { hz: 1000, policy: "drop_oldest" },
  frames: { hz: 30, policy: "latest" },
  metrics: { hz: 1, policy: "latest" },
};

/** Rows whose scenes a frame carries. */
const MAX_SCENES = 16;

/** Feeds a stream. @returns what ends it. */
type Source = (server: ServerContext, request: RequestOf<"sub">, stream: Stream, maxHz: number) => () => void;

const SOURCES: Readonly<Record<Topic, Source>> = { job: jobs, episodes, frames, metrics };

function sessionOf(server: ServerContext, request: RequestOf<"sub">): Session {
  if (request.s !== undefined) return server.sessions.get(request.s);
  throw new MyoError("BAD_OPTIONS", `The topic ${request.topic} belongs to a session; name it in "s".`);
}

function jobs(server: ServerContext, request: RequestOf<"sub">, stream: Stream): () => void {
  if (request.job === undefined) throw new MyoError("BAD_OPTIONS", 'The topic job belongs to a job; name it in "job".');
  const job = server.jobs.get(request.job);
  const listener = () => stream.offer({ job: job.state() });
  listener();
  job.listeners.add(listener);
  return () => job.listeners.delete(listener);
}

function episodes(server: ServerContext, request: RequestOf<"sub">, stream: Stream): () => void {
  const session = sessionOf(server, request);
  const { slab, numEnvs } = session.group;
  const all = Uint32Array.from({ length: numEnvs }, (_, row) => row);
  const listener = (rows: Uint32Array | null, anyEnded: boolean) => {
    if (!anyEnded) return;
    const ended = rowsWith(slab, ENDED, rows ?? all);
    const count = ended.length;
    const r = takeRows(slab.returns, ended, 1, new Float64Array(count));
    const l = takeRows(slab.lengths, ended, 1, new Uint32Array(count));
    stream.offer({
      s: session.s,
      rows: toNdArray("<u4", [count], ended),
      r: toNdArray("<f8", [count], r),
      l: toNdArray("<u4", [count], l),
    });
  };
  session.listeners.add(listener);
  return () => session.listeners.delete(listener);
}

function frames(server: ServerContext, request: RequestOf<"sub">, stream: Stream): () => void {
  const session = sessionOf(server, request);
  const rows = Array.from({ length: Math.min(session.group.numEnvs, MAX_SCENES) }, (_, row) => row);
  let asked = false;
  const listener = () => {
    if (asked || !stream.ready) return;
    asked = true;
    session
      .scenes(rows)
      .then((scenes) => stream.offer({ s: session.s, scenes }))
      // A session that closes or has nothing to draw sends no frames.
      .catch(() => undefined)
      .finally(() => (asked = false));
  };
  listener();
  session.listeners.add(listener);
  return () => session.listeners.delete(listener);
}

function metrics(server: ServerContext, request: RequestOf<"sub">, stream: Stream, maxHz: number): () => void {
  const session = sessionOf(server, request);
  const offer = () => stream.offer({ s: session.s, metrics: session.stats.metrics() });
  offer();
  const timer = setInterval(offer, 1000 / maxHz);
  return () => clearInterval(timer);
}

/** The subscriptions of one connection. */
export class Subscriptions {
  readonly #sink: Sink;
  readonly #ends = new Map<string, () => void>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** @returns the handle. @throws MyoError NOT_FOUND, BAD_OPTIONS */
  open(server: ServerContext, request: RequestOf<"sub">): string {
    const { topic } = request;
    const sub = newHandle("sub");
    const maxHz = request.max_hz ?? DEFAULTS[topic].hz;
    const policy = request.policy ?? DEFAULTS[topic].policy;
    const stream = new Stream(this.#sink, { sub, type: `ev.${topic}`, maxHz, policy });
    const end = SOURCES[topic](server, request, stream, maxHz);
    this.#ends.set(sub, () => {
      end();
      stream.close();
    });
    return sub;
  }

  /** @throws MyoError NOT_FOUND */
  close(sub: string): void {
    const end = this.#ends.get(sub);
    if (end === undefined) throw new MyoError("NOT_FOUND", `There is no subscription "${sub}" on this connection.`);
    this.#ends.delete(sub);
    end();
  }

  closeAll(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }
}
