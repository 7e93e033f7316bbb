import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../protocol/random/generator.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import type { RunningServer } from "../../server/server.ts";
import { fakeServer, numbers, RawClient, rowsArray, walkAction, type Message } from "./support.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await fakeServer();
});

const make = { env: "walk-v0", num_envs: 3, autoreset: "next_step", kwargs: { goal: 4 } } as const;
const actionAt = (k: number) => walkAction([0, 1, 2].map((row) => Math.fround(Math.cos(k + row))));

/** Everything a step reports but the request's own id. */
function content({ t, k, obs, rew, term, trunc, ep }: Message) {
  return JSON.stringify([t, k, obs, rew, term, trunc, ep]);
}

/** The trajectory of an undisturbed client. */
async function undisturbed(steps: number): Promise<string[]> {
  const client = await RawClient.connect(server.url);
  const { s } = await client.ask("env.make", make);
  await client.ask("env.reset", { s, k: 1, seed: 11 });
  const replies: string[] = [];
  for (let k = 2; k < steps + 2; k++)
    replies.push(content({ ...(await client.ask("env.step", { s, k, action: actionAt(k) })) }));
  client.kill();
  return replies;
}

it("a trajectory under random socket kills is the undisturbed one, step by step", async () => {
  const steps = 120;
  const want = await undisturbed(steps);
  const rng = createRng(3);
  let client = await RawClient.connect(server.url);
  const made = await client.ask("env.make", make);
  const { s } = made;
  let token = made.resume;
  await client.ask("env.reset", { s, k: 1, seed: 11 });
  const got = new Map<number, string>();
  let kills = 0;
  let next = 2;
  while (got.size < steps) {
    // Send up to four ahead, then maybe cut the wire before, between or after the replies.
    const burst = Array.from({ length: 1 + rng.integers(0, 4) }, (_, i) => next + i).filter((k) => k < steps + 2);
    const replies = burst.map(async (k) => {
      const reply = await client.send({ t: "env.step", s, k, action: actionAt(k) });
      expect(reply["t"]).toBe("env.step.ok");
      if (got.has(k)) expect(content(reply)).toBe(got.get(k));
      got.set(k, content(reply));
    });
    if (rng.random() < 0.3) {
      kills++;
      if (rng.random() < 0.5) await Promise.race([replies[0], new Promise((resolve) => setTimeout(resolve, 2))]);
      client.kill();
      client = await RawClient.connect(server.url, { resume: [{ s, token }] });
      const resumed = client.welcome?.resumed?.[0];
      expect(resumed?.token).toBeTypeOf("string");
      token = resumed?.token ?? "";
    } else await Promise.all(replies);
    while (got.has(next)) next++;
  }
  expect(kills).toBeGreaterThan(5);
  expect([...got].toSorted(([a], [b]) => a - b).map(([, text]) => text)).toEqual(want);
  client.kill();
});

describe("step numbers", () => {
  it("a repeated number gets the stored reply under the new id, also after later steps", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", make);
    await client.ask("env.reset", { s, k: 1, seed: 1 });
    const replies: ReplyOf<"env.step">[] = [];
    for (let k = 2; k < 6; k++) replies.push(await client.ask("env.step", { s, k, action: actionAt(k) }));
    for (const { k, id, ...rest } of replies.toReversed()) {
      const again = await client.ask("env.step", { s, k, action: actionAt(k) });
      expect(again.id).not.toBe(id);
      expect(content({ ...again })).toBe(content({ ...rest, k }));
    }
    // Five back is forgotten; other content was never accepted.
    expect((await client.refused({ t: "env.reset", s, k: 1, seed: 1 })).code).toBe("STEP_CONFLICT");
    expect((await client.refused({ t: "env.step", s, k: 5, action: actionAt(99) })).code).toBe("STEP_CONFLICT");
    expect((await client.ask("env.step", { s, k: 6, action: actionAt(6) })).k).toBe(6);
    client.kill();
  });

  it("a number repeated while it is under way is executed once and answered twice", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", { ...make, kwargs: { work: 10 } });
    await client.ask("env.reset", { s, k: 1, seed: 1 });
    const step = { t: "env.step", s, k: 2, action: actionAt(2) };
    const [first, second] = await Promise.all([client.send(step), client.send(step)]);
    expect(first["id"]).not.toBe(second["id"]);
    expect(content(first)).toBe(content(second));
    const { metrics } = await client.ask("env.metrics", { s });
    expect(metrics["batches"]).toBe(1);
    client.kill();
  });

  it("what follows a failed request is refused and its number is free again", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", make);
    const replies = await Promise.all([1, 2, 3].map((k) => client.send({ t: "env.step", s, k, action: actionAt(k) })));
    expect(replies.map((reply) => reply["code"])).toEqual(["NEEDS_RESET", "STEP_CONFLICT", "STEP_CONFLICT"]);
    expect((await client.ask("env.reset", { s, k: 1 })).k).toBe(1);
    client.kill();
  });
});

describe("resume", () => {
  it("refuses a used or wrong token, and closes the socket that is replaced", async () => {
    const first = await RawClient.connect(server.url);
    const made = await first.ask("env.make", make);
    const second = await RawClient.connect(server.url, { resume: [{ s: made.s, token: made.resume }] });
    expect(await first.closeCode).toBe(4409);
    expect(second.welcome?.resumed?.[0]?.token).not.toBe(made.resume);
    const late = await RawClient.connect(server.url, {
      resume: [
        { s: made.s, token: made.resume },
        { s: made.s, token: "x" },
        { s: "s-none", token: "x" },
      ],
    });
    expect(late.welcome?.resumed?.map(({ token }) => token)).toEqual([null, null, null]);
    expect((await second.ask("env.reset", { s: made.s, k: 1 })).k).toBe(1);
    second.kill();
    late.kill();
  });

  it("a lease that ran out ends the session", async () => {
    const brief = await fakeServer({ leaseMs: 30, workers: 1 });
    const first = await RawClient.connect(brief.url);
    const made = await first.ask("env.make", make);
    first.kill();
    const watcher = await RawClient.connect(brief.url);
    let code = "";
    while (code !== "NOT_FOUND") {
      const reply = await watcher.send({ t: "env.metrics", s: made.s });
      code = String(reply["code"]);
    }
    const late = await RawClient.connect(brief.url, { resume: [{ s: made.s, token: made.resume }] });
    expect(late.welcome?.resumed?.[0]?.token).toBeNull();
  });
});

describe("several requests under way", () => {
  it("a client may send far ahead: everything is executed in order", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", make);
    const sent = [client.send({ t: "env.reset", s, k: 1, seed: 11 })];
    for (let k = 2; k < 52; k++) sent.push(client.send({ t: "env.step", s, k, action: actionAt(k) }));
    const replies = await Promise.all(sent);
    expect(replies.map((reply) => reply["k"])).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    expect(replies.slice(1).map(content)).toEqual(await undisturbed(50));
    client.kill();
  });

  it("disjoint rows are stepped together and answered as they finish", async () => {
    const client = await RawClient.connect(server.url);
    // Row 0 lives in one worker, row 2 in the other; the first request has by far more to do.
    const { s } = await client.ask("env.make", { ...make, num_envs: 4, kwargs: { work: 20 } });
    await client.ask("env.reset", { s, k: 1, seed: 11 });
    client.order.length = 0;
    const slow = client.send({ t: "env.step", s, k: 2, action: walkAction([0, 0]), env_ids: rowsArray([0, 1]) });
    const quick = client.send({ t: "env.step", s, k: 3, action: walkAction([0]), env_ids: rowsArray([2]) });
    const [a, b] = await Promise.all([slow, quick]);
    expect(client.order).toEqual([b["id"], a["id"]]);
    expect(numbers((a as unknown as ReplyOf<"env.step">).env_ids)).toEqual([0, 1]);
    expect(numbers((b as unknown as ReplyOf<"env.step">).env_ids)).toEqual([2]);
    client.kill();
  });

  it("rows in flight make later requests on them wait, in order", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", { ...make, kwargs: {} });
    await client.ask("env.reset", { s, k: 1, seed: 11 });
    const steps = [[0, 1], [1, 2], [0], [0, 1, 2]].map((rows, i) =>
      client.send({ t: "env.step", s, k: i + 2, action: walkAction(rows.map(() => 0)), env_ids: rowsArray(rows) }),
    );
    await Promise.all(steps);
    const all = await client.ask("env.step", { s, k: 6, action: walkAction([0, 0, 0]) });
    // Element 1 of the observation counts the steps of the row.
    expect(numbers(all.obs).filter((_, i) => i % 3 === 1)).toEqual([4, 4, 3]);
    client.kill();
  });

  it("a session closed in the middle answers everything that was under way", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", { ...make, kwargs: { work: 5 } });
    const sent = [client.send({ t: "env.reset", s, k: 1 })];
    for (let k = 2; k < 5; k++) sent.push(client.send({ t: "env.step", s, k, action: actionAt(k) }));
    await sent[0];
    const closed = client.send({ t: "env.close", s });
    const replies = await Promise.all([...sent.slice(1), closed]);
    expect(replies.at(-1)?.["t"]).toBe("env.close.ok");
    for (const reply of replies.slice(0, -1))
      expect(["env.step.ok", "NOT_FOUND"]).toContain(reply["code"] ?? reply["t"]);
    client.kill();
  });

  it("a client that leaves while its session is made can be followed by nobody, and the rows are freed", async () => {
    const brief = await fakeServer({ leaseMs: 20, workers: 1, maxEnvs: 3 });
    const first = await RawClient.connect(brief.url);
    void first.send({ t: "env.make", ...make });
    await new Promise((resolve) => setImmediate(resolve));
    first.kill();
    const next = await RawClient.connect(brief.url);
    let reply: Message = {};
    while (reply["t"] !== "env.make.ok") {
      reply = await next.send({ t: "env.make", ...make });
      if (reply["t"] === "error") expect(reply["code"]).toBe("CAPACITY");
    }
    next.kill();
  });
});
