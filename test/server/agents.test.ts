import { beforeAll, describe, expect, it } from "vitest";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import type { Space } from "../../protocol/spaces.ts";
import type { RunningServer } from "../../server/server.ts";
import { fakeServer, maskArray, numbers, RawClient, walkAction } from "./support.ts";

let server: RunningServer;
let client: RawClient;
beforeAll(async () => {
  server = await fakeServer();
  client = await RawClient.connect(server.url);
});

type JobState = ReplyOf<"job.get">["job"];

async function ended(job: string): Promise<JobState> {
  const { sub } = await client.ask("sub", { topic: "job", job, max_hz: 1000 });
  const event = await client.event((message) => {
    const state = message["job"] as JobState | undefined;
    return message["sub"] === sub && state !== undefined && state.state !== "running";
  });
  await client.ask("unsub", { sub });
  return event["job"] as JobState;
}

const make = { env: "walk-v0", num_envs: 2, autoreset: "next_step" } as const;

it("lists and describes algorithms", async () => {
  const { agents } = await client.ask("agent.list", {});
  expect(agents.map(({ id }) => id)).toEqual(expect.arrayContaining(["zero", "random", "dep"]));
  const described = await client.ask("agent.describe", { algo: "dep" });
  expect(described.config_schema).toHaveProperty("properties");
  expect((await client.refused({ t: "agent.describe", algo: "dap" })).code).toBe("AGENT_UNKNOWN");
});

describe("agent.create", () => {
  it("refuses unknown keys, missing groups with the remedy, and two sources of spaces", async () => {
    const { s } = await client.ask("env.make", make);
    expect((await client.refused({ t: "agent.create", algo: "zero", s, config: { x: 1 } })).code).toBe("BAD_OPTIONS");
    const missing = await client.refused({ t: "agent.create", algo: "dep", s });
    expect(missing.code).toBe("BAD_OPTIONS");
    expect(missing.sentence).toMatch(/obs_keys \["position", "steps", "action", "muscle"\]/);
    expect((await client.refused({ t: "agent.create", algo: "zero" })).code).toBe("BAD_OPTIONS");
  });

  it("refuses spaces that are none or too large", async () => {
    const spaces = (space: unknown) => ({
      t: "agent.create",
      algo: "random",
      spaces: { obs_space: space, act_space: space },
    });
    expect((await client.refused(spaces({ type: "ball" }))).code).toBe("BAD_OPTIONS");
    expect((await client.refused(spaces({ type: "box", shape: [3] }))).code).toBe("BAD_OPTIONS");
    const bound = toNdArray("<f4", [1], new Float32Array(1));
    const huge = { type: "box", dtype: "<f4", shape: [2 ** 30], low: bound, high: bound };
    expect((await client.refused(spaces(huge))).code).toBe("TOO_LARGE");
  });
});

describe("an agent for a client's own body", () => {
  const bound = (value: number) => toNdArray("<f4", [1], new Float32Array([value]));
  const space = (size: number): Space => ({ type: "box", dtype: "<f4", shape: [size], low: bound(-1), high: bound(1) });
  const obs = toNdArray("<f4", [2, 3], new Float32Array(6));
  const spaces = { obs_space: space(3), act_space: space(2), num_envs: 2 };

  it("acts inside its space, equal by seed, and continues from a checkpoint", async () => {
    const create = { algo: "random", seed: 5, spaces } as const;
    const [one, two] = [await client.ask("agent.create", create), await client.ask("agent.create", create)];
    const act = async (a: string) => numbers((await client.ask("agent.act", { a, obs })).action);
    const first = await act(one.a);
    expect(first).toHaveLength(4);
    expect(first.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(await act(two.a)).toEqual(first);
    const { blob, sha256 } = await client.ask("agent.save", { a: one.a });
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    const next = await act(one.a);
    await act(two.a);
    await client.ask("agent.load", { a: two.a, blob: Uint8Array.from(blob) });
    expect(await act(two.a)).toEqual(next);
    expect((await client.refused({ t: "agent.load", a: two.a, blob: new Uint8Array(9) })).code).toBe("BAD_OPTIONS");
  });

  it("observes, and refuses what does not fit", async () => {
    const { a } = await client.ask("agent.create", { algo: "zero", spaces });
    const batch = {
      obs,
      action: walkAction([0, 0]),
      rew: toNdArray("<f8", [2], new Float64Array(2)),
      term: maskArray([false, false]),
      trunc: maskArray([false, true]),
      next_obs: obs,
    };
    expect((await client.ask("agent.observe", { a, ...batch })).a).toBe(a);
    const short = { t: "agent.observe", a, ...batch, rew: toNdArray("<f8", [1], new Float64Array(1)) };
    expect((await client.refused(short)).code).toBe("BAD_OPTIONS");
    const wide = { t: "agent.act", a, obs: toNdArray("<f4", [2, 4], new Float32Array(8)) };
    expect((await client.refused(wide)).code).toBe("BAD_OPTIONS");
    await client.ask("agent.close", { a });
    expect((await client.refused({ t: "agent.act", a, obs })).code).toBe("NOT_FOUND");
  });
});

/** An agent of two rows with a round of gradient steps that takes minutes, and the observation that makes it due. */
async function busyLearner(on: RawClient) {
  const bound = (value: number) => toNdArray("<f4", [1], new Float32Array([value]));
  const space = (size: number): Space => ({ type: "box", dtype: "<f4", shape: [size], low: bound(-1), high: bound(1) });
  const spaces = { obs_space: space(3), act_space: space(2), num_envs: 2 };
  const obs = toNdArray("<f4", [2, 3], new Float32Array(6));
  const config = { batch_iterations: 100_000, steps_before_batches: 2, steps_between_batches: 2 };
  const { a } = await on.ask("agent.create", { algo: "mpo", preset: "debug", config, seed: 1, spaces });
  const batch = {
    obs,
    action: walkAction([0, 0]),
    rew: toNdArray("<f8", [2], new Float64Array(2)),
    term: maskArray([false, false]),
    trunc: maskArray([false, false]),
    next_obs: obs,
  };
  return { a, obs, spaces, batch };
}

describe("a round of gradient steps", () => {
  it("keeps neither other agents waiting nor the end of its own", async () => {
    const { a, obs, spaces, batch } = await busyLearner(client);
    const { a: other } = await client.ask("agent.create", { algo: "random", seed: 1, spaces });
    let over = false;
    const learning = client.ask("agent.observe", { a, ...batch }).finally(() => (over = true));
    for (let i = 0; i < 3; i++)
      expect(numbers((await client.ask("agent.act", { a: other, obs })).action)).toHaveLength(4);
    expect(over).toBe(false);
    await client.ask("agent.close", { a });
    expect((await learning).a).toBe(a);
  });

  it("ends with the job it belongs to", async () => {
    const { s } = await client.ask("env.make", { ...make, autoreset: "same_step" });
    const config = { batch_iterations: 100_000, steps_before_batches: 20, steps_between_batches: 2 };
    const { a } = await client.ask("agent.create", { algo: "mpo", preset: "debug", config, seed: 1, s });
    const { job } = await client.ask("agent.run", { a, s, steps: 1000, seed: 3, learn: true });
    // Beyond the twenty steps that make the first round due nothing goes on before that is over.
    for (;;) if ((await client.ask("job.get", { job })).job.done >= 20) break;
    await client.ask("job.cancel", { job });
    const { state, done } = await ended(job);
    expect(state).toBe("cancelled");
    expect(done).toBeLessThan(30);
    // What is left of the round stays for later; until then the agent acts.
    await client.ask("agent.act", { a, obs: toNdArray("<f4", [2, 3], new Float32Array(6)) });
    await client.ask("agent.close", { a });
  });
});

describe("agent.run", () => {
  it("drives the session, counts steps, episodes and coverage, and gives the session back", async () => {
    const { s } = await client.ask("env.make", { ...make, kwargs: { goal: 10 } });
    const { a } = await client.ask("agent.create", { algo: "random", seed: 1, s });
    const { job } = await client.ask("agent.run", { a, s, steps: 44, seed: 3 });
    const state = await ended(job);
    expect(state).toMatchObject({ state: "done", done: 88, total: 88, error: null });
    // Ten steps and the reset: four episodes of each row.
    expect(state.metrics).toMatchObject({ episodes: 8, mean_length: 10 });
    expect(state.metrics["env_steps_per_s"]).toBeGreaterThan(0);
    expect(state.metrics["coverage.hip"]).toBeGreaterThan(0);
    expect(state.metrics).not.toHaveProperty("coverage.free");
    // Numbers of the session are the client's own: the next one is still 1.
    expect((await client.ask("env.step", { s, k: 1, action: walkAction([0, 0]) })).k).toBe(1);
  });

  it("reserves the session, and stops when cancelled", async () => {
    const { s } = await client.ask("env.make", { ...make, kwargs: { work: 1 } });
    const { a } = await client.ask("agent.create", { algo: "zero", s });
    const { job } = await client.ask("agent.run", { a, s, steps: 1_000_000 });
    const busy = await client.refused({ t: "env.step", s, k: 1, action: walkAction([0, 0]) });
    expect(busy.code).toBe("ENV_BUSY");
    expect(busy.sentence).toContain(job);
    expect((await client.refused({ t: "agent.run", a, s, steps: 1 })).code).toBe("ENV_BUSY");
    await client.ask("job.cancel", { job });
    expect((await ended(job)).state).toBe("cancelled");
    expect((await client.ask("env.reset", { s, k: 1 })).k).toBe(1);
    const { jobs } = await client.ask("job.list", {});
    expect(jobs[0]?.job).toBe(job);
    expect((await client.refused({ t: "job.get", job: "j-none" })).code).toBe("NOT_FOUND");
  });

  it.each(["next_step", "same_step", "disabled"] as const)("equals stepping from outside: %s", async (autoreset) => {
    const { s } = await client.ask("env.make", { ...make, autoreset, kwargs: { goal: 4 } });
    const { a } = await client.ask("agent.create", { algo: "zero", s });
    const { job } = await client.ask("agent.run", { a, s, steps: 15, seed: 8 });
    const inside = await ended(job);
    expect(inside.state).toBe("done");
    // Three episodes of each row: the resets of next_step take the fifth and the tenth step.
    expect(inside.metrics["episodes"]).toBe(6);
    expect(inside.metrics["mean_length"]).toBe(4);
  });

  it("ends as failed or cancelled when its session or agent goes", async () => {
    const { s } = await client.ask("env.make", { ...make, kwargs: { work: 1 } });
    const { a } = await client.ask("agent.create", { algo: "zero", s });
    const first = await client.ask("agent.run", { a, s, steps: 1_000_000 });
    await client.ask("agent.close", { a });
    expect((await ended(first.job)).state).toBe("cancelled");
    const next = await client.ask("agent.create", { algo: "zero", s });
    const second = await client.ask("agent.run", { a: next.a, s, steps: 1_000_000 });
    await client.ask("env.close", { s });
    const state = await ended(second.job);
    expect(state.state).toBe("failed");
    expect(state.error).toMatch(/closed/);
  });

  it("refuses an agent of another shape, and learning where last observations are lost", async () => {
    const { s } = await client.ask("env.make", make);
    const other = await client.ask("env.make", { ...make, num_envs: 3 });
    const { a } = await client.ask("agent.create", { algo: "zero", s: other.s });
    expect((await client.refused({ t: "agent.run", a, s, steps: 1 })).code).toBe("BAD_OPTIONS");
    const fit = await client.ask("agent.create", { algo: "zero", s });
    const learn = await client.refused({ t: "agent.run", a: fit.a, s, steps: 1, learn: true });
    expect(learn.code).toBe("BAD_OPTIONS");
    expect(learn.sentence).toMatch(/same_step/);
  });

  it("feeds transitions to a learner", async () => {
    const { s } = await client.ask("env.make", { ...make, autoreset: "same_step", kwargs: { goal: 3 } });
    const { a } = await client.ask("agent.create", { algo: "zero", s });
    const { job } = await client.ask("agent.run", { a, s, steps: 10, learn: true });
    expect((await ended(job)).state).toBe("done");
  });
});
