import { describe, expect, it } from "vitest";
import {
  AdaptiveEffort,
  EFFORT_COSTS,
  type EffortCost,
  type EffortOptions,
} from "../../agents/dep-rl/adaptive-effort.ts";
import type { ReplayBatch } from "../../agents/core/replay/replay.ts";

const OPTIONS: EffortOptions = { cost: "cube-sum", columns: Int32Array.of(1, 2), threshold: 1000, batchSum: false };

/** Observations of three elements; the last two are activations. */
const NEXT_OBS = Float32Array.of(9, 0.5, 0.25, -9, 1, 0);

function batch(): ReplayBatch {
  const empty = new Float32Array(0);
  return {
    obs: empty,
    action: empty,
    nextObs: NEXT_OBS,
    reward: Float32Array.of(10, 20),
    discount: new Float32Array(2),
    index: new Uint32Array(2),
  };
}

/** After one good episode: the price is 8.1e-4. */
function priced(options: Partial<EffortOptions>): AdaptiveEffort {
  const effort = new AdaptiveEffort({ ...OPTIONS, ...options });
  effort.endEpisode(1e6);
  return effort;
}

describe("AdaptiveEffort", () => {
  it("follows the golden schedule", () => {
    const effort = new AdaptiveEffort(OPTIONS);
    const returns = [0, 2000, 4000, 4000, 4000, 4000, 0, 0, 0, 6000];
    const rates = [9e-4, 9e-4, 8.1e-4, 7.29e-4, 6.561e-4, 5.9049e-4, 5.9049e-4, 5.9049e-4, 5.9049e-4, 5.9049e-4];
    const prices = [0, 0, 0.00081, 0.001539, 0.0021951, 0.00278559, 0.00337608, 0.00396657, 0.00455706, 0.00514755];
    returns.forEach((total, i) => {
      effort.endEpisode(total);
      expect(effort.rate).toBeCloseTo(rates[i]!, 12);
      expect(effort.price).toBeCloseTo(prices[i]!, 12);
    });
  });

  it("sums an episode's rewards and falls back after a collapse, not below 0", () => {
    const effort = new AdaptiveEffort({ ...OPTIONS, threshold: 10 });
    const observe = (reward: number, ended: boolean) =>
      effort.observe(Float64Array.of(reward, 1e9), Uint8Array.of(Number(ended), 1));
    for (const reward of [60, 70]) observe(reward, false);
    expect(effort.price).toBe(0);
    // 130 + 20: the running return is 30 > 10.
    observe(20, true);
    expect(effort.price).toBeCloseTo(8.1e-4, 12);
    // 0.8 · 30 - 0.2 · 200 = -16 < 10.
    observe(-200, true);
    expect(effort.price).toBe(0);
    observe(-200, true);
    expect(effort.price).toBe(0);
  });

  it("leaves the price where the running return is just the threshold", () => {
    const effort = new AdaptiveEffort({ ...OPTIONS, threshold: 0 });
    effort.endEpisode(0);
    expect(effort.price).toBe(0);
  });

  const costs: readonly (readonly [EffortCost, number, number])[] = [
    // 4 (0.5 + 0.25 + 0.125 + 0.0625) + 4 (0.25 + 0.0625 + 0.015625 + 0.00390625); 4 · 4.
    ["power-sum", 3.75 + 1.328125, 16],
    ["power-mean", (3.75 + 1.328125) / 2, 8],
    ["cube-mean", (0.125 + 0.015625) / 2, 0.5],
    ["cube-sum", 0.140625, 1],
    ["exp-sum", -(Math.exp(-2.5) + Math.exp(-1.25)), -(Math.exp(-5) + 1)],
  ];

  it("has depRL's types 0 to 4 in this order", () => {
    expect(costs.map(([name]) => name)).toEqual([...EFFORT_COSTS]);
  });

  it.each(costs)("%s: each sample pays its own", (cost, first, second) => {
    const sampled = batch();
    priced({ cost }).apply(sampled);
    expect(sampled.reward[0]).toBeCloseTo(10 - 8.1e-4 * first, 5);
    expect(sampled.reward[1]).toBeCloseTo(20 - 8.1e-4 * second, 5);
  });

  it.each(costs)("%s: with batchSum all pay the whole batch's", (cost, first, second) => {
    const sampled = batch();
    priced({ cost, batchSum: true }).apply(sampled);
    const all = cost.endsWith("mean") ? (first + second) / 2 : first + second;
    expect(sampled.reward[0]).toBeCloseTo(10 - 8.1e-4 * all, 5);
    expect(sampled.reward[1]).toBeCloseTo(20 - 8.1e-4 * all, 5);
  });

  it("costs nothing before the first good episode, and is restored with its array", () => {
    const sampled = batch();
    new AdaptiveEffort(OPTIONS).apply(sampled);
    expect([...sampled.reward]).toEqual([10, 20]);
    const [from, to] = [priced({}), new AdaptiveEffort(OPTIONS)];
    from.observe(Float64Array.of(300), Uint8Array.of(0));
    (to.state.arrays["schedule"] as Float64Array).set(from.state.arrays["schedule"] as Float64Array);
    for (const effort of [from, to]) effort.observe(Float64Array.of(200), Uint8Array.of(1));
    expect(from.metrics["effort_mean_return"]).toBeCloseTo(0.8 * 0.2e6 + 0.2 * 500, 6);
    expect(to.metrics).toEqual(from.metrics);
  });
});
