import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { OslController, type OslPhase } from "../../envs/myosuite/challenge/osl-controller.ts";
import { headingOf, quaternionToRpy, rpyToQuaternion } from "../../envs/myosuite/challenge/roll-pitch-yaw.ts";
import { modelSource } from "../../envs/myosuite/pack-files.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { packObstacle } from "../parity/golden.ts";

const obstacle = packObstacle();
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);
/** Rows and columns of the height field, rows a patch of the drawn track. */
const [ROWS, COLUMNS, PATCH] = [600, 20, 25];
const GROUNDS = { flat: 0, hilly: 1, rough: 2, stairs: 3, mixed: 4 };
const MUSCLES = 54;
/** Stiffness (N m/rad), damping (N m s/rad) and target (degrees) of the prosthetic knee; its largest torque, N m. */
const KNEE: Readonly<Record<OslPhase, readonly [number, number, number]>> = {
  e_stance: [99.372, 3.18, 5],
  l_stance: [99.372, 1.272, 8],
  e_swing: [39.749, 0.063, 60],
  l_swing: [15.899, 3.816, 5],
};
const KNEE_TORQUE = 142.272;

describe("roll, pitch and yaw", () => {
  it("turn into quaternions and back as in MyoSuite", () => {
    const quat = new Float64Array(5);
    const angles = new Float64Array(3);
    rpyToQuaternion([0.3, -0.2, 1.5], quat, 1);
    const want = [0.709689127416263, 0.17608215698760882, 0.02912717285442354, 0.6815335826056137];
    for (let i = 0; i < 4; i++) expect(quat[i + 1]).toBeCloseTo(want[i]!, 15);
    quaternionToRpy(quat, 1, angles);
    for (const [i, angle] of [0.3, -0.2, 1.5].entries()) expect(angles[i]).toBeCloseTo(angle, 14);
    expect(headingOf(Float64Array.of(0.7, 0.1, -0.3, 0.6), 0)).toBeCloseTo(1.5152978215491797, 14);
    expect(headingOf(Float64Array.of(Math.SQRT1_2, 0, Math.SQRT1_2, 0), 0)).toBeCloseTo(0, 14);
  });
});

describe.skipIf(obstacle !== null)(`running with a prosthesis (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (kwargs: Record<string, Json> = {}, id = "myoChallengeOslRunRandom-v0"): TaskEnv => {
    const definition = findEnv(id);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };
  const heightsOf = (env: TaskEnv): Float32Array => env.physicsBorrow.edits.get("hfield_data") as Float32Array;
  const action = (value: number): Float32Array[] => [new Float32Array(MUSCLES).fill(value)];
  const patchOf = (heights: Float32Array, patch: number): Float32Array =>
    heights.subarray(patch * PATCH * COLUMNS, (patch + 1) * PATCH * COLUMNS);

  it("draws each kind of ground, and what its patches are", () => {
    using env = make({ obs_keys: ["terrain"], rough_difficulties: Array<number>(24).fill(0.1) });
    const seen = new Set<number>();
    for (const seed of SEEDS) {
      const ground = env.reset(seed).obs[0]![0] as number;
      const heights = heightsOf(env);
      expect(heights).toHaveLength(ROWS * COLUMNS);
      expect(Math.max(...patchOf(heights, 23))).toBe(0);
      // Of 24 heights in walking order, patch 14 has the one at index 9: 0.09 m.
      const patch = patchOf(heights, 14);
      const steps = Array.from({ length: 6 }, (_, i) => patch[i * 4 * COLUMNS]!);
      if (ground === GROUNDS.stairs) {
        [0, 0.09, 0.18, 0.27, 0.18, 0.09].forEach((height, i) => {
          expect(steps[i]).toBeCloseTo(height, 6);
        });
        expect(patch.at(-1)).toBe(0);
      } else if (ground === GROUNDS.hilly) {
        expect(Math.max(...patch)).toBeCloseTo(0.09, 6);
        expect(patch[250]).toBeGreaterThan(patch[50]!);
      } else {
        expect(Math.max(...patch)).toBeLessThanOrEqual(0.1);
        expect(Math.min(...patch)).toBe(0);
      }
      seen.add(ground);
    }
    expect(seen).toEqual(new Set([GROUNDS.hilly, GROUNDS.rough, GROUNDS.stairs]));
  });

  it("mixes kinds on one track", () => {
    using env = make({ terrain: "random_mixed", obs_keys: ["terrain"] });
    expect(env.reset(2).obs[0]![0]).toBe(GROUNDS.mixed);
    const even = (patch: Float32Array): boolean => patch[0] === patch[COLUMNS - 1];
    const high = [4, 6, 8, 10, 12, 14, 16, 18].map((patch) => patchOf(heightsOf(env), patch));
    expect(new Set(high.map(even)).size).toBe(2);
  });

  it("refuses lists that do not fill the track", () => {
    expect(() => make({ terrain: "random_mixed" }, "myoChallengeOslRunFixed-v0")).toThrow(/hills_difficulties|stairs_/);
    expect(() => make({ rough_difficulties: Array<number>(350).fill(0) })).toThrow(/rough_difficulties must have/);
  });

  it("shows the ground around the runner", () => {
    using env = make({ obs_keys: ["hfield", "terrain"], start_pos: 20.9 });
    const seed = SEEDS.find((candidate) => env.reset(candidate).obs[0]![100] === GROUNDS.stairs)!;
    const map = env.reset(seed).obs[0] as Float32Array;
    const { qpos } = env.physicsBorrow;
    const row = Math.trunc(qpos[1]! / 0.2 + ROWS / 2);
    const column = Math.trunc(qpos[0]! / 0.05 + COLUMNS / 2);
    // The fifth of ten points in either direction is the runner's own place.
    expect(map[55]).toBe(heightsOf(env)[row * COLUMNS + column]);
    expect(new Set(map.subarray(0, 100)).size).toBeGreaterThan(2);
  });

  it("stands on the ground, the soles at the height of the track", () => {
    using env = make({}, "myoChallengeOslRunFixed-v0");
    for (const seed of SEEDS) {
      env.reset(seed);
      const { model, siteXpos, qpos } = env.physicsBorrow;
      const sites = ["r_heel_btm", "r_toe_btm", "l_heel_btm", "l_toe_btm"].map((name) => model.id("site", name));
      expect(Math.min(...sites.map((site) => siteXpos[3 * site + 2]!))).toBeCloseTo(0.005, 12);
      expect(Math.abs(qpos[0]!)).toBeLessThanOrEqual(0.8);
      expect(qpos[1]).toBe(15);
    }
  });

  it("starts from the recorded gait, whatever came before", () => {
    using env = make({ reset_type: "osl_init" });
    const starts = SEEDS.map((seed) => env.reset(seed).obs[0]);
    expect(new Set(starts.map((obs) => obs![0])).size).toBe(SEEDS.length);
    expect(env.reset(3).obs[0]).toEqual(starts[3]);
  });

  it("commands the prosthesis whatever the muscles do", () => {
    using env = make({}, "myoChallengeOslRunFixed-v0");
    const commands = [-1, 1].map((value) => {
      env.reset(5);
      env.step(action(value));
      return env.physicsBorrow.ctrl.slice(MUSCLES);
    });
    expect(commands[0]).toEqual(commands[1]);
    expect(commands[0]).toHaveLength(2);
  });

  // Load as a share of the body weight, angles in degrees, velocity in degrees/s.
  it.each<[OslPhase, OslPhase, { load?: number; knee?: number; velocity?: number; ankle?: number }]>([
    ["e_stance", "e_stance", { load: 0.24, ankle: 5 }],
    ["e_stance", "l_stance", { load: 0.26 }],
    ["e_stance", "l_stance", { ankle: 7 }],
    ["l_stance", "l_stance", { load: 0.16 }],
    ["l_stance", "e_swing", { load: 0.14 }],
    ["e_swing", "e_swing", { knee: 49, velocity: 4 }],
    ["e_swing", "l_swing", { knee: 51, velocity: 4 }],
    ["e_swing", "l_swing", { knee: 20, velocity: 2 }],
    ["l_swing", "l_swing", { load: 0.39, knee: 31 }],
    ["l_swing", "e_stance", { load: 0.41, knee: 31 }],
    ["l_swing", "e_stance", { knee: 29 }],
  ])("leads the prosthesis from %s to %s at %o", (from, to, { load = 0, knee = 0, velocity = 0, ankle = 0 }) => {
    using model = engine.load(modelSource("myoChallengeOslRunFixed", "light"));
    using p = model.createPhysics({ sensors: true });
    const controller = new OslController(model);
    const ctrl = new Float64Array(model.sizes.nu);
    const degree = Math.PI / 180;
    const weight = 9.81 * [...model.floatsBorrow("body_mass")].reduce((a, b) => a + b, 0);
    const joint = model.id("joint", "osl_knee_angle_r");
    p.qpos[model.intsBorrow("jnt_qposadr")[joint]!] = knee * degree;
    p.qvel[model.intsBorrow("jnt_dofadr")[joint]!] = velocity * degree;
    p.qpos[model.intsBorrow("jnt_qposadr")[model.id("joint", "osl_ankle_angle_r")]!] = ankle * degree;
    p.sensordata[model.intsBorrow("sensor_adr")[model.id("sensor", "r_osl_load")]! + 1] = -load * weight;
    controller.phase = from;
    controller.apply(p, ctrl, true);
    expect(controller.phase).toBe(to);
    const [stiffness, damping, target] = KNEE[to];
    const torque = (stiffness * (target - knee) - damping * velocity) * degree;
    expect(ctrl[MUSCLES]).toBeCloseTo(Math.min(Math.max(torque / KNEE_TORQUE, -1), 1), 10);
  });

  it("ends at the finish, beside the track and behind the start", () => {
    using env = make({ start_pos: 10, end_pos: 5 }, "myoChallengeOslRunFixed-v0");
    const keys = env.spec.info_keys;
    const endAt = (x: number, y: number) => {
      env.reset(1);
      env.physicsBorrow.qpos[0] = x;
      env.physicsBorrow.qpos[1] = y;
      env.physicsBorrow.touch();
      const { terminated, terms, reward } = env.step(action(-1));
      return { terminated, lose: terms[keys.indexOf("lose")], solved: terms[keys.indexOf("solved")], reward };
    };
    expect(endAt(0, 8)).toMatchObject({ terminated: false, lose: 0, solved: 0 });
    expect(endAt(0, 4.5)).toMatchObject({ terminated: true, lose: 0, solved: 1 });
    expect(endAt(0, 4.5).reward).toBeGreaterThan(8);
    expect(endAt(1.1, 8)).toMatchObject({ terminated: true, lose: 1, solved: 0 });
    expect(endAt(-1.1, 8)).toMatchObject({ terminated: true, lose: 1, solved: 0 });
    expect(endAt(0, 12.5)).toMatchObject({ terminated: true, lose: 1, solved: 0 });
  });
});
