import { beforeAll, describe, expect, it } from "vitest";
import { toNdArray } from "../../protocol/ndarray.ts";
import { SUBPROTOCOLS, type ReplyOf } from "../../protocol/schema/operations.ts";
import type { RunningServer } from "../../server/server.ts";
import { fakeServer, maskArray, RawClient, rowsArray, walkAction } from "./support.ts";

let server: RunningServer;
let client: RawClient;
let s: string;

beforeAll(async () => {
  server = await fakeServer();
  client = await RawClient.connect(server.url);
  s = (await client.ask("env.make", { env: "walk-v0", num_envs: 2, autoreset: "next_step" })).s;
  await client.ask("env.reset", { s, k: 1, seed: 0 });
});

/** The session goes on: the next step has the number the refused one had. */
async function expectGoesOn(k: number): Promise<void> {
  const reply = await client.ask("env.step", { s, k, action: walkAction([0.1, 0.2]) });
  expect(reply.k).toBe(k);
}

describe("bad actions are BAD_ACTION, use up no number, and the session goes on", () => {
  const cases = [
    ["wrong number of rows", walkAction([0]), /shape is \[2, 2\].*\[1, 2\] came/],
    ["wrong width", toNdArray("<f4", [2, 3], new Float32Array(6)), /shape is \[2, 2\].*\[2, 3\] came/],
    ["flat", toNdArray("<f4", [4], new Float32Array(4)), /\[4\] came/],
    ["wrong dtype", toNdArray("<f8", [2, 2], new Float64Array(4)), /dtype is <f4, but <f8 came/],
    ["NaN", walkAction([0, Number.NaN]), /element 0 of line 1 is NaN/],
    ["infinity", walkAction([Infinity, 0]), /element 0 of line 0 is Infinity/],
    ["minus infinity", walkAction([0, -Infinity]), /line 1 is -Infinity/],
    ["two arrays", [walkAction([0, 0]), walkAction([0, 0])], /one array per dtype/],
  ] as const;
  let k = 2;
  it.each(cases)("%s", async (_name, action, sentence) => {
    const error = await client.refused({ t: "env.step", s, k, action });
    expect(error.code).toBe("BAD_ACTION");
    expect(error.sentence).toMatch(sentence);
    await expectGoesOn(k++);
  });

  it("a discrete action out of range", async () => {
    const made = await client.ask("env.make", { env: "choice-v0", autoreset: "disabled" });
    await client.ask("env.reset", { s: made.s, k: 1 });
    const choose = (value: bigint) => ({
      t: "env.step",
      s: made.s,
      k: 2,
      action: toNdArray("<i8", [1], new BigInt64Array([value])),
    });
    const error = await client.refused(choose(2n));
    expect(error).toMatchObject({
      code: "BAD_ACTION",
      sentence: expect.stringMatching(/-1 to 1, but 2 came/) as unknown,
    });
    expect((await client.send(choose(1n)))["t"]).toBe("env.step.ok");
  });
});

it("finite actions beyond the bounds are the task's to clip", async () => {
  const made = await client.ask("env.make", { env: "walk-v0", autoreset: "disabled" });
  await client.ask("env.reset", { s: made.s, k: 1 });
  const reply = await client.ask("env.step", { s: made.s, k: 2, action: walkAction([50]) });
  expect(reply.k).toBe(2);
});

describe("names and options", () => {
  it("unknown id: ENV_UNKNOWN with the nearest", async () => {
    const error = await client.refused({ t: "env.make", env: "wolk-v0", autoreset: "disabled" });
    expect(error).toMatchObject({ code: "ENV_UNKNOWN" });
    expect(error.sentence).toMatch(/did you mean "walk-v0"/);
  });
  it("unknown kwarg: BAD_OPTIONS with the nearest", async () => {
    const error = await client.refused({ t: "env.make", env: "walk-v0", autoreset: "disabled", kwargs: { gaol: 3 } });
    expect(error.code).toBe("BAD_OPTIONS");
    expect(error.sentence).toMatch(/did you mean "goal"/);
  });
  it("ill-typed kwarg", async () => {
    const error = await client.refused({ t: "env.make", env: "walk-v0", autoreset: "disabled", kwargs: { goal: "x" } });
    expect(error.code).toBe("BAD_OPTIONS");
  });
  it("unknown reset option", async () => {
    const made = await client.ask("env.make", { env: "walk-v0", autoreset: "disabled" });
    const error = await client.refused({ t: "env.reset", s: made.s, k: 1, options: { strat: 1 } });
    expect(error).toMatchObject({ code: "BAD_OPTIONS" });
    expect(error.sentence).toMatch(/start/);
    expect((await client.ask("env.reset", { s: made.s, k: 1, options: { start: 0.5 } })).k).toBe(1);
  });
  it("unknown info key", async () => {
    const error = await client.refused({
      t: "env.make",
      env: "walk-v0",
      autoreset: "disabled",
      info_keys: ["distanse"],
    });
    expect(error.sentence).toMatch(/did you mean "distance"/);
  });
  it("a seed that cannot be counted up", async () => {
    const seed = Number.MAX_SAFE_INTEGER;
    const error = await client.refused({ t: "env.make", env: "walk-v0", num_envs: 2, autoreset: "disabled", seed });
    expect(error.code).toBe("BAD_OPTIONS");
  });
  it("rows that do not exist, repeat or descend", async () => {
    const { k } = (await client.ask("env.step", { s, k: 10, action: walkAction([0, 0]) })) as { k: number };
    for (const rows of [[2], [1, 1], [1, 0], []]) {
      const action = walkAction(rows.map(() => 0));
      const error = await client.refused({ t: "env.step", s, k: k + 1, action, env_ids: rowsArray(rows) });
      expect(error.code).toBe("BAD_OPTIONS");
    }
  });
  it("an empty or short reset mask", async () => {
    for (const mask of [[false, false], [true]]) {
      const error = await client.refused({ t: "env.reset", s, k: 11, mask: maskArray(mask) });
      expect(error.code).toBe("BAD_OPTIONS");
    }
  });
});

describe("order", () => {
  it("step before reset: NEEDS_RESET", async () => {
    const made = await client.ask("env.make", { env: "walk-v0", autoreset: "next_step" });
    const error = await client.refused({ t: "env.step", s: made.s, k: 1, action: walkAction([0]) });
    expect(error.code).toBe("NEEDS_RESET");
    expect((await client.ask("env.reset", { s: made.s, k: 1 })).k).toBe(1);
  });
  it("after close: NOT_FOUND", async () => {
    const made = await client.ask("env.make", { env: "walk-v0", autoreset: "next_step" });
    await client.ask("env.reset", { s: made.s, k: 1 });
    await client.ask("env.close", { s: made.s });
    expect((await client.refused({ t: "env.step", s: made.s, k: 2, action: walkAction([0]) })).code).toBe("NOT_FOUND");
    expect((await client.refused({ t: "env.close", s: made.s })).code).toBe("NOT_FOUND");
  });
  it("wrong step number: STEP_CONFLICT naming the next one", async () => {
    for (const k of [1, 12, 4_000_000]) {
      const error = await client.refused({ t: "env.step", s, k, action: walkAction([0, 0]) });
      expect(error.code).toBe("STEP_CONFLICT");
      expect(error.sentence).toMatch(/11/);
    }
  });
  it("another connection's session: NOT_FOUND", async () => {
    const other = await RawClient.connect(server.url);
    expect((await other.refused({ t: "env.step", s, k: 11, action: walkAction([0, 0]) })).code).toBe("NOT_FOUND");
    other.kill();
  });
});

describe("frames", () => {
  it("an undecodable frame is BAD_FRAME without id; the socket closes with 4400 after three", async () => {
    const other = await RawClient.connect(server.url);
    const bad = [new Uint8Array([0xc1]), new Uint8Array([0x93, 1, 2, 3]), new Uint8Array([0xd4, 0x72, 0x40])];
    other.socket.send(bad[0]!);
    const event = await other.event((message) => message["t"] === "error");
    expect(event).toMatchObject({ code: "BAD_FRAME" });
    expect(event).not.toHaveProperty("id");
    // The socket still serves.
    expect((await other.ask("ping", {})).t).toBe("ping.ok");
    other.socket.send(bad[1]!);
    other.socket.send(bad[2]!);
    expect(await other.closeCode).toBe(4400);
  });

  it("an oversized frame closes with 1009, and the session resumes", async () => {
    const other = await RawClient.connect(server.url);
    const made = await other.ask("env.make", { env: "walk-v0", autoreset: "next_step" });
    await other.ask("env.reset", { s: made.s, k: 1, seed: 1 });
    other.socket.send(new Uint8Array(17 * 1024 * 1024));
    expect(await other.closeCode).toBe(1009);
    const next = await RawClient.connect(server.url, { resume: [{ s: made.s, token: made.resume }] });
    expect(next.welcome?.resumed?.[0]).toMatchObject({ s: made.s, k: 1 });
    expect((await next.ask("env.step", { s: made.s, k: 2, action: walkAction([0]) })).k).toBe(2);
    next.kill();
  });

  it("text on a binary connection is BAD_FRAME", async () => {
    const other = await RawClient.connect(server.url);
    other.socket.send("{}");
    expect(await other.event((message) => message["t"] === "error")).toMatchObject({ code: "BAD_FRAME" });
    other.kill();
  });

  it("unknown types and keys keep their id", async () => {
    expect((await client.refused({ t: "env.stepp" })).code).toBe("UNKNOWN_TYPE");
    const error = await client.refused({ t: "ping", colour: "red" });
    expect(error.code).toBe("BAD_MESSAGE");
    expect(error.sentence).toMatch(/colour/);
  });

  it("an array whose bytes do not fit its shape is BAD_MESSAGE", async () => {
    const action = { ...walkAction([0, 0]), data: new Uint8Array(3) };
    expect((await client.refused({ t: "env.step", s, k: 11, action })).code).toBe("BAD_MESSAGE");
  });
});

describe("hello", () => {
  it("comes first", async () => {
    const other = new RawClient(server.url);
    await other.opened();
    expect((await other.refused({ t: "env.list" })).code).toBe("NEEDS_HELLO");
    expect((await other.hello())["t"]).toBe("hello.ok");
    expect(
      (await other.refused({ t: "hello", minor: 0, role: "driver", client: { name: "a", version: "b", lang: "c" } }))
        .code,
    ).toBe("BAD_MESSAGE");
    other.kill();
  });

  it("of a newer minor is UNSUPPORTED_VERSION", async () => {
    const other = new RawClient(server.url);
    await other.opened();
    expect(await other.hello({ minor: 99 })).toMatchObject({ t: "error", code: "UNSUPPORTED_VERSION" });
    other.kill();
  });

  it("that does not come closes with 4408", async () => {
    const hasty = await fakeServer({ helloTimeoutMs: 50, workers: 1 });
    const other = new RawClient(hasty.url);
    expect(await other.closeCode).toBe(4408);
  });

  it("as an observer may look and not touch: FORBIDDEN", async () => {
    const observer = await RawClient.connect(server.url, { role: "observer" });
    const error = await observer.refused({ t: "env.make", env: "walk-v0", autoreset: "disabled" });
    expect(error.code).toBe("FORBIDDEN");
    expect(error.sentence).toMatch(/env:run/);
    expect((await observer.ask("env.list", {})).envs.length).toBeGreaterThan(0);
    observer.kill();
  });
});

describe("connecting", () => {
  const status = (subprotocol: string[], headers: Record<string, string> = {}) =>
    new Promise<number | undefined>((resolve) => {
      const raw = new RawClient(server.url, SUBPROTOCOLS.msgpack, headers).socket;
      raw.terminate();
      void import("../../protocol/transport/ws.ts").then(({ WebSocket }) => {
        const socket = new WebSocket(server.url, subprotocol, { headers });
        socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
        socket.on("open", () => {
          socket.terminate();
          resolve(101);
        });
        socket.on("error", () => undefined);
      });
    });

  it("without a known subprotocol is HTTP 400", async () => {
    expect(await status(["myoserve.v9.msgpack"])).toBe(400);
    expect(await status([])).toBe(400);
  });

  it("from a foreign page is HTTP 403, also when its name points here", async () => {
    expect(await status([SUBPROTOCOLS.msgpack], { origin: "https://evil.example" })).toBe(403);
    expect(await status([SUBPROTOCOLS.msgpack], { origin: "http://evil.example", host: "evil.example" })).toBe(403);
    expect(await status([SUBPROTOCOLS.msgpack], { origin: "null" })).toBe(403);
    expect(await status([SUBPROTOCOLS.msgpack], { origin: "http://localhost:5173" })).toBe(101);
  });

  it("the JSON twin steps the same numbers", async () => {
    const run = async (subprotocol: string): Promise<ReplyOf<"env.step">["obs"]> => {
      const other = await RawClient.connect(server.url, {}, subprotocol);
      const made = await other.ask("env.make", { env: "walk-v0", num_envs: 2, autoreset: "next_step" });
      await other.ask("env.reset", { s: made.s, k: 1, seed: 5 });
      const reply = await other.ask("env.step", { s: made.s, k: 2, action: walkAction([0.5, -0.5]) });
      other.kill();
      return reply.obs;
    };
    const [binary, text] = [await run(SUBPROTOCOLS.msgpack), await run(SUBPROTOCOLS.json)];
    expect(Buffer.from((text as { data: Uint8Array }).data)).toEqual(
      Buffer.from((binary as { data: Uint8Array }).data),
    );
  });
});
