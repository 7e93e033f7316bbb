import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NStepReplay, type NStepReplayOptions } from "../../agents/core/replay/n-step-replay.ts";
import type { ReplayStep } from "../../agents/core/replay/replay.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { batchOf, contents, stepOf, type Fate } from "./replay-support.ts";

const OPTIONS: NStepReplayOptions = { capacity: 40, numEnvs: 2, obsSize: 3, actionSize: 2, nSteps: 3, discount: 0.99 };
const FATE = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>("on") },
  fc.constantFrom<Fate>("terminated", "truncated"),
);

/** One row's transition as the definition says, from the whole history. */
function naive(
  history: readonly ReplayStep[],
  t: number,
  env: number,
  { nSteps, discount, obsSize }: NStepReplayOptions,
) {
  let reward = 0;
  let factor = 1;
  let last = t;
  for (let i = t; i < Math.min(t + nSteps, history.length); i++) {
    const step = history[i]!;
    reward += factor * step.reward[env]!;
    factor *= step.terminated[env] === 1 ? 0 : discount;
    last = i;
    if (step.ended[env] === 1) break;
  }
  return { reward, discount: factor, nextObs: history[last]!.nextObs.slice(env * obsSize, (env + 1) * obsSize) };
}

describe("n-step replay", () => {
  it("golden returns, discounts and next observations across a termination", () => {
    const replay = new NStepReplay({ capacity: 9, numEnvs: 1, obsSize: 1, actionSize: 1, nSteps: 3, discount: 0.99 });
    [1, 2, 3, 4, 5].forEach((reward, t) => {
      const ends = Uint8Array.of(Number(t === 3));
      replay.store({
        obs: Float32Array.of(t),
        action: Float32Array.of(0),
        nextObs: Float32Array.of(t + 1),
        reward: Float64Array.of(reward),
        terminated: ends,
        ended: ends,
        source: Uint8Array.of(0),
      });
    });
    const { reward, discount, nextObs } = contents(replay);
    [5.9203, 8.8904, 6.96, 4, 5].forEach((value, i) => expect(reward[i]).toBeCloseTo(value, 5));
    [0.970299, 0, 0, 0, 0.99].forEach((value, i) => expect(discount[i]).toBeCloseTo(value, 6));
    expect([...nextObs]).toEqual([3, 4, 4, 4, 5]);
  });

  it("a time-out ends the return and bootstraps", () => {
    const replay = new NStepReplay({ ...OPTIONS, numEnvs: 1 });
    const steps = (["on", "truncated", "on"] as const).map((fate, t) => stepOf({ ...OPTIONS, numEnvs: 1 }, t, [fate]));
    for (const step of steps) replay.store(step);
    const { reward, discount, nextObs } = contents(replay);
    expect(reward[0]).toBeCloseTo(steps[0]!.reward[0]! + 0.99 * steps[1]!.reward[0]!, 6);
    expect(discount[0]).toBeCloseTo(0.99 ** 2, 6);
    expect(nextObs.slice(0, 3)).toEqual(steps[1]!.nextObs);
    expect(discount[1]).toBeCloseTo(0.99, 6);
  });

  it("equals returns computed from the whole history, over any episodes, rows, n and wrap-around", () => {
    const shapes = fc.record({ numEnvs: fc.integer({ min: 1, max: 3 }), nSteps: fc.integer({ min: 1, max: 6 }) });
    const rows = fc.integer({ min: 6, max: 12 });
    const fates = fc.array(fc.tuple(FATE, FATE, FATE), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(shapes, rows, fates, ({ numEnvs, nSteps }, capacity, story) => {
        const options = { ...OPTIONS, numEnvs, nSteps, capacity: capacity * numEnvs + (numEnvs - 1) };
        const replay = new NStepReplay(options);
        const history = story.map((fate, t) => stepOf(options, t, fate.slice(0, numEnvs)));
        for (const step of history) replay.store(step);
        expect(replay.size).toBe(Math.min(history.length, capacity) * numEnvs);
        const found = contents(replay);
        for (let place = 0; place < replay.size; place++) {
          const env = place % numEnvs;
          const row = Math.floor(place / numEnvs);
          const t = row + capacity * Math.floor((history.length - 1 - row) / capacity);
          const wanted = naive(history, t, env, options);
          expect(found.reward[place]).toBeCloseTo(wanted.reward, 4);
          expect(found.discount[place]).toBeCloseTo(wanted.discount, 5);
          expect(found.nextObs.slice(place * 3, place * 3 + 3)).toEqual(wanted.nextObs);
          expect(found.obs.slice(place * 3, place * 3 + 3)).toEqual(history[t]!.obs.slice(env * 3, env * 3 + 3));
          expect(found.action.slice(place * 2, place * 2 + 2)).toEqual(history[t]!.action.slice(env * 2, env * 2 + 2));
          expect(found.source[place]).toBe(history[t]!.source[env]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("samples every stored transition alike, and nothing else", () => {
    const replay = new NStepReplay(OPTIONS);
    for (let t = 0; t < 5; t++) replay.store(stepOf(OPTIONS, t, ["on", "on"]));
    const batch = batchOf(1000, OPTIONS);
    const counts = new Float64Array(10);
    const rng = createRng(3);
    for (let i = 0; i < 20; i++) {
      replay.sample(rng, batch);
      for (const place of batch.index) counts[place]!++;
    }
    // chi-square, 9 degrees of freedom: 27.9 has p = 0.001; the stream is seeded
    expect(counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  });

  it("a hook changes the rewards of a batch, not what is stored", () => {
    const sampleReward = ({ reward, nextObs }: { reward: Float32Array; nextObs: Float32Array }): void => {
      for (let b = 0; b < reward.length; b++) reward[b]! -= nextObs[b * 3 + 2]!;
    };
    const [plain, priced] = [new NStepReplay(OPTIONS), new NStepReplay({ ...OPTIONS, sampleReward })];
    for (const replay of [plain, priced]) replay.store(stepOf(OPTIONS, 0, ["on", "on"]));
    const [a, b, again] = [contents(plain), contents(priced), contents(priced)];
    expect(b.reward[1]).toBe(Math.fround(a.reward[1]! - a.nextObs[5]!));
    expect(again.reward).toEqual(b.reward);
  });

  it("refuses options that cannot work", () => {
    expect(() => new NStepReplay({ ...OPTIONS, nSteps: 0 })).toThrow(/1 to 256 steps, got 0/);
    expect(() => new NStepReplay({ ...OPTIONS, discount: 1.5 })).toThrow(/discount must be in \[0, 1\], got 1.5/);
    expect(() => new NStepReplay({ ...OPTIONS, capacity: 5 })).toThrow(/cannot hold 3 steps of 2 rows/);
    expect(() => new NStepReplay({ ...OPTIONS, capacity: 1e9, obsSize: 1e6 })).toThrow(/lower its capacity/);
    expect(() => new NStepReplay(OPTIONS).store(stepOf({ ...OPTIONS, obsSize: 4 }, 0, ["on", "on"]))).toThrow(
      /obs holds 8/,
    );
  });
});
