import { describe, expect, it } from "vitest";
import { DEP_RL_AGENT, createDepRl } from "../../agents/dep-rl/agent.ts";
import { mpoConfigOf, type DEP_RL_PRESETS, type DepRlConfig } from "../../agents/dep-rl/config.ts";
import { findAgent, resolveConfig } from "../../agents/registry.ts";
import type { Learner, Metrics } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { contextOf, obsAt, violation, MUSCLE_ACTION } from "../contract/agent-fixtures.ts";
import { plainTensors } from "./plain-tensors.ts";

const ROWS = [0, 1, 2];
const SMALL = {
  hidden: [8],
  batch_size: 8,
  batch_iterations: 2,
  samples: 4,
  steps_before_batches: 60,
  steps_between_batches: 30,
};

const create = (config: JsonObject, seed = 3): Learner =>
  createDepRl(
    plainTensors(),
    contextOf(ROWS.length, seed),
    resolveConfig(DEP_RL_AGENT, "debug", { ...SMALL, ...config }),
  );

/** Steps from..to of a body that rewards its first muscle; returns the actions. */
async function drive(learner: Learner, from: number, to: number): Promise<Buffers[]> {
  const actions: Buffers[] = [];
  for (let step = from; step < to; step++) {
    const [obs, nextObs] = [obsAt(step, ROWS), obsAt(step + 1, ROWS)];
    const action = learner.act(obs, "explore");
    const ended = Uint8Array.from(ROWS, (row) => Number((step + row) % 25 === 24));
    const reward = Float64Array.from(ROWS, (row) => Number(action[0]![row * 6]));
    learner.observe({ obs, action, reward, terminated: ended, truncated: new Uint8Array(3), nextObs });
    learner.reset(ended);
    await learner.update();
    actions.push(action);
  }
  return actions;
}

/** Of the round of updates after 60 vector steps. */
async function metricsAt60(learner: Learner): Promise<Metrics> {
  await drive(learner, 0, 59);
  const [obs, nextObs] = [obsAt(59, ROWS), obsAt(60, ROWS)];
  const flags = new Uint8Array(3);
  const action = learner.act(obs, "explore");
  learner.observe({ obs, action, reward: new Float64Array(3), terminated: flags, truncated: flags, nextObs });
  return learner.update();
}

describe("dep-rl", () => {
  it("is found, needs the group muscle, and its policy does not see it", async () => {
    expect(findAgent("dep-rl")).toBe(DEP_RL_AGENT);
    const config = resolveConfig(DEP_RL_AGENT, undefined, {});
    expect(DEP_RL_AGENT.needsGroups(config)).toEqual(["muscle"]);
    expect(DEP_RL_AGENT.needsGroups({ ...config, effort: "cube-sum" })).toEqual(["muscle", "act"]);
    expect(DEP_RL_AGENT.needsGroups({ ...config, effort: "cube-sum", effort_actuators: 6 })).toEqual(["muscle"]);
    using learner = create({});
    await drive(learner, 0, 30);
    const { meta, arrays } = learner.policy();
    expect(meta["algo"]).toBe("dep-rl");
    expect(meta["obs_columns"]).toEqual([0, 1, 2, 3, 4, 29, 30, 31, 32, 33, 34]);
    expect(arrays["obs_mean"]!.shape).toEqual([11]);
    using seeing = create({ policy_groups: ["qpos", "muscle", "act"] });
    expect(seeing.policy().meta["obs_columns"]).toBeNull();
  });

  it("learns, acts inside the range, and counts", async () => {
    using learner = create({});
    for (const action of await drive(learner, 0, 60)) expect(violation(MUSCLE_ACTION, action, 3)).toBeNull();
    // 180 steps: rounds of 2 at 60, 90, 120, 150 and 180.
    expect(learner.progress).toEqual({ envSteps: 180, updates: 10 });
    expect(violation(MUSCLE_ACTION, learner.act(obsAt(0, ROWS), "exploit"), 3)).toBeNull();
  });

  it("the muscles alone decide while DEP acts: until W steps, weights do not matter", async () => {
    using one = create({}, 3);
    using other = create({ hidden: [16] }, 3);
    const [a, b] = [await drive(one, 0, 40), await drive(other, 0, 40)];
    // W = 60 steps of three rows: 20 vector steps.
    expect(a.slice(0, 20)).toEqual(b.slice(0, 20));
    expect(a[20]).not.toEqual(b[20]);
  });

  it.each([
    ["debug", {}],
    ["compat", { compat: "deprl-0.5", normalization: "deprl", test_episode_every: 2 }],
    ["effort", { effort: "cube-sum", effort_threshold: 10 }],
  ])("goes on bit for bit from a checkpoint and its replay: %s", async (_name, config) => {
    const { mkdtempSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const folder = mkdtempSync(`${tmpdir()}/dep-rl-`);
    try {
      using learner = create(config);
      await drive(learner, 0, 50);
      const saved = await learner.checkpoint();
      const files = await learner.saveReplay(folder);
      const wanted = await drive(learner, 50, 90);
      using restored = create(config, 77);
      await drive(restored, 0, 5);
      await restored.restore(saved);
      await restored.loadReplay(folder, files);
      expect(await drive(restored, 50, 90)).toEqual(wanted);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("effort gets a price, and needs to see activations", async () => {
    using learner = create({ effort: "cube-sum", effort_threshold: -1e9 });
    const { effort_price: price } = await metricsAt60(learner);
    // Row 0 ended after steps 24 and 49, both good: 0.9 · 9e-4 + 0.81 · 9e-4.
    expect(price).toBeCloseTo(0.9 * 9e-4 + 0.81 * 9e-4, 12);
    expect(() => create({ effort: "cube-sum", policy_groups: ["qpos"] })).toThrow(/"act".*no such observation group/);
    expect(() => create({ effort: "cube-sum", effort_actuators: 12 })).toThrow(/last 12 elements.*sees 11/);
  });

  it("samples pay the price, each its own or all the batch's", async () => {
    const lossAfter = async (config: JsonObject) => {
      using learner = create(config);
      return (await metricsAt60(learner))["critic_loss"]!;
    };
    const effort = { effort: "exp-sum", effort_threshold: -1e9 };
    const [free, priced, batched] = [
      await lossAfter({}),
      await lossAfter(effort),
      await lossAfter({ ...effort, effort_batch_sum: true }),
    ];
    expect(Math.abs(priced / free - 1)).toBeGreaterThan(1e-4);
    expect(Math.abs(batched / free - 1)).toBeGreaterThan(4 * Math.abs(priced / free - 1));
  });

  it("refuses an environment without muscles and unknown keys", () => {
    const bare = { ...contextOf(1, 0), spec: { ...contextOf(1, 0).spec, obs_keys: {} } };
    expect(() => createDepRl(plainTensors(), bare, resolveConfig(DEP_RL_AGENT, "debug", {}))).toThrow(/group "muscle"/);
    expect(() => resolveConfig(DEP_RL_AGENT, undefined, { kapa: 2 })).toThrow(/did you mean "kappa"/);
    expect(() => resolveConfig(DEP_RL_AGENT, undefined, { exploration: "ou" })).toThrow(/no key "exploration"/);
  });
});

/** Columns of the tables of specs: kappa, tau, time_dist, bias_rate, s4avg, L, p, test, force_scale; H, actor, critic, dual, n, W. */
const TABLE: readonly (readonly [keyof typeof DEP_RL_PRESETS, readonly (number | null)[], readonly number[]])[] = [
  ["ostrich", [20, 8, 5, 0.03, 1, 4, 0.0004, 3, 0.0003], [256, 3e-4, 3e-4, 1e-2, 3, 3e5]],
  ["humanreacher", [1000, 80, 60, 2e-5, 6, 20, 0.01, null, 0.04], [256, 3e-4, 3e-4, 1e-2, 1, 3e5]],
  ["hyfydy-walk", [1000, 40, 5, 0.002, 2, 8, 0.00371, 3, 0], [256, 3e-4, 3e-4, 1e-2, 1, 2e5]],
  ["hyfydy-walk-h2190", [1000, 40, 5, 0.002, 2, 8, 0.00371, 3, 0], [1024, 3.53e-5, 6.081e-5, 2.13e-3, 1, 2e5]],
  ["hyfydy-run", [1000, 40, 5, 0.002, 2, 8, 0.00371, 3, 0], [256, 3e-4, 3e-4, 1e-2, 1, 1e6]],
  ["hyfydy-run-h2190", [1000, 40, 5, 0.002, 2, 8, 0.00371, 3, 0], [1024, 3.53e-5, 6.081e-5, 2.13e-3, 1, 1e6]],
  ["opensim-walk", [1000, 40, 5, 0.002, 2, 8, 0.00371, 3, 0], [256, 3e-4, 3e-4, 1e-2, 1, 1e3]],
  ["myosuite", [1169.7, 40, 5, 0.002, 2, 5, 0.0004, 3, 0], [1024, 3.53e-5, 6.081e-5, 2.13e-3, 3, 2e5]],
  ["myosuite-relocate", [1169.7, 40, 5, 0.002, 2, 5, 0.0004, 3, 0], [256, 3e-4, 3e-4, 1e-2, 3, 2e5]],
];

describe("presets", () => {
  it.each(TABLE)("%s has depRL's values", (name, dep, mpo) => {
    const config = resolveConfig(DEP_RL_AGENT, name, {}) as unknown as DepRlConfig;
    const { kappa, tau, time_dist, bias_rate, s4avg, force_scale } = config;
    const { intervention_length: length, intervention_proba: p, test_episode_every: test } = config;
    expect([kappa, tau, time_dist, bias_rate, s4avg, length, p, test, force_scale]).toEqual(dep);
    const { hidden, actor_rate, critic_rate, dual_rate, return_steps, steps_before_batches } = config;
    expect([hidden[0], actor_rate, critic_rate, dual_rate, return_steps, steps_before_batches]).toEqual(mpo);
    expect(hidden).toHaveLength(2);
    expect(config.normalization).toBe("deprl");
    expect(config.compat).toBe("none");
    const { batch_size, batch_iterations, steps_between_batches, replay_capacity, discount, samples } = config;
    expect([batch_size, batch_iterations, steps_between_batches, replay_capacity, discount, samples]).toEqual([
      256, 30, 1000, 1e6, 0.99, 20,
    ]);
    expect(config.effort).toBe(name.includes("walk") ? "cube-sum" : null);
  });

  it("paper is the published rule, deprl-0.5 repeats the original", () => {
    expect(resolveConfig(DEP_RL_AGENT, "paper", {})).toMatchObject({ normalization: "row", compat: "none" });
    expect(resolveConfig(DEP_RL_AGENT, "deprl-0.5", {})).toMatchObject({
      normalization: "deprl",
      compat: "deprl-0.5",
      effort_batch_sum: true,
      kappa: 1169.7,
    });
  });

  it("hand every key to MPO or DEP", () => {
    const config = resolveConfig(DEP_RL_AGENT, "ostrich", { policy_groups: ["qpos"] }) as unknown as DepRlConfig;
    expect(mpoConfigOf(config)).toMatchObject({
      return_steps: 3,
      policy_groups: ["qpos"],
      exploration: { kind: "dep-row", kappa: 20, normalization: "deprl", intervention_length: 4 },
    });
  });
});
