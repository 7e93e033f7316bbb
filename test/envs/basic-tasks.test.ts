import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { codeOf, run } from "../contract/describe-env.ts";
import { writeCircleClip } from "../contract/standing-clip.ts";
import { packObstacle } from "../parity/golden.ts";

const obstacle = packObstacle();
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];
/** Compiling a model of two full bodies. */
const COMPILE_TIMEOUT = 180_000;

/** What a recording of one seed does not show of the arm, hand, torso, leg and full-body tasks. */
describe.skipIf(obstacle !== null)(`tasks of MyoSuite (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  let folder: string;
  let clip: string;
  let walk: string;
  beforeAll(async () => {
    engine = await createWasmEngine();
    folder = mkdtempSync(join(tmpdir(), "myoserve-tasks-"));
    clip = join(folder, "gait.npz");
    walk = join(folder, "walk.npz");
    writeCircleClip(clip, 30, 0.5);
    writeCircleClip(walk, 360, 0.7);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    engine[Symbol.dispose]();
  });

  const make = (id: string, kwargs: Record<string, Json> = {}): TaskEnv => {
    const definition = findEnv(id);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };
  const actionOf = (env: TaskEnv, value: number): [Float32Array] => [
    new Float32Array(env.physicsBorrow.ctrl.length).fill(value),
  ];

  it("draws the key's angle and place in their ranges", () => {
    using env = make("myoHandKeyTurnRandom-v0", { obs_keys: ["key_qpos"] });
    const angles = SEEDS.map((seed) => {
      const angle = Number(env.reset(seed).obs[0]![0]);
      const { model, edits } = env.physicsBorrow;
      const key = model.id("body", "key");
      const place = edits.get("body_pos")!.slice(3 * key, 3 * key + 3);
      const base = model.floatsBorrow("body_pos").slice(3 * key, 3 * key + 3);
      place.forEach((x, i) => expect(Math.abs(x - base[i]!)).toBeLessThanOrEqual(0.01));
      expect(Math.abs(angle)).toBeLessThanOrEqual(Math.PI / 2);
      return angle;
    });
    expect(Math.max(...angles) - Math.min(...angles)).toBeGreaterThan(1);
  });

  it("turns the pen's target by up to 1 rad about x and y", () => {
    using env = make("myoHandPenTwirlRandom-v0", { obs_keys: ["obj_des_rot"] });
    const heights = SEEDS.map((seed) => {
      const [x, y, z] = env.reset(seed).obs[0] as Float32Array;
      expect(Math.hypot(x!, y!, z!)).toBeCloseTo(1, 6);
      expect(z).toBeGreaterThanOrEqual(Math.cos(1) ** 2 - 1e-6);
      return z;
    });
    expect(new Set(heights).size).toBe(SEEDS.length);
  });

  it("draws the held object's half-axes, and its bounding volumes follow", () => {
    using env = make("myoHandObjHoldRandom-v0");
    for (const seed of SEEDS) {
      env.reset(seed);
      const { model, edits } = env.physicsBorrow;
      const geom = model.id("geom", "object");
      const size = edits.get("geom_size")!.slice(3 * geom, 3 * geom + 3);
      for (const halfAxis of size) {
        expect(halfAxis).toBeGreaterThanOrEqual(0.02);
        expect(halfAxis).toBeLessThanOrEqual(0.03);
      }
      expect(edits.get("geom_rbound")![geom]).toBe(Math.max(...size));
    }
  });

  it("starts the torso anywhere in its joint ranges, the exosuit's free bodies never", () => {
    using env = make("myoTorsoPoseFixed-v0", { reset_type: "random" });
    const starts = SEEDS.map((seed) => (env.reset(seed).obs[0] as Float32Array)[0]);
    expect(new Set(starts).size).toBe(SEEDS.length);
    expect(codeOf(() => make("myoTorsoExoPoseFixed-v0", { reset_type: "random" }))).toBe("BAD_OPTIONS");
  });

  it("walks in the direction it is given, or in one it draws", () => {
    using given = make("myoLegDirectionalForward-v0", { heading_dir: [1, 0], obs_keys: ["heading_cmd"] });
    expect([...(given.reset(3).obs[0] as Float32Array)]).toEqual([1, 0]);
    using drawn = make("myoLegDirectionalRandom-v0", { obs_keys: ["heading_cmd"] });
    const quadrants = SEEDS.map((seed) => {
      const [x, y] = drawn.reset(seed).obs[0] as Float32Array;
      expect(Math.hypot(x!, y!)).toBeCloseTo(1, 6);
      return `${x! > 0} ${y! > 0}`;
    });
    expect(new Set(quadrants).size).toBeGreaterThan(2);
  });

  it("ends a directional walk with a fall, which costs its penalty, unless the pelvis is held", () => {
    using env = make("myoLegDirectionalForward-v0", { fall_height: 2, fall_penalty: 7 });
    env.reset(0);
    const out = env.step(actionOf(env, 0));
    expect(out.terminated).toBe(true);
    expect(out.reward).toBeLessThan(-6);
    using held = make("myoLegDirectionalForward-v0", { fall_height: 2, hold_pelvis: true });
    held.reset(0);
    expect(held.step(actionOf(held, 0)).terminated).toBe(false);
  });

  it("lets the sigmoid saturate actions beyond the mimic box", () => {
    using env = make("myoMimicBimanual-v0");
    env.reset(0);
    env.step(actionOf(env, 3));
    expect(env.physicsBorrow.ctrl[0]).toBeCloseTo(1 / (1 + Math.exp(-5 * 2.5)), 7);
  });

  it("starts a full body in a clip, facing the direction it is to walk in", () => {
    using env = make("myoFullBodyDirectional-v0", { clip, start_clips: [walk], w_act_smooth: 1 });
    const [w, z] = [3, 6];
    for (const seed of SEEDS) {
      env.reset(seed);
      const { qpos, qvel } = env.physicsBorrow;
      const [x, y] = qvel;
      expect(Math.hypot(x!, y!)).toBeCloseTo(0.7, 6);
      // The walk glides forward: after the turn it moves as the heading says, up to the drawn frame's sector.
      const facing = 2 * Math.atan2(qpos[z]!, qpos[w]!) - Math.PI / 2;
      expect(Math.cos(Math.atan2(y!, x!) - facing)).toBeGreaterThan(0.98);
    }
    run(env, 0, 2);
    const saved = env.snapshot();
    const next = run(env, 2, 3);
    env.reset(9);
    env.restore(saved);
    expect(run(env, 2, 3)).toEqual(next);
  });

  it(
    "gives two bodies opposite roles and ends with a tag",
    () => {
      using env = make("myoChallengeChaseTagFBVs-v0", { clip, task_choice: "EVADE", tag_radius_m: 3 });
      const obs = env.reset(0).obs[0] as Float32Array;
      expect(obs).toHaveLength(2 * 546);
      expect([...obs.slice(544, 546), ...obs.slice(1090, 1092)]).toEqual([0, 1, 1, 0]);
      // Each sees the other as far away as the other sees it.
      expect(obs[543]).toBe(obs[543 + 546]);
      const out = env.step(actionOf(env, 0.2));
      const terms = Object.fromEntries(env.spec.info_keys.map((key, i) => [key, out.terms[i]!]));
      expect(out.terminated).toBe(true);
      expect(terms).toMatchObject({ tagged: 1, elapsed_s: 0.01, score: 0.0005 });
      expect(out.reward).toBe(terms["agent_0/reward"]);
      // The runner loses what the chaser wins.
      expect(terms["agent_1/reward"]! - terms["agent_0/reward"]!).toBeGreaterThan(1);
    },
    COMPILE_TIMEOUT,
  );
});
