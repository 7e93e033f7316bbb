import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Learner, TransitionBatch } from "../../protocol/agent.ts";
import type { StepBatch, VectorEnv } from "../../protocol/env.ts";
import { createLog } from "../../server/log.ts";
import type { ServerOptions } from "../../server/options.ts";
import { startServer } from "../../server/server.ts";
import { playEpisodes, type Actor } from "../../server/training/evaluation.ts";
import { remoteRows } from "../../server/training/remote-rows.ts";
import type { RowSource } from "../../server/training/rows.ts";
import { TrainingLoop } from "../../server/training/training-loop.ts";
import { TrainingWindow } from "../../server/training/training-window.ts";
import { fakeServer, numbers, RawClient } from "./support.ts";
import { curveOf, end, LINE_RUN as RUN, scratchFolder, start, TEST_LEARNERS, until } from "./training-support.ts";

const onRowsOf = (url: string, kwargs = {}) => ({ ...RUN.env, url, kwargs: { ...RUN.env.kwargs, ...kwargs } });
const isDone = ({ run: { state } }: { run: { state: string } }): boolean => state === "done";
const trainer = (options: ServerOptions = {}) =>
  fakeServer({ learners: TEST_LEARNERS, runsDir: scratchFolder(), ...options });

/** A run here, with the rows here or elsewhere; its curve and its policy. */
async function outcome(client: RawClient, request: Parameters<typeof client.ask<"train.create">>[1]) {
  const { run } = await client.ask("train.create", request);
  const got = await until(client, run, isDone);
  const { arrays } = await client.ask("train.policy", { run });
  return { curve: curveOf(got), weights: Object.values(arrays).map(numbers), run, settings: got.settings };
}

describe("a run whose rows are on another server", () => {
  it("is bit for bit the run with rows of its own, and plays there", async () => {
    const rows = await fakeServer({ workers: 1 });
    const client = await RawClient.connect((await trainer()).url);
    const own = await outcome(client, RUN);
    const remote = await outcome(client, { ...RUN, env: onRowsOf(rows.url) });
    expect(remote.settings["env"]).toMatchObject({ id: "walk-v0", url: rows.url });
    expect(remote.curve).toHaveLength(50);
    expect(remote.curve).toEqual(own.curve);
    expect(remote.weights).toEqual(own.weights);
    const played = await client.ask("train.play", { run: remote.run, episodes: 3 });
    expect(numbers(played.returns)).toEqual(
      numbers((await client.ask("train.play", { run: own.run, episodes: 3 })).returns),
    );
    await rows.stop();
    expect((await client.refused({ t: "train.play", run: remote.run, episodes: 1 })).code).toBe("UNAVAILABLE");
  });

  it("is so for the preset debug on the arm", async () => {
    const options = { port: 0, workers: 1, log: createLog("silent") } as const;
    await using rows = await startServer(options);
    await using server = await startServer({ ...options, runsDir: scratchFolder() });
    const client = await RawClient.connect(server.url);
    const request = { algo: "debug", seed: 3, steps: 500, log_every: 100, eval: { every: 250, episodes: 2 } };
    const own = await outcome(client, request);
    const remote = await outcome(client, { ...request, env: { url: rows.url } });
    // Every 100 steps, and the evaluation at 250.
    expect(own.curve).toHaveLength(6);
    expect((own.curve.at(-1) as { updates: number }).updates).toBeGreaterThan(0);
    expect(remote.curve).toEqual(own.curve);
    expect(remote.weights).toEqual(own.weights);
  });

  it("continues bit for bit after a pause: the rows' states travel", async () => {
    const rows = await fakeServer();
    const client = await RawClient.connect((await trainer()).url);
    const expected = await outcome(client, RUN);
    const { run } = await client.ask("train.create", { ...RUN, preset: "slow", env: onRowsOf(rows.url) });
    await until(client, run, ({ run: { done } }) => done > 400);
    const { run: paused } = await client.ask("train.pause", { run });
    expect(paused).toMatchObject({ state: "paused" });
    expect(paused.done).toBeLessThan(1500);
    await client.ask("train.resume", { run });
    expect(curveOf(await until(client, run, isDone))).toEqual(expected.curve);
  });

  it("goes on when that server is killed and started again, with new episodes", async () => {
    const first = await start(scratchFolder());
    const runs = scratchFolder();
    const { client, log, child } = await start(runs);
    const { run } = await client.ask("train.create", { ...RUN, preset: "slow", env: onRowsOf(first.url) });
    await until(client, run, ({ run: { done } }) => done >= 400);
    await end(first.child, "SIGKILL");
    const second = await start(scratchFolder(), Number(new URL(first.url).port));
    const done = await until(client, run, isDone);
    expect(curveOf(done)).toHaveLength(50);
    expect(log()).toMatch(/"rows lost; making them anew"/);
    expect(log()).not.toMatch(/"level":50/);
    for (const process of [second.child, child]) await end(process, "SIGKILL");
  });

  it("fails when that server stays away, and continues from its checkpoint as if nothing had been", async () => {
    const rows = await fakeServer({ leaseMs: 200 });
    const client = await RawClient.connect((await trainer({ remotePatienceMs: 400 })).url);
    const expected = await outcome(client, RUN);
    const { run } = await client.ask("train.create", { ...RUN, preset: "slow", env: onRowsOf(rows.url) });
    await until(client, run, ({ run: { done } }) => done >= 400);
    await rows.stop();
    await expect(until(client, run, isDone)).rejects.toThrow(
      /gave none for 0\.4 s \(.*\); start it, then resume the run/,
    );
    const again = await fakeServer({ port: rows.port });
    await client.ask("train.resume", { run });
    expect(curveOf(await until(client, run, isDone))).toEqual(expected.curve);
    await again.stop();
  });

  it.each(["train.cancel", "train.pause"] as const)("does not keep %s waiting for that server", async (operation) => {
    const rows = await fakeServer();
    const runsDir = scratchFolder();
    const client = await RawClient.connect((await trainer({ runsDir })).url);
    const { run } = await client.ask("train.create", { ...RUN, preset: "slow", env: onRowsOf(rows.url) });
    await until(client, run, ({ run: { done } }) => done >= 200);
    await rows.stop();
    const { run: stopped } = await client.ask(operation, { run });
    expect(stopped.state).toBe(operation === "train.cancel" ? "cancelled" : "paused");
    expect(stopped.error).toBeNull();
    expect(existsSync(join(runsDir, run, "lock.json"))).toBe(false);
    expect(readdirSync(join(runsDir, run, "checkpoints")).length).toBeGreaterThan(0);
  });

  it("is refused where no server is, or that has no such environment", async () => {
    const rows = await fakeServer();
    const client = await RawClient.connect((await trainer()).url);
    const ask = (env: object) => client.refused({ t: "train.create", ...RUN, env: { ...RUN.env, ...env } });
    expect((await ask({ url: rows.url, id: "wolk-v0" })).code).toBe("ENV_UNKNOWN");
    expect((await ask({ url: rows.url, kwargs: { goals: 1 } })).code).toBe("BAD_OPTIONS");
    const noAddress = await ask({ url: "http://127.0.0.1:1" });
    expect(noAddress.code).toBe("BAD_OPTIONS");
    expect(noAddress.sentence).toMatch(/ws:\/\/ or wss/);
    await rows.stop();
    const nobody = await ask({ url: rows.url });
    expect(nobody.code).toBe("UNAVAILABLE");
    expect(nobody.sentence).toMatch(/No server answers at ws:/);
    expect((await client.ask("train.list", {})).runs).toEqual([]);
  });
});

/** Rows of a server, and what their log says. */
function sourceAt(url: string): { source: RowSource; warnings: string[] } {
  const warnings: string[] = [];
  const log = createLog("silent");
  log.warn = (_about: unknown, text?: string) => void warnings.push(text ?? "");
  const source = remoteRows({ env: { id: "walk-v0", kwargs: { limit: 9 }, url }, patienceMs: 5000, log });
  return { source, warnings };
}

const halves = (rows: number): Float32Array[] => [new Float32Array(2 * rows).fill(0.5)];

describe("rows on another server", () => {
  it("begin anew, and say so, where their states are not taken", async () => {
    const { url } = await fakeServer();
    const { source, warnings } = sourceAt(url);
    await using rows = await source.open({ numEnvs: 2, autoreset: "same_step", seed: 5 });
    await rows.reset([5, 6]);
    const states = await rows.snapshot();
    const next = await rows.step(halves(2));
    await rows.restore(states ?? []);
    expect(await rows.step(halves(2))).toEqual(next);
    expect(warnings).toEqual([]);
    for (const refused of [[], [new Uint8Array([1]), new Uint8Array([2])]]) {
      await rows.restore(refused);
      expect(warnings.splice(0)).toEqual(["rows do not go on where they were: all begin episodes anew"]);
      const lost = await rows.step(halves(2));
      expect([...lost.truncated, ...lost.terminated, ...lost.reward]).toEqual([1, 1, 0, 0, 0, 0]);
      expect([...(lost.errors?.keys() ?? [])]).toEqual([0, 1]);
      // Step numbers of both rows: they were reset.
      expect([lost.obs[0]?.[1], lost.obs[0]?.[4]]).toEqual([0, 0]);
      const { truncated, obs } = await rows.step(halves(2));
      expect([...truncated, obs[0]?.[1], obs[0]?.[4]]).toEqual([0, 0, 1, 1]);
    }
  });

  it("end where they were for a learner when they are lost", async () => {
    const { url } = await fakeServer();
    const { source } = sourceAt(url);
    await using rows = await source.open({ numEnvs: 2, autoreset: "same_step", seed: 5 });
    const seen: TransitionBatch[] = [];
    const learner = {
      act: () => halves(2),
      update: () => Promise.resolve({}),
      observe: (transitions: TransitionBatch) => void seen.push(transitions),
      reset: () => undefined,
    } as Partial<Learner> as Learner;
    const window = new TrainingWindow(rows.spec.info_keys, 2);
    const loop = new TrainingLoop(learner, rows, window);
    await loop.begin(5);
    await loop.step();
    await rows.restore([]);
    await loop.step();
    await loop.step();
    const [before, lost, after] = seen;
    expect(lost?.obs).toEqual(before?.nextObs);
    expect(lost?.nextObs).toEqual(lost?.obs);
    expect([lost?.truncated, lost?.terminated].map((flags) => [...(flags ?? [])])).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect([after?.obs[0]?.[1], after?.nextObs[0]?.[1]]).toEqual([0, 1]);
    // An episode that was lost counts for nothing.
    expect(window.take()).toEqual({ episodes: 0 });
  });

  it("play an episode again that was lost", async () => {
    const { url } = await fakeServer();
    const { source } = sourceAt(url);
    await using rows = await source.open({ numEnvs: 2, autoreset: "disabled", seed: 0 });
    const act: Actor = ([obs]) => [Float32Array.from({ length: 4 }, (_, i) => Math.sin(Number(obs?.[(i >> 1) * 3])))];
    const expected = await playEpisodes(rows, { episodes: 5, seed: 3 }, act);
    let steps = 0;
    const shaky: VectorEnv = Object.assign(Object.create(rows) as VectorEnv, {
      spec: rows.spec,
      numEnvs: 2,
      reset: (...args: Parameters<VectorEnv["reset"]>) => rows.reset(...args),
      async step(...args: Parameters<VectorEnv["step"]>): Promise<StepBatch> {
        if (![4, 20].includes(++steps)) return rows.step(...args);
        // What a restore that is refused leaves behind.
        await rows.restore([]);
        return rows.step(...args);
      },
    });
    expect(await playEpisodes(shaky, { episodes: 5, seed: 3 }, act)).toEqual(expected);
    // Nine steps an episode, two at a time, and what was lost.
    expect(steps).toBe(3 * 9 + 4 + 7);
  });
});
