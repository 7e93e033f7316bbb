import { beforeAll, describe, expect, it, vi } from "vitest";
import type { NdArray } from "../../protocol/ndarray.ts";
import type { RunningServer } from "../../server/server.ts";
import { Stream, type Sink } from "../../server/streams/stream.ts";
import { fakeServer, numbers, RawClient, walkAction, type Message } from "./support.ts";

let server: RunningServer;
let client: RawClient;
beforeAll(async () => {
  server = await fakeServer();
  client = await RawClient.connect(server.url);
});

async function started(kwargs = {}): Promise<string> {
  const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: 2, autoreset: "next_step", kwargs });
  await client.ask("env.reset", { s, k: 1, seed: 0 });
  return s;
}

it("episodes: rows, returns and lengths, numbered without gaps", async () => {
  const s = await started({ goal: 3 });
  const { sub } = await client.ask("sub", { topic: "episodes", s });
  for (let k = 2; k < 14; k++) await client.ask("env.step", { s, k, action: walkAction([0, 0]) });
  await client.event((message) => message["sub"] === sub && message["n"] === 2);
  const events = client.events.filter((message) => message["sub"] === sub);
  expect(events.map(({ n, dropped }) => [n, dropped])).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
  expect(numbers(events[0]?.["rows"] as NdArray)).toEqual([0, 1]);
  expect(numbers(events[0]?.["l"] as NdArray)).toEqual([3, 3]);
  await client.ask("unsub", { sub });
  expect((await client.refused({ t: "unsub", sub })).code).toBe("NOT_FOUND");
});

it("frames: scenes to another connection while the driver steps", async () => {
  const s = await started();
  const observer = await RawClient.connect(server.url, { role: "observer" });
  const { sub } = await observer.ask("sub", { topic: "frames", s, max_hz: 1000 });
  for (let k = 2; k < 12; k++) await client.ask("env.step", { s, k, action: walkAction([0, 0]) });
  const event = await observer.event((message) => message["sub"] === sub);
  expect((event["scenes"] as unknown[]).length).toBe(2);
  observer.kill();
});

it("metrics: scalars at the rate asked for", async () => {
  const s = await started();
  const { sub } = await client.ask("sub", { topic: "metrics", s, max_hz: 100 });
  const event = await client.event((message) => message["sub"] === sub && message["n"] === 1);
  expect((event["metrics"] as Record<string, number>)["resets"]).toBe(2);
  await client.ask("unsub", { sub });
});

it("a topic without its session or job is refused", async () => {
  expect((await client.refused({ t: "sub", topic: "frames" })).code).toBe("BAD_OPTIONS");
  expect((await client.refused({ t: "sub", topic: "job" })).code).toBe("BAD_OPTIONS");
  expect((await client.refused({ t: "sub", topic: "episodes", s: "s-none" })).code).toBe("NOT_FOUND");
});

describe("a slow socket", () => {
  class SlowSink implements Sink {
    bufferedAmount = 1e9;
    open = true;
    readonly sent: Message[] = [];
    event(message: Message): void {
      this.sent.push(message);
    }
  }

  it.each([
    ["latest", [99], 99],
    ["drop_oldest", Array.from({ length: 64 }, (_, i) => 36 + i), 36],
  ] as const)("%s keeps what it promises and counts the rest", (policy, kept, dropped) => {
    vi.useFakeTimers();
    const sink = new SlowSink();
    const stream = new Stream(sink, { sub: "x", type: "ev.job", maxHz: 1e9, policy });
    for (let value = 0; value < 100; value++) stream.offer({ value });
    expect(sink.sent).toEqual([]);
    sink.bufferedAmount = 0;
    vi.advanceTimersByTime(1000);
    expect(sink.sent.map(({ value }) => value)).toEqual(kept);
    expect(sink.sent[0]).toMatchObject({ n: 0, dropped });
    stream.close();
    vi.useRealTimers();
  });

  it("max_hz bounds the rate", () => {
    vi.useFakeTimers();
    const sink = new SlowSink();
    sink.bufferedAmount = 0;
    const stream = new Stream(sink, { sub: "x", type: "ev.job", maxHz: 10, policy: "latest" });
    for (let i = 0; i < 100; i++) {
      stream.offer({ i });
      vi.advanceTimersByTime(10);
    }
    expect(sink.sent.length).toBeGreaterThanOrEqual(10);
    expect(sink.sent.length).toBeLessThanOrEqual(11);
    stream.close();
    vi.useRealTimers();
  });
});
