import { beforeAll, describe, expect, it } from "vitest";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import type { RunningServer } from "../../server/server.ts";
import { fakeServer, maskArray, numbers, RawClient, rowsArray, walkAction } from "./support.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await fakeServer();
});

const lines = (values: readonly number[], width: number) =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

describe("trajectories are bit-identical", () => {
  const steps = 12;
  const actionOf = (row: number, step: number) => Math.fround(Math.sin(3 * row + step));

  /** Observations and rewards of one row, seed 100 + row. */
  async function single(url: string, row: number): Promise<string> {
    const client = await RawClient.connect(url);
    const { s } = await client.ask("env.make", { env: "walk-v0", autoreset: "next_step", kwargs: { goal: 5 } });
    await client.ask("env.reset", { s, k: 1, seed: 100 + row });
    const out: unknown[] = [];
    for (let i = 0; i < steps; i++) {
      const reply = await client.ask("env.step", { s, k: i + 2, action: walkAction([actionOf(row, i)]) });
      out.push([numbers(reply.obs), numbers(reply.rew)]);
    }
    client.kill();
    return JSON.stringify(out);
  }

  it.each([1, 2, 3])("with %i workers, in one batch, alone, and in parts of any order", async (workers) => {
    const other = await fakeServer({ workers });
    const rows = [0, 1, 2, 3, 4];
    const alone = await Promise.all(rows.map((row) => single(server.url, row)));
    const client = await RawClient.connect(other.url);
    const make = { env: "walk-v0", num_envs: rows.length, autoreset: "next_step", kwargs: { goal: 5 } } as const;
    const whole = await client.ask("env.make", make);
    const parts = await client.ask("env.make", make);
    await client.ask("env.reset", { s: whole.s, k: 1, seed: 100 });
    await client.ask("env.reset", { s: parts.s, k: 1, seed: 100 });
    const batch: unknown[][] = rows.map(() => []);
    const pieces: unknown[][] = rows.map(() => []);
    const note = (into: unknown[][], reply: ReplyOf<"env.step">, ids: readonly number[]) => {
      ids.forEach((row, i) => into[row]?.push([lines(numbers(reply.obs), 3)[i], [numbers(reply.rew)[i]]]));
    };
    let k = 2;
    for (let i = 0; i < steps; i++) {
      const action = walkAction(rows.map((row) => actionOf(row, i)));
      note(batch, await client.ask("env.step", { s: whole.s, k: i + 2, action }), rows);
      for (const ids of i % 2 === 0
        ? [[3, 4], [0, 2], [1]]
        : [
            [1, 2, 3],
            [0, 4],
          ]) {
        const part = walkAction(ids.map((row) => actionOf(row, i)));
        note(pieces, await client.ask("env.step", { s: parts.s, k: k++, action: part, env_ids: rowsArray(ids) }), ids);
      }
    }
    expect(batch.map((row) => JSON.stringify(row))).toEqual(alone);
    expect(pieces.map((row) => JSON.stringify(row))).toEqual(alone);
    client.kill();
  });
});

it("a small session is not starved by a large one", async () => {
  const one = await fakeServer({ workers: 1 });
  const big = await RawClient.connect(one.url);
  const small = await RawClient.connect(one.url);
  const rows = 64;
  const large = await big.ask("env.make", {
    env: "walk-v0",
    num_envs: rows,
    autoreset: "next_step",
    kwargs: { work: 1 },
  });
  const little = await small.ask("env.make", { env: "walk-v0", autoreset: "next_step" });
  await big.ask("env.reset", { s: large.s, k: 1, seed: 0 });
  await small.ask("env.reset", { s: little.s, k: 1, seed: 0 });
  let done = false;
  const batch = big
    .ask("env.step", { s: large.s, k: 2, action: walkAction(Array.from({ length: rows }, () => 0)) })
    .finally(() => (done = true));
  let progressed = 0;
  for (let k = 2; !done; k++) {
    await small.ask("env.step", { s: little.s, k, action: walkAction([0]) });
    progressed++;
  }
  await batch;
  // Turn by turn it could take 64 steps; behind the batch it would take one.
  expect(progressed).toBeGreaterThan(5);
});

describe("a row in trouble", () => {
  it.each([
    ["diverge", /diverged/],
    ["throw", /told to/],
  ])("%s: terminated with a sentence, the other rows go on", async (kind, sentence) => {
    const client = await RawClient.connect(server.url);
    const make = { env: "walk-v0", num_envs: 3, autoreset: "next_step", kwargs: { trouble: 10, kind } } as const;
    const { s } = await client.ask("env.make", make);
    await client.ask("env.reset", { s, k: 1, seed: 0 });
    const bad = await client.ask("env.step", { s, k: 2, action: walkAction([0, 20, 0]) });
    expect([...bad.term.data]).toEqual([0, 1, 0]);
    expect([...bad.trunc.data]).toEqual([0, 0, 0]);
    expect(Object.keys(bad.errors ?? {})).toEqual(["1"]);
    expect(bad.errors?.["1"]).toMatch(sentence);
    const next = await client.ask("env.step", { s, k: 3, action: walkAction([0, 0, 0]) });
    expect(next).not.toHaveProperty("errors");
    expect(numbers(next.obs).filter((_, i) => i % 3 === 1)).toEqual([2, 0, 2]);
    client.kill();
  });

  it("that takes its worker along: truncated with a sentence, other sessions and rows unharmed", async () => {
    const own = await fakeServer({ workers: 2 });
    const client = await RawClient.connect(own.url);
    const bystander = await RawClient.connect(own.url);
    const quiet = await bystander.ask("env.make", { env: "walk-v0", num_envs: 2, autoreset: "next_step" });
    await bystander.ask("env.reset", { s: quiet.s, k: 1, seed: 0 });
    const make = {
      env: "walk-v0",
      num_envs: 2,
      autoreset: "next_step",
      kwargs: { trouble: 10, kind: "crash" },
    } as const;
    const { s } = await client.ask("env.make", make);
    await client.ask("env.reset", { s, k: 1, seed: 0 });
    const lost = await client.ask("env.step", { s, k: 2, action: walkAction([20, 0]) });
    expect([...lost.trunc.data]).toEqual([1, 0]);
    expect([...lost.term.data]).toEqual([0, 0]);
    expect(lost.errors?.["0"]).toMatch(/worker/);
    // next_step: the lost row starts anew, the other one was never disturbed.
    const next = await client.ask("env.step", { s, k: 3, action: walkAction([0, 0]) });
    expect(numbers(next.obs).filter((_, i) => i % 3 === 1)).toEqual([0, 2]);
    expect([...next.trunc.data]).toEqual([0, 0]);
    // The bystander's row in the lost worker says so once, too.
    const other = await bystander.ask("env.step", { s: quiet.s, k: 2, action: walkAction([0, 0]) });
    expect([...other.trunc.data].reduce((sum, flag) => sum + flag, 0)).toBe(1);
    const after = await bystander.ask("env.step", { s: quiet.s, k: 3, action: walkAction([0, 0]) });
    expect([...after.trunc.data]).toEqual([0, 0]);
  });

  it("lost rows without autoreset wait for a reset", async () => {
    const own = await fakeServer({ workers: 1 });
    const client = await RawClient.connect(own.url);
    const make = { env: "walk-v0", autoreset: "disabled", kwargs: { trouble: 10, kind: "crash" } } as const;
    const { s } = await client.ask("env.make", make);
    await client.ask("env.reset", { s, k: 1, seed: 0 });
    expect([...(await client.ask("env.step", { s, k: 2, action: walkAction([20]) })).trunc.data]).toEqual([1]);
    expect((await client.refused({ t: "env.step", s, k: 3, action: walkAction([0]) })).code).toBe("NEEDS_RESET");
    const first = await client.ask("env.reset", { s, k: 3, seed: 0 });
    const again = await client.ask("env.reset", { s, k: 4, seed: 0, mask: maskArray([true]) });
    expect(numbers(again.obs)).toEqual(numbers(first.obs));
  });
});

describe("snapshots", () => {
  it("a row continues bit for bit, also from bytes in another session", async () => {
    const client = await RawClient.connect(server.url);
    const make = { env: "walk-v0", num_envs: 2, autoreset: "next_step", kwargs: { goal: 6 } } as const;
    const { s } = await client.ask("env.make", make);
    await client.ask("env.reset", { s, k: 1, seed: 4 });
    for (let k = 2; k < 5; k++) await client.ask("env.step", { s, k, action: walkAction([0.1, 0.2]) });
    const taken = await client.ask("env.snapshot", { s, bytes: true });
    const run = async (handle: string, from: number) => {
      const out: unknown[] = [];
      for (let k = from; k < from + 8; k++) {
        const reply = await client.ask("env.step", { s: handle, k, action: walkAction([0.3, -0.3]) });
        out.push([numbers(reply.obs), numbers(reply.rew), reply.ep && numbers(reply.ep.r)]);
      }
      return JSON.stringify(out);
    };
    const first = await run(s, 5);
    expect((await client.ask("env.restore", { s, k: 13, snap: taken.snap })).k).toBe(13);
    expect(await run(s, 14)).toBe(first);
    const other = await client.ask("env.make", make);
    const data = taken.data?.map((bytes) => Uint8Array.from(bytes)) ?? [];
    await client.ask("env.restore", { s: other.s, k: 1, data });
    expect(await run(other.s, 2)).toBe(first);
    client.kill();
  });

  it("refuses what is none, and counts that do not fit", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset: "next_step" });
    await client.ask("env.reset", { s, k: 1 });
    const restore = { t: "env.restore", s, k: 2 };
    expect((await client.refused({ ...restore, snap: "snap-none" })).code).toBe("NOT_FOUND");
    expect((await client.refused({ ...restore, data: [new Uint8Array(4)] })).code).toBe("BAD_OPTIONS");
    expect((await client.refused({ ...restore, data: [new Uint8Array(40)] })).code).toBe("BAD_OPTIONS");
    expect((await client.refused(restore)).code).toBe("BAD_OPTIONS");
    const { snap } = await client.ask("env.snapshot", { s, env_ids: rowsArray([0, 1]) });
    expect((await client.refused({ ...restore, snap })).code).toBe("BAD_OPTIONS");
    expect((await client.ask("env.restore", { s, k: 2, snap, env_ids: rowsArray([1, 2]) })).k).toBe(2);
    client.kill();
  });
});

describe("capacity", () => {
  it("rows and sessions are bounded, and come back when closed", async () => {
    const tiny = await fakeServer({ workers: 1, maxEnvs: 4, maxSessions: 2 });
    const client = await RawClient.connect(tiny.url);
    const walk = (num_envs: number) => ({ t: "env.make", env: "walk-v0", num_envs, autoreset: "disabled" });
    const first = await client.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset: "disabled" });
    expect((await client.refused(walk(2))).code).toBe("CAPACITY");
    await client.ask("env.make", { env: "walk-v0", autoreset: "disabled" });
    expect((await client.refused(walk(1))).code).toBe("CAPACITY");
    await client.ask("env.close", { s: first.s });
    expect((await client.send(walk(3)))["t"]).toBe("env.make.ok");
  });
});
