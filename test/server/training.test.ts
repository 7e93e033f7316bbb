import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fromNdArray } from "../../protocol/ndarray.ts";
import { fakeServer, numbers, RawClient } from "./support.ts";
import { curveOf, scratchFolder, TEST_LEARNERS, until } from "./training-support.ts";

const runsDir = scratchFolder();
let url = "";
let client: RawClient;
beforeAll(async () => {
  const server = await fakeServer({ learners: TEST_LEARNERS, runsDir });
  url = server.url;
  client = await RawClient.connect(url);
});

const ENV = { id: "walk-v0", kwargs: { limit: 13 }, num_envs: 3 } as const;
const SHORT = {
  algo: "line",
  env: ENV,
  seed: 4,
  steps: 600,
  log_every: 60,
  checkpoint_every: 150,
  eval: { every: 300, episodes: 5, seed: 99 },
} as const;

describe("a run", () => {
  it("counts env-steps, logs, evaluates and ends with a checkpoint and the best policy", async () => {
    const { run, job, config } = await client.ask("train.create", SHORT);
    expect(config).toMatchObject({ every: 10 });
    const got = await until(client, run, ({ run: { state } }) => state === "done");
    expect(got.run).toMatchObject({ algo: "line", env: "walk-v0", done: 600, total: 600, error: null, job });
    expect(got.more).toBe(false);
    const curve = curveOf(got) as Record<string, number>[];
    // Every 60 steps, which is a multiple of the three rows.
    expect(curve.map(({ step }) => step)).toEqual([60, 120, 180, 240, 300, 360, 420, 480, 540, 600]);
    // Three rows of 20 steps hold three episodes of 13, then the next ends.
    expect(curve.slice(0, 2).map(({ episodes }) => episodes)).toEqual([3, 6]);
    expect(curve.every((row) => row["length_mean"] === 13)).toBe(true);
    expect(curve.map((row) => "eval_return" in row)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 1].map(Boolean));
    expect(curve.at(-1)?.["updates"]).toBe(49);
    const finished = (await client.ask("job.get", { job })).job;
    expect(finished).toMatchObject({ kind: "train", state: "done", done: 600, total: 600 });
    expect(got.run.best?.return).toBe(Math.max(...curve.map((row) => row["eval_return"] ?? -Infinity)));
    const folder = join(runsDir, run);
    expect(readdirSync(join(folder, "checkpoints")).at(-1)).toBe("000000000600");
    expect(existsSync(join(folder, "lock.json"))).toBe(false);
    expect(JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))).toMatchObject({ config: got.settings });
  });

  it("learns, and equals another run of the same seed whatever the number of workers", async () => {
    const one = await client.ask("train.create", SHORT);
    const first = await until(client, one.run, ({ run: { state } }) => state === "done");
    await using server = await fakeServer({ learners: TEST_LEARNERS, runsDir: scratchFolder(), workers: 1 });
    const other = await RawClient.connect(server.url);
    const two = await other.ask("train.create", SHORT);
    const second = await until(other, two.run, ({ run: { state } }) => state === "done");
    expect(curveOf(second)).toEqual(curveOf(first));
    const curve = curveOf(first) as Record<string, number>[];
    // An episode pays 13 times the action and the drift; the line is drawn towards higher actions.
    expect(curve.at(-1)?.["eval_return"]).toBeGreaterThan((curve.at(4)?.["eval_return"] ?? 0) + 1);
    const { run: third } = await other.ask("train.create", { ...SHORT, seed: 5 });
    const third_ = await until(other, third, ({ run: { state } }) => state === "done");
    expect(curveOf(third_)).not.toEqual(curveOf(first));
  });

  it("equals itself when it is paused in the middle and resumed, with another total too", async () => {
    const whole = await client.ask("train.create", SHORT);
    const expected = curveOf(await until(client, whole.run, ({ run: { state } }) => state === "done"));
    const { run } = await client.ask("train.create", { ...SHORT, preset: "slow" });
    await until(client, run, ({ run: { done } }) => done > 100);
    const { run: paused } = await client.ask("train.pause", { run });
    expect(paused.state).toBe("paused");
    expect(paused.done).toBeLessThan(600);
    expect((await client.refused({ t: "train.pause", run })).code).toBe("BAD_OPTIONS");
    const { job } = await client.ask("train.resume", { run });
    expect((await client.refused({ t: "train.resume", run })).code).toBe("ENV_BUSY");
    expect((await client.ask("job.get", { job })).job.state).toBe("running");
    const done = await until(client, run, ({ run: { state } }) => state === "done");
    expect(curveOf(done)).toEqual(expected);
    expect((await client.refused({ t: "train.resume", run })).sentence).toMatch(/has done its 600 steps/);
    await client.ask("train.resume", { run, steps: 660 });
    const longer = await until(client, run, ({ run: { state, done: steps } }) => state === "done" && steps === 660);
    expect(curveOf(longer)).toHaveLength(11);
  });

  it("outlives its client, streams to another and stops when its job is cancelled", async () => {
    const first = await RawClient.connect(url);
    const { run, job } = await first.ask("train.create", { ...SHORT, preset: "slow", steps: 1_000_000 });
    first.kill();
    await client.ask("sub", { topic: "job", job });
    const event = await client.event(({ t, job: state }) => t === "ev.job" && (state as { done: number }).done > 100);
    expect(event["job"]).toMatchObject({ job, kind: "train", state: "running", total: 1_000_000 });
    await client.ask("job.cancel", { job });
    const got = await until(client, run, ({ run: { state } }) => state === "cancelled");
    expect(got.run.done).toBeGreaterThan(100);
    expect((await client.ask("job.get", { job })).job.state).toBe("cancelled");
    const { runs } = await client.ask("train.list", {});
    expect(runs[0]).toMatchObject({ run, state: "cancelled" });
  });

  it("is cancelled in the middle of a round of gradient steps", async () => {
    const config = { batch_iterations: 100_000, steps_before_batches: 60, steps_between_batches: 60 };
    const fields = { ...SHORT, algo: "mpo", preset: "debug", config, log_every: 3, eval: { every: 0 } };
    const { run } = await client.ask("train.create", fields);
    await until(client, run, ({ run: { done } }) => done >= 57);
    const { run: cancelled } = await client.ask("train.cancel", { run });
    expect(cancelled).toMatchObject({ state: "cancelled", error: null });
    expect(cancelled.done).toBeLessThan(70);
  });

  it("names the environment's groups that the algorithm reads by itself", async () => {
    const { run } = await client.ask("train.create", { ...SHORT, config: { groups: ["position"] } });
    await until(client, run, ({ run: { state } }) => state === "done");
    const refused = await client.refused({ t: "train.create", ...SHORT, config: { groups: ["touch"] } });
    expect(refused).toMatchObject({ code: "BAD_OPTIONS" });
    expect(refused.sentence).toMatch(/"touch"/);
  });

  it("says why it failed, and can be tried again", async () => {
    const { run, job } = await client.ask("train.create", { ...SHORT, config: { fail: true } });
    await expect(until(client, run, ({ run: { state } }) => state === "failed")).resolves.toMatchObject({
      run: { state: "failed", error: "told to fail" },
    });
    expect((await client.ask("job.get", { job })).job).toMatchObject({ state: "failed", error: "told to fail" });
    await client.ask("train.resume", { run });
    await until(client, run, ({ run: { state } }) => state === "failed");
  });
});

describe("what a run leaves", () => {
  it("plays its policies on its environment, equal by seed, and hands them out", async () => {
    const { run } = await client.ask("train.create", SHORT);
    expect((await client.refused({ t: "train.policy", run, which: "best" })).code).toBe("NOT_FOUND");
    const { run: state } = await until(client, run, ({ run: { state: now } }) => now === "done");
    const { step, meta, arrays } = await client.ask("train.policy", { run });
    expect(step).toBe(600);
    expect(meta).toMatchObject({ kind: "gaussian-mlp", algo: "line", sizes: [3, 4] });
    expect(arrays["w0"]?.shape).toEqual([3, 4]);
    // The evaluation's own seeds: what the learner did there the exported policy does here.
    const evaluated = { run, which: "best", episodes: 5, seed: 99 } as const;
    const played = await client.ask("train.play", evaluated);
    const returns = fromNdArray({ ...played.returns, data: played.returns.data.slice() }) as Float64Array;
    expect(returns.reduce((sum, value) => sum + value, 0) / 5).toBeCloseTo(state.best?.return ?? Number.NaN, 5);
    expect(numbers(played.lengths)).toEqual([13, 13, 13, 13, 13]);
    expect(played.success).toBeUndefined();
    expect(played.step).toBe(state.best?.step);
    const again = await client.ask("train.play", evaluated);
    expect(numbers(again.returns)).toEqual(numbers(played.returns));
    const longer = { ...evaluated, env: { id: "walk-v0", kwargs: { limit: 20 } } };
    expect(numbers((await client.ask("train.play", longer)).lengths)).toEqual([20, 20, 20, 20, 20]);
    const other = await client.refused({ t: "train.play", run, env: { id: "choice-v0" } });
    expect(other.code).toBe("BAD_OPTIONS");
    expect(other.sentence).toMatch(/action is .* but that of choice-v0/);
  });

  it("gives metrics since a step", async () => {
    const { run } = await client.ask("train.create", SHORT);
    await until(client, run, ({ run: { state } }) => state === "done");
    const later = await client.ask("train.get", { run, since: 480 });
    expect(numbers(later.steps)).toEqual([540, 600]);
    expect(later.values.shape).toEqual([2, later.names.length]);
  });
});

describe("a request for a run", () => {
  it.each([
    [{ algo: "lime" }, "AGENT_UNKNOWN", /"lime"; did you mean "line"\?/],
    [{ algo: "zero" }, "BAD_OPTIONS", /trains what learns .*mpo.*zero does not/],
    [{ config: { evry: 3 } }, "BAD_OPTIONS", /evry/],
    [{ preset: "fast" }, "BAD_OPTIONS", /preset "fast"/],
    [{ env: { id: "wolk-v0" } }, "ENV_UNKNOWN", /wolk-v0/],
    [{ env: { id: "walk-v0", kwargs: { goals: 1 } } }, "BAD_OPTIONS", /goals/],
    [{ env: { id: "walk-v0", num_envs: 65_000 } }, "CAPACITY", /16384 rows/],
    [{ steps: undefined }, "BAD_OPTIONS", /needs a number of steps/],
    [{ env: undefined }, "BAD_OPTIONS", /needs an environment/],
  ])("is refused: %j", async (changes, code, sentence) => {
    const before = (await client.ask("train.list", {})).runs.length;
    const fields = Object.fromEntries(
      Object.entries({ ...SHORT, ...changes }).filter(([, value]) => value !== undefined),
    );
    const refused = await client.refused({ t: "train.create", ...fields });
    expect(refused.code).toBe(code);
    expect(refused.sentence).toMatch(sentence);
    expect((await client.ask("train.list", {})).runs).toHaveLength(before);
  });

  it("is refused where the server works on as many as it may, and to observers", async () => {
    await using server = await fakeServer({ learners: TEST_LEARNERS, runsDir: scratchFolder(), maxRuns: 1 });
    const driver = await RawClient.connect(server.url);
    const { run } = await driver.ask("train.create", { ...SHORT, preset: "slow", steps: 1_000_000 });
    const second = await driver.refused({ t: "train.create", ...SHORT });
    expect(second).toMatchObject({ code: "CAPACITY" });
    await driver.ask("train.cancel", { run });
    await driver.ask("train.create", SHORT);
    const observer = await RawClient.connect(server.url, { role: "observer" });
    expect((await observer.refused({ t: "train.create", ...SHORT })).code).toBe("FORBIDDEN");
  });

  it("counts its rows and those of its evaluation beside the sessions'", async () => {
    await using server = await fakeServer({ learners: TEST_LEARNERS, runsDir: scratchFolder(), maxEnvs: 8 });
    const driver = await RawClient.connect(server.url);
    const { s } = await driver.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset: "disabled" });
    const long = { ...SHORT, preset: "slow", steps: 1_000_000 };
    const sentence = "The server holds at most 8 rows, 5 are free, but the run with its evaluation needs 6;";
    const refused = await driver.refused({ t: "train.create", ...long });
    expect(refused).toMatchObject({ code: "CAPACITY" });
    expect(refused.sentence).toContain(sentence);
    expect((await driver.ask("train.list", {})).runs).toEqual([]);
    // Without evaluation it is three.
    const { run } = await driver.ask("train.create", { ...long, eval: { every: 0 } });
    const more = { t: "env.make", env: "walk-v0", num_envs: 3, autoreset: "disabled" };
    expect((await driver.refused(more)).sentence).toMatch(/2 are free, but the session needs 3; ask for fewer/);
    await driver.ask("train.pause", { run });
    await driver.ask("env.make", { env: "walk-v0", num_envs: 5, autoreset: "disabled" });
    expect((await driver.refused({ t: "train.resume", run })).code).toBe("CAPACITY");
    await driver.ask("env.close", { s });
    await driver.ask("train.resume", { run });
    await driver.ask("train.cancel", { run });
    // Episodes of a policy take rows while they are played.
    expect((await driver.refused({ t: "train.play", run, episodes: 4 })).sentence).toMatch(
      /3 are free, but the policy that plays needs 4/,
    );
    await driver.ask("train.play", { run, episodes: 3 });
    await driver.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset: "disabled" });
  });

  it("is refused for ids that lead out of the folder", async () => {
    expect((await client.refused({ t: "train.get", run: "../x" })).code).toBe("BAD_OPTIONS");
    expect((await client.refused({ t: "train.get", run: "none" })).code).toBe("NOT_FOUND");
  });
});
