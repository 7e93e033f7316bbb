import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../protocol/env.ts";
import { createLog } from "../../server/log.ts";
import { LocalVectorEnv } from "../../server/vector/local-vector-env.ts";
import { compiledUrl } from "../../protocol/compiled-url.ts";
import { PhysicsPool } from "../../server/workers/physics-pool.ts";
import { catalog } from "./fake-catalog.ts";
import { FAKE_CATALOG } from "./support.ts";

let pool: PhysicsPool;
beforeAll(() => {
  const options = {
    catalog: compiledUrl(FAKE_CATALOG),
    engine: "wasm",
    maxGroups: 8,
    log: createLog("silent"),
  } as const;
  pool = new PhysicsPool({ workers: 2, ...options });
});
afterAll(() => pool.stop());

const make = (numEnvs: number, kwargs: JsonObject = {}, autoreset: "same_step" | "next_step" = "same_step") =>
  LocalVectorEnv.make({ pool, env: "walk-v0", kwargs: catalog.kwargs("walk-v0", kwargs), numEnvs, autoreset, seed: 0 });

const actions = (values: readonly number[]) => [
  Float32Array.from({ length: values.length * 2 }, (_, i) => values[i >> 1] ?? 0),
];

it("hands out arrays that later steps do not touch", async () => {
  await using env = await make(3);
  const reset = await env.reset([1, 2, 3]);
  const before = [...(reset.obs[0] as Float32Array)];
  const step = await env.step(actions([1, 1, 1]));
  expect([...(reset.obs[0] as Float32Array)]).toEqual(before);
  const rewards = [...step.reward];
  await env.step(actions([0, 0, 0]));
  expect([...step.reward]).toEqual(rewards);
});

it("reports last observations, episodes and rows of a part", async () => {
  await using env = await make(4, { goal: 2 });
  await env.reset([1, 2, 3, 4]);
  await env.step(actions([0, 0]), Uint32Array.of(1, 3));
  const batch = await env.step(actions([0, 0, 0, 0]));
  expect([...batch.terminated]).toEqual([0, 1, 0, 1]);
  expect([...(batch.final?.rows ?? [])]).toEqual([1, 3]);
  // Element 1 counts steps: two in the last observation, none in the new episode's first.
  const count = (array: unknown, line: number) => (array as Float32Array)[line * 3 + 1];
  expect([0, 1].map((line) => count(batch.final?.obs[0], line))).toEqual([2, 2]);
  expect([0, 1, 2, 3].map((row) => count(batch.obs[0], row))).toEqual([1, 0, 1, 0]);
  expect([...(batch.episodes?.lengths ?? [])]).toEqual([2, 2]);
  const part = await env.step(actions([0]), Uint32Array.of(2));
  expect([...part.rows]).toEqual([2]);
  expect(part.reward).toHaveLength(1);
});

it("refuses a step before the first reset", async () => {
  await using env = await make(2);
  await expect(env.step(actions([0, 0]))).rejects.toMatchObject({ code: "NEEDS_RESET" });
  await env.reset([1, 2], Uint8Array.of(1, 0));
  await expect(env.step(actions([0, 0]))).rejects.toThrow(/Row 1/);
});

it("spreads rows evenly and gives their places back", async () => {
  const loads = () => [0, 1].map((index) => pool.thread(index).load);
  expect(loads()).toEqual([0, 0]);
  {
    await using odd = await make(5);
    expect(loads().toSorted()).toEqual([2, 3]);
    await using single = await make(1);
    expect(loads()).toEqual([3, 3]);
    expect(odd.numEnvs + single.numEnvs).toBe(6);
  }
  expect(loads()).toEqual([0, 0]);
});

it("a constructor that fails leaves nothing behind", async () => {
  await expect(
    LocalVectorEnv.make({ pool, env: "broken-v0", kwargs: {}, numEnvs: 3, autoreset: "next_step", seed: 0 }),
  ).rejects.toThrow(/cannot be built/);
  expect([0, 1].map((index) => pool.thread(index).load)).toEqual([0, 0]);
});

it("may be closed with a step under way; the workers live on", async () => {
  const threads = [pool.thread(0), pool.thread(1)];
  for (let i = 0; i < 20; i++) {
    const env = await make(4, { work: 0.2 });
    await env.reset([1, 2, 3, 4]);
    const step = env.step(actions([0, 0, 0, 0]));
    await env[Symbol.asyncDispose]();
    await step;
  }
  await using env = await make(2);
  await env.reset([1, 2]);
  await env.step(actions([0, 0]));
  expect(pool.thread(0)).toBe(threads[0]);
  expect(pool.thread(1)).toBe(threads[1]);
});
