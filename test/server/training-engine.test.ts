import { afterAll, expect, it } from "vitest";
import type { Learner, TransitionBatch } from "../../protocol/agent.ts";
import { compiledUrl } from "../../protocol/compiled-url.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { createLog } from "../../server/log.ts";
import { readPolicy } from "../../agents/core/policy-file.ts";
import { writeEnvState } from "../../server/training/env-state.ts";
import { RunStore } from "../../server/training/run-store.ts";
import { TrainingLoop } from "../../server/training/training-loop.ts";
import { TrainingWindow } from "../../server/training/training-window.ts";
import { LocalVectorEnv } from "../../server/vector/local-vector-env.ts";
import { PhysicsPool } from "../../server/workers/physics-pool.ts";
import { FAKE_CATALOG, fakeServer, RawClient } from "./support.ts";
import { curveOf, LINE_RUN, scratchFolder, TEST_LEARNERS, until } from "./training-support.ts";

/*
 * Rows here cannot go on with another engine than they were made with; a run can.
 */

/** Keeps what it is shown. */
class Witness implements Learner {
  readonly seen: TransitionBatch[] = [];
  readonly resets: number[][] = [];
  readonly library = null;
  readonly progress = { envSteps: 0, updates: 0 };
  readonly #actions: number;

  constructor(actions: number) {
    this.#actions = actions;
  }

  act = () => [new Float32Array(this.#actions)];
  observe = (transition: TransitionBatch): void => void this.seen.push(transition);
  update = () => Promise.resolve({});
  reset = (mask: Uint8Array): void => void this.resets.push([...mask]);
  checkpoint = () => Promise.resolve(new Uint8Array());
  restore = () => Promise.resolve();
  policy = () => {
    throw new Error("nobody asks");
  };
  saveReplay = () => Promise.resolve([]);
  loadReplay = () => Promise.resolve();
  [Symbol.dispose] = (): void => undefined;
}

const pool = new PhysicsPool({
  workers: 1,
  catalog: compiledUrl(FAKE_CATALOG),
  engine: "wasm",
  maxGroups: 2,
  log: createLog("silent"),
});
afterAll(() => pool.stop());

it("ends rows of another engine in the next step by no fault of their own, and begins them by seed", async () => {
  const rows = { numEnvs: 2, autoreset: "same_step", seed: 1 } as const;
  await using env = await LocalVectorEnv.make({ pool, env: "walk-v0", kwargs: { limit: 13 }, ...rows });
  const size = layoutOf(env.spec.obs_space).buffers[0]?.size ?? 0;
  const learner = new Witness((layoutOf(env.spec.act_space).buffers[0]?.size ?? 0) * 2);
  const loop = new TrainingLoop(learner, env, new TrainingWindow(env.spec.info_keys, 2));
  const last = Float32Array.from({ length: 2 * size }, (_, i) => i / 7);
  const saved = writeEnvState([last, new Uint8Array(2)], [new Uint8Array([1]), new Uint8Array([2])]);
  await expect(loop.load(saved)).rejects.toThrow();
  loop.loadAnew(saved, "fake 0", 40);
  expect(loop.engine).toBe("fake 0");
  // Nothing was done yet: what was saved holds.
  expect(await loop.save()).toBe(saved);
  await loop.step();
  expect(learner.seen).toHaveLength(1);
  expect(learner.seen[0]).toMatchObject({ obs: [last], nextObs: [last] });
  expect([...(learner.seen[0]?.truncated ?? [])]).toEqual([1, 1]);
  expect([...(learner.seen[0]?.terminated ?? [])]).toEqual([0, 0]);
  await loop.step();
  expect(learner.resets).toEqual([[1, 1]]);
  const began = learner.seen[1]?.obs;
  expect([...(learner.seen[1]?.truncated ?? [])]).toEqual([0, 0]);
  expect(await loop.save()).not.toBe(saved);
  expect(loop.engine).toBe("fake 1");
  expect((await env.reset([40, 41])).obs).toEqual(began);
});

it("a run goes on with another engine, with episodes that begin anew", async () => {
  const runsDir = scratchFolder();
  await using server = await fakeServer({ learners: TEST_LEARNERS, runsDir });
  const client = await RawClient.connect(server.url);
  const whole = await client.ask("train.create", LINE_RUN);
  const expected = curveOf(await until(client, whole.run, ({ run: { state } }) => state === "done"));
  const { run: id } = await client.ask("train.create", { ...LINE_RUN, preset: "slow" });
  await until(client, id, ({ run: { done } }) => done > 400);
  const { run: paused } = await client.ask("train.pause", { run: id });

  const run = await new RunStore({ folder: runsDir }).open(id);
  const checkpoint = await run.latest();
  if (checkpoint === null) throw new Error("A paused run has a checkpoint.");
  expect(checkpoint.state["engine"]).toBe("fake 1");
  const state = { ...checkpoint.state, engine: "fake 0" };
  await run.checkpoint({ ...checkpoint, state, policy: await readPolicy(checkpoint.folder) });

  await client.ask("train.resume", { run: id });
  const done = await until(client, id, ({ run: { state: now } }) => now === "done");
  const curve = curveOf(done) as Record<string, number>[];
  const before = curve.filter(({ step = 0 }) => step <= paused.done).length;
  expect(curve).toHaveLength(expected.length);
  expect(curve.slice(0, before)).toEqual(expected.slice(0, before));
  expect(curve.slice(before)).not.toEqual(expected.slice(before));
  // Rows that were cut off are no episodes.
  expect(new Set(curve.map((row) => row["length_mean"]).filter((length) => length !== undefined))).toEqual(
    new Set([LINE_RUN.env.kwargs.limit]),
  );
  expect((await (await new RunStore({ folder: runsDir }).open(id)).latest())?.state["engine"]).toBe("fake 1");
});
