import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeServer, RawClient } from "./support.ts";
import { curveOf, end, LINE_RUN as RUN, scratchFolder, start, TEST_LEARNERS, until } from "./training-support.ts";

/** The same run slowed down: an update or a step waits and is the same otherwise. */
const SLOWED = [
  { title: "a test learner", calm: RUN, slow: { ...RUN, preset: "slow" } },
  {
    title: "mpo",
    calm: { ...RUN, algo: "mpo", preset: "debug" },
    slow: { ...RUN, algo: "mpo", preset: "debug", env: { ...RUN.env, kwargs: { ...RUN.env.kwargs, work: 4 } } },
  },
];

describe("a server that is killed in the middle of training", () => {
  it.each(SLOWED)("continues $title when it starts again, bit for bit as undisturbed", async (of) => {
    const calm = await start(scratchFolder());
    const { run: undisturbed } = await calm.client.ask("train.create", of.calm);
    const expected = curveOf(await until(calm.client, undisturbed, ({ run: { state } }) => state === "done"));
    expect(expected).toHaveLength(50);
    await end(calm.child, "SIGKILL");

    const runs = scratchFolder();
    const first = await start(runs);
    const { run } = await first.client.ask("train.create", { ...of.slow, name: "killed" });
    expect(run).toBe("killed");
    await until(first.client, run, ({ run: { done } }) => done >= 500 && done % 120 !== 0);
    await end(first.child, "SIGKILL");
    const [newest] = readdirSync(join(runs, run, "checkpoints"))
      .toSorted()
      .reverse();
    expect(Number(newest)).toBeGreaterThan(0);

    const second = await start(runs);
    expect(second.log()).toMatch(/"run":"killed".*"run continues from its last checkpoint"/);
    const resumed = await second.client.ask("train.get", { run });
    expect(resumed.run.state).toBe("running");
    expect(resumed.run.job).not.toBeNull();
    const done = await until(second.client, run, ({ run: { state } }) => state === "done");
    expect(curveOf(done)).toEqual(expected);
    // Seconds of the dead job up to its checkpoint count too.
    expect(done.run.seconds).toBeGreaterThan(0);
    await end(second.child, "SIGKILL");
  });

  it("continues what it ran when it was stopped in order, from where that was", async () => {
    const runsDir = scratchFolder();
    const options = { runsDir, learners: TEST_LEARNERS, resumeRuns: true };
    const first = await fakeServer(options);
    const client = await RawClient.connect(first.url);
    const { run } = await client.ask("train.create", { ...RUN, preset: "slow", checkpoint_every: 0 });
    await until(client, run, ({ run: { done } }) => done >= 300);
    await first.stop();
    const [checkpoint] = readdirSync(join(runsDir, run, "checkpoints"));
    expect(Number(checkpoint)).toBeGreaterThanOrEqual(300);
    expect(Number(checkpoint)).toBeLessThan(1500);
    const second = await fakeServer(options);
    const other = await RawClient.connect(second.url);
    const resumed = await until(other, run, ({ run: { state } }) => state === "done");
    const { run: whole } = await other.ask("train.create", RUN);
    expect(curveOf(resumed)).toEqual(curveOf(await until(other, whole, ({ run: { state } }) => state === "done")));
  });

  it("says where another matrix library computes than before", async () => {
    const runs = scratchFolder();
    const ask = { ...RUN, preset: "slow" };
    const first = await start(runs, 0, { MYOSERVE_TEST_LIBRARY: "one" });
    const { run } = await first.client.ask("train.create", ask);
    await until(first.client, run, ({ run: { done } }) => done >= 30);
    await first.client.ask("train.pause", { run });
    await end(first.child, "SIGKILL");
    const same = await start(runs, 0, { MYOSERVE_TEST_LIBRARY: "one" });
    await same.client.ask("train.resume", { run });
    await same.client.ask("train.pause", { run });
    expect(same.log()).not.toMatch(/numbers may differ/);
    await end(same.child, "SIGKILL");
    const other = await start(runs, 0, { MYOSERVE_TEST_LIBRARY: "two" });
    await other.client.ask("train.resume", { run });
    await other.client.ask("train.pause", { run });
    expect(other.log()).toMatch(/"tensor_library":"two","before":"one".*another tensor_library than before/);
    await end(other.child, "SIGKILL");
  });

  it("leaves paused, cancelled and finished runs alone", async () => {
    const runs = scratchFolder();
    const first = await start(runs);
    const [paused, cancelled, finished] = await Promise.all(
      ["paused", "cancelled", "finished"].map(async (name) => {
        const preset = name === "finished" ? {} : { preset: "slow" };
        const { run } = await first.client.ask("train.create", { ...RUN, ...preset, name });
        return run;
      }),
    );
    await until(first.client, finished!, ({ run: { state } }) => state === "done");
    await until(first.client, paused!, ({ run: { done } }) => done > 0);
    await first.client.ask("train.pause", { run: paused! });
    await first.client.ask("train.cancel", { run: cancelled! });
    await end(first.child, "SIGKILL");
    const second = await start(runs);
    const { runs: states } = await second.client.ask("train.list", {});
    const byName = Object.fromEntries(states.map(({ run, state }) => [run, state]));
    expect(byName).toEqual({ paused: "paused", cancelled: "cancelled", finished: "done" });
    expect(second.log()).not.toMatch(/continues/);
    await end(second.child, "SIGKILL");
  });
});
