import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Json } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { baseIds, packObstacle } from "./golden.ts";

const obstacle = packObstacle();
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Ids whose episodes all start alike and have the same target. */
const NEVER_DRAWS =
  /Finger(Pose|Reach)Fixed|Hand(Pose\d?|Reach|KeyTurn|PenTwirl|ObjHold)Fixed|ElbowPoseTaskFixed|ArmReachFixed|Torso|LegWalk|Hilly|Stair|Directional(For|Back)ward|TableTennisP0|BaodingP1/;

function definitionOf(id: string) {
  const definition = MYOSUITE_ENVS.find((candidate) => candidate.id === id);
  if (definition === undefined) throw new Error(`no definition of ${id}`);
  return definition;
}

/** A steady action in the middle of the box, with a ripple so that muscles differ. */
function actionOf(env: TaskEnv, step: number): Float32Array {
  const space = env.spec.act_space;
  const size = space.type === "box" ? space.shape[0]! : 0;
  return Float32Array.from({ length: size }, (_, i) => 0.3 + 0.2 * Math.sin(i + step));
}

function rollout(env: TaskEnv, seed: number, steps: number): number[] {
  const seen = [...(env.reset(seed).obs[0] as Float32Array)];
  for (let step = 0; step < steps; step++) {
    const out = env.step([actionOf(env, step)]);
    seen.push(out.reward, ...(out.obs[0] as Float32Array));
  }
  return seen;
}

describe.skipIf(obstacle !== null)(`start states (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (id: string, kwargs: Record<string, Json> = {}): TaskEnv => {
    const definition = definitionOf(id);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };
  const observed = (id: string, keys: string[]): Float32Array[] => {
    using env = make(id, { obs_keys: keys });
    return SEEDS.map((seed) => (env.reset(seed).obs[0] as Float32Array).slice());
  };

  it.each(baseIds(MYOSUITE_ENVS))("%s: an earlier episode leaves no trace", (id) => {
    using used = make(id);
    using fresh = make(id);
    rollout(used, 3, 12);
    expect(rollout(used, 11, 3)).toEqual(rollout(fresh, 11, 3));
  });

  it.each(baseIds(MYOSUITE_ENVS))("%s: seeds differ where the task draws", (id) => {
    using env = make(id);
    const [a, b] = [rollout(env, 0, 3), rollout(env, 1, 3)];
    if (NEVER_DRAWS.test(id)) expect(a).toEqual(b);
    else expect(a).not.toEqual(b);
  });

  it.each([
    ["myoElbowPose1D6MRandom-v0", [0], [2.27]],
    ["myoFingerPoseRandom-v0", [-0.2, -0.4, 0.1, 0.1], [0.2, 1, 1, 1]],
  ])("%s draws targets all over their bounds", (id, low, high) => {
    const rows = observed(id, ["qpos", "pose_err"]);
    low.forEach((bound, joint) => {
      const target = rows.map((row) => row[joint]! + row[low.length + joint]!);
      expect(Math.min(...target)).toBeGreaterThanOrEqual(bound - 1e-6);
      expect(Math.max(...target)).toBeLessThanOrEqual(high[joint]! + 1e-6);
      expect(Math.max(...target) - Math.min(...target)).toBeGreaterThan(0.5 * (high[joint]! - bound));
    });
  });

  it.each(["myoElbowPose1D6MFixed-v0", "myoHandPoseRandom-v0"])("%s starts within the joint ranges", (id) => {
    using env = make(id);
    for (const seed of SEEDS) {
      env.reset(seed);
      for (const { name, qpos, range } of env.spec.joints) {
        const value = env.physicsBorrow.qpos[qpos]!;
        expect(value, name).toBeGreaterThanOrEqual(range[0]);
        expect(value, name).toBeLessThanOrEqual(range[1]);
      }
    }
  });

  it.each([
    ["myoFingerReachRandom-v0", [0.1, -0.1, 0.1], [0.27, 0.1, 0.3]],
    ["myoHandReachRandom-v0", [-0.185, -0.577, 1.455], [-0.125, -0.517, 1.535]],
  ])("%s draws targets in the box", (id, low, high) => {
    const rows = observed(id, ["target_pos"]);
    for (const row of rows) {
      low.forEach((bound, axis) => {
        expect(row[axis]).toBeGreaterThanOrEqual(bound - 1e-6);
        expect(row[axis]).toBeLessThanOrEqual(high[axis]! + 1e-6);
      });
    }
    expect(new Set(rows.map((row) => row[1])).size).toBe(SEEDS.length);
  });

  it("stands over targets near the pelvis at its height", () => {
    for (const row of observed("myoLegStandRandom-v0", ["reach_err"])) {
      expect(Math.abs(row[0]!)).toBeLessThanOrEqual(0.05);
      expect(Math.abs(row[1]!)).toBeLessThanOrEqual(0.05);
      expect(row[2]).toBe(0);
    }
  });

  it("carries weights all over their range, with the inertia of their size", () => {
    using env = make("myoElbowPose1D6MExoRandom-v0");
    const weights = SEEDS.map((seed) => {
      env.reset(seed);
      const { model, edits } = env.physicsBorrow;
      const body = model.id("body", "carry_weight");
      const mass = edits.get("body_mass")![body]!;
      const radius = 0.01 + 0.025 * mass;
      expect(edits.get("body_inertia")![3 * body]).toBeCloseTo(Math.max(0.001, 0.4 * mass * radius ** 2), 15);
      return mass;
    });
    expect(Math.min(...weights)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...weights)).toBeLessThanOrEqual(2);
    expect(Math.max(...weights) - Math.min(...weights)).toBeGreaterThan(1);
  });

  it("stretches rough ground over its whole amplitude", () => {
    using env = make("myoLegRoughTerrainWalk-v0");
    const first = SEEDS.map((seed) => {
      env.reset(seed);
      const ground = env.physicsBorrow.edits.get("hfield_data")!;
      expect(Math.min(...ground)).toBeCloseTo(-0.02, 7);
      expect(Math.max(...ground)).toBeCloseTo(0.06, 7);
      return ground[0];
    });
    expect(new Set(first).size).toBe(SEEDS.length);
  });

  it("starts from both stances with reset_type random", () => {
    using env = make("myoLegWalk-v0", { reset_type: "random" });
    const knees = SEEDS.map((seed) => {
      env.reset(seed);
      const knee = env.spec.joints.find(({ name }) => name === "knee_angle_r")!;
      return env.physicsBorrow.qpos[knee.qpos]! > 0.6;
    });
    expect(new Set(knees).size).toBe(2);
  });

  it.each(["myoLegWalk-v0", "myoLegStandRandom-v0"])("%s holds the pelvis where it is told to", (id) => {
    using env = make(id, { hold_pelvis: true });
    env.reset(4);
    const p = env.physicsBorrow;
    const root = p.qpos.slice(0, 7);
    const legs = p.qpos.slice(7);
    for (let step = 0; step < 60; step++) {
      const out = env.step([actionOf(env, step)]);
      expect(out.terminated).toBe(false);
      expect(p.qpos.slice(0, 7)).toEqual(root);
      expect(p.qvel.slice(0, 6)).toEqual(new Float64Array(6));
    }
    expect(p.qpos.slice(7)).not.toEqual(legs);
    const saved = env.snapshot();
    const next = env.step([actionOf(env, 0)]).obs[0];
    env.reset(9);
    env.restore(saved);
    expect(env.step([actionOf(env, 0)]).obs[0]).toEqual(next);
  });

  it("names the command to run where the pack is absent", () => {
    const empty = mkdtempSync(join(tmpdir(), "myoserve-empty-"));
    vi.stubEnv("MYOSERVE_CACHE", empty);
    try {
      expect(() => make("myoFingerPoseFixed-v0")).toThrow(
        expect.objectContaining({
          code: "MODEL_MISSING",
          message: expect.stringContaining("myoserve models pull myosuite") as unknown,
        }),
      );
    } finally {
      vi.unstubAllEnvs();
      rmSync(empty, { recursive: true });
    }
  });
});
