import { beforeAll, describe, expect, it } from "vitest";
import { toNdArray, type NdArray } from "../../protocol/ndarray.ts";
import type { RunningServer } from "../../server/server.ts";
import { fakeServer, numbers, RawClient, walkAction, type Message } from "./support.ts";

const WIDTH = 2;
const ALL = ["rew", "done", "term", "trunc", "obs", "terms", "final_obs"] as const;

let server: RunningServer;
beforeAll(async () => {
  server = await fakeServer();
});

/** [B, H, 2] actions; element (b, h) is `value(b, h)`. */
function plan(sequences: number, horizon: number, value: (b: number, h: number) => number): NdArray {
  const data = Float32Array.from({ length: sequences * horizon * WIDTH }, (_, i) => {
    const line = Math.floor(i / WIDTH);
    return value(Math.floor(line / horizon), line % horizon);
  });
  return toNdArray("<f4", [sequences, horizon, WIDTH], data);
}

const wave = (b: number, h: number): number => Math.fround(Math.sin(1 + 3 * b + h));

/** Everything a rollout reports, comparable. */
function results({ rew, done, term, trunc, obs, terms, final_obs, errors }: Message) {
  return { rew, done, term, trunc, obs, terms, final_obs, errors };
}

/** A session of one row, some steps into its episode, and its snapshot. */
async function started(url: string, kwargs: Record<string, number | string> = {}, steps = 2) {
  const client = await RawClient.connect(url);
  const { s } = await client.ask("env.make", { env: "walk-v0", autoreset: "disabled", kwargs });
  await client.ask("env.reset", { s, k: 1, seed: 5 });
  for (let i = 0; i < steps; i++) await client.ask("env.step", { s, k: 2 + i, action: walkAction([0.5]) });
  const { snap, data = [] } = await client.ask("env.snapshot", { s, bytes: true });
  return { client, s, snap, data, nextK: 2 + steps };
}

describe("a rollout is what stepping would give", () => {
  const horizon = 6;
  // The episode of `goal` ends in step 4 of the six, that of `limit` in step 5, the third in none.
  const cases = [{ goal: 6 }, { limit: 7 }, { goal: 7, limit: 7 }, {}];

  it.each(cases)("rewards, ends, terms and observations, kwargs %j", async (kwargs) => {
    const { client, s, snap, nextK } = await started(server.url, kwargs);
    const sequences = 3;
    const out = await client.ask("env.rollout", { s, actions: plan(sequences, horizon, wave), want: [...ALL] });
    expect(out.obs).toMatchObject({ dtype: "<f4", shape: [sequences, horizon, 3] });
    expect(out.terms).toMatchObject({ dtype: "<f8", shape: [sequences, horizon, 2] });
    const [rew, obs, terms, final] = [out.rew, out.obs, out.terms, out.final_obs].map(numbers);
    const [done, term, trunc] = [out.done, out.term, out.trunc].map(numbers);
    let k = nextK;
    for (let b = 0; b < sequences; b++) {
      await client.ask("env.restore", { s, k: k++, snap });
      let last = { obs: [NaN], term: 0, trunc: 0 };
      for (let h = 0; h < horizon; h++) {
        const at = b * horizon + h;
        const over = last.term + last.trunc > 0;
        const step = over ? null : await client.ask("env.step", { s, k: k++, action: walkAction([wave(b, h)]) });
        if (step !== null) {
          last = { obs: numbers(step.obs), term: numbers(step.term)[0] ?? 0, trunc: numbers(step.trunc)[0] ?? 0 };
        }
        expect(rew?.[at]).toBe(step === null ? 0 : numbers(step.rew)[0]);
        expect(terms?.slice(2 * at, 2 * at + 2)).toEqual(step === null ? [0, 0] : numbers(step.terms));
        expect(obs?.slice(3 * at, 3 * at + 3)).toEqual(last.obs);
        expect([term?.[at], trunc?.[at]]).toEqual([last.term, last.trunc]);
        expect(done?.[at]).toBe(last.term | last.trunc);
      }
      expect(final?.slice(3 * b, 3 * b + 3)).toEqual(last.obs);
    }
    client.kill();
  });

  it.each([1, 2, 3])("whatever B, with %i workers", async (workers) => {
    const here = await fakeServer({ workers });
    const { client, s, data } = await started(here.url, { goal: 6 });
    const { client: other, s: t } = await started(server.url, { goal: 6 });
    const whole = await client.ask("env.rollout", { s, data, actions: plan(7, 5, wave), want: [...ALL] });
    for (let b = 0; b < 7; b++) {
      const actions = plan(1, 5, (_, h) => wave(b, h));
      const one = await other.ask("env.rollout", { s: t, data, actions, want: ["rew", "term", "final_obs"] });
      expect(numbers(one.rew)).toEqual(numbers(whole.rew).slice(5 * b, 5 * b + 5));
      expect(numbers(one.term)).toEqual(numbers(whole.term).slice(5 * b, 5 * b + 5));
      expect(numbers(one.final_obs)).toEqual(numbers(whole.final_obs).slice(3 * b, 3 * b + 3));
    }
    client.kill();
    other.kill();
  });

  it("from the present state, a kept one, bytes, and a state for each sequence", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset: "next_step" });
    await client.ask("env.reset", { s, k: 1, seed: 40 });
    await client.ask("env.step", { s, k: 2, action: walkAction([0.1, 0.2, 0.3]) });
    const { snap, data = [] } = await client.ask("env.snapshot", { s, bytes: true });
    const actions = plan(3, 4, () => 0.25);
    const ask = async (fields: object) =>
      results({ ...(await client.ask("env.rollout", { s, actions, want: [...ALL], ...fields })) });
    const each = await ask({ snap });
    expect(await ask({ data })).toEqual(each);
    const rows = await Promise.all([0, 1, 2].map((row) => ask({ row })));
    expect(await ask({})).toEqual(rows[0]);
    expect(await ask({ data: data.slice(1, 2) })).toEqual(rows[1]);
    rows.forEach((row, b) => {
      expect(numbers(row.rew as NdArray).slice(0, 4)).toEqual(numbers(each.rew as NdArray).slice(4 * b, 4 * b + 4));
    });
    // The same actions from one state give the same sequence, from three states three.
    expect(numbers(rows[2]?.rew as NdArray).slice(0, 4)).toEqual(numbers(rows[2]?.rew as NdArray).slice(8, 12));
    expect(new Set(rows.map(({ rew }) => numbers(rew as NdArray)[0])).size).toBe(3);
    client.kill();
  });

  it("with the groups that were asked for, in that order", async () => {
    const { client, s } = await started(server.url);
    const ask = { s, actions: plan(2, 3, wave), want: ["obs", "final_obs"] as ("obs" | "final_obs")[] };
    const whole = numbers((await client.ask("env.rollout", ask)).obs);
    const some = await client.ask("env.rollout", { ...ask, obs_keys: ["action", "position"] });
    expect(some.obs).toMatchObject({ shape: [2, 3, 2] });
    const picked = Array.from({ length: 6 }, (_, line) => [whole[3 * line + 2], whole[3 * line]]).flat();
    expect(numbers(some.obs)).toEqual(picked);
    expect(numbers(some.final_obs)).toEqual([...picked.slice(4, 6), ...picked.slice(10, 12)]);
    expect(some.rew).toBeUndefined();
    const { rew, done, obs } = await client.ask("env.rollout", { s, actions: plan(2, 3, wave) });
    expect([rew?.shape, done?.shape, obs]).toEqual([[2, 3], [2, 3], undefined]);
    client.kill();
  });

  it("of discrete actions [B, H]", async () => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", { env: "choice-v0", autoreset: "disabled" });
    await client.ask("env.reset", { s, k: 1, seed: 2 });
    const choose = (values: number[], shape: number[]) =>
      toNdArray(
        "<i8",
        shape,
        BigInt64Array.from(values, (value) => BigInt(value)),
      );
    const { rew } = await client.ask("env.rollout", { s, actions: choose([1, -1, 0, 1], [2, 2]) });
    const first = await client.ask("env.step", { s, k: 2, action: choose([1], [1]) });
    const second = await client.ask("env.step", { s, k: 3, action: choose([-1], [1]) });
    expect(numbers(rew).slice(0, 2)).toEqual([...numbers(first.rew), ...numbers(second.rew)]);
    const { code } = await client.refused({ t: "env.rollout", s, actions: choose([3], [1, 1]) });
    expect(code).toBe("BAD_ACTION");
    client.kill();
  });
});

it("rollouts between steps leave no trace, autoreset included", async () => {
  const run = async (between: boolean): Promise<unknown[]> => {
    const client = await RawClient.connect(server.url);
    const { s } = await client.ask("env.make", {
      env: "walk-v0",
      num_envs: 2,
      autoreset: "same_step",
      kwargs: { goal: 3 },
    });
    await client.ask("env.reset", { s, k: 1, seed: 9 });
    const replies: unknown[] = [];
    for (let k = 2; k < 10; k++) {
      const step = client.ask("env.step", { s, k, action: walkAction([wave(0, k), wave(1, k)]) });
      if (between) await client.ask("env.rollout", { s, row: k % 2, actions: plan(4, 5, wave) });
      const { obs, rew, term, ep } = await step;
      replies.push([obs, rew, term, ep]);
    }
    client.kill();
    return replies;
  };
  expect(await run(true)).toEqual(await run(false));
});

describe("trouble", () => {
  it.each(["diverge", "throw"])("of kind %s ends its own sequence with a sentence", async (kind) => {
    const { client, s } = await started(server.url, { kind, trouble: 2 });
    const actions = plan(3, 4, (b, h) => (b === 1 && h === 2 ? 3 : 0.5));
    const out = await client.ask("env.rollout", { s, actions, want: ["rew", "term"] });
    expect(Object.keys(out.errors ?? {})).toEqual(["1"]);
    expect(out.errors?.["1"]).toMatch(kind === "throw" ? /failed: told to/ : /diverged/);
    expect(numbers(out.term)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
    expect(numbers(out.rew).slice(7, 8)).toEqual([0]);
    expect(numbers(out.rew).slice(8)).toEqual(numbers(out.rew).slice(0, 4));
    client.kill();
  });

  it("that kills a worker is UNAVAILABLE, the next rollout is served", async () => {
    const own = await fakeServer({ workers: 2 });
    const { client, s, data } = await started(own.url, { kind: "crash", trouble: 2 });
    const ask = (value: number) => ({ s, data, actions: plan(8, 3, (b) => (b === 3 ? value : 0.5)) });
    const fine = results({ ...(await client.ask("env.rollout", ask(0.5))) });
    expect((await client.refused({ t: "env.rollout", ...ask(3) })).code).toBe("UNAVAILABLE");
    expect(results({ ...(await client.ask("env.rollout", ask(0.5))) })).toEqual(fine);
    client.kill();
  });

  it("a session that is closed meanwhile answers NOT_FOUND, and its workers are free again", async () => {
    const own = await fakeServer({ workers: 1 });
    const { client, s } = await started(own.url, { work: 1 });
    const reply = client.refused({ t: "env.rollout", s, actions: plan(2, 100_000, () => 0) });
    await client.ask("env.close", { s });
    expect((await reply).code).toBe("NOT_FOUND");
    const next = await started(own.url);
    const { rew } = await next.client.ask("env.rollout", { s: next.s, actions: plan(2, 2, wave) });
    expect(rew?.shape).toEqual([2, 2]);
    client.kill();
    next.client.kill();
  });

  it("a long rollout does not hold up the steps of another session", async () => {
    const own = await fakeServer({ workers: 1 });
    const { client, s } = await started(own.url, { work: 1 });
    const { client: other, s: t, nextK } = await started(own.url);
    let over = false;
    const rollout = client.ask("env.rollout", { s, actions: plan(4, 100, () => 0) }).then(() => (over = true));
    for (let i = 0; i < 20; i++) await other.ask("env.step", { s: t, k: nextK + i, action: walkAction([0]) });
    expect(over).toBe(false);
    await rollout;
    client.kill();
    other.kill();
  });
});

describe("what is refused", () => {
  const refusals: readonly [string, string, RegExp, Record<string, unknown>][] = [
    ["two axes", "BAD_ACTION", /\[B, H, 2\]/, { actions: toNdArray("<f4", [2, 2], new Float32Array(4)) }],
    ["no step", "BAD_ACTION", /\[2, 0, 2\]/, { actions: plan(2, 0, wave) }],
    ["a wrong dtype", "BAD_ACTION", /dtype/, { actions: toNdArray("<f8", [1, 1, 2], new Float64Array(2)) }],
    ["NaN", "BAD_ACTION", /finite/, { actions: plan(2, 2, () => NaN) }],
    ["an unknown part", "BAD_MESSAGE", /want/, { want: ["return"] }],
    ["an unknown group", "BAD_OPTIONS", /did you mean "position"/, { want: ["obs"], obs_keys: ["positon"] }],
    ["a row that is not there", "BAD_OPTIONS", /rows 0 to 0/, { row: 1 }],
    ["two starts", "BAD_OPTIONS", /at most one/, { row: 0, data: [new Uint8Array(20)] }],
    ["an unknown snapshot", "NOT_FOUND", /"gone"/, { snap: "gone" }],
    ["too few bytes", "BAD_OPTIONS", /at least 16 bytes/, { data: [new Uint8Array(3)] }],
    ["foreign bytes", "BAD_OPTIONS", /no snapshot/, { data: [new Uint8Array(40)] }],
    ["a state too many", "BAD_OPTIONS", /2 sequences, but 3/, { data: [0, 1, 2].map(() => new Uint8Array(40)) }],
  ];

  it.each(refusals)("%s: %s", async (_name, code, sentence, fields) => {
    const { client, s } = await started(server.url);
    const reply = await client.refused({ t: "env.rollout", s, actions: plan(2, 2, wave), ...fields });
    expect(reply.code).toBe(code);
    expect(reply.sentence).toMatch(sentence);
    // It answers as before.
    expect((await client.ask("env.rollout", { s, actions: plan(2, 2, wave) })).rew?.shape).toEqual([2, 2]);
    client.kill();
  });

  it("results beyond the limit", async () => {
    const { client, s } = await started(server.url);
    const actions = plan(1600, 1000, () => 0);
    const reply = await client.refused({ t: "env.rollout", s, actions, want: ["rew", "obs", "terms", "done"] });
    expect(reply.code).toBe("TOO_LARGE");
    expect(reply.sentence).toMatch(/64 MiB/);
    client.kill();
  });
});
