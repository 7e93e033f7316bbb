import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject, StepOut } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { codeOf } from "../contract/describe-env.ts";
import { packObstacle } from "../parity/golden.ts";

const obstacle = packObstacle();
const ID = "myoChallengeBimanual-v0";
/** Half-lengths of the box, m, and how much of them an episode may change. */
const SIZE = [0.036, 0.044, 0.014];
const SCALE = [0.1, 0.05, 0.1];
/** The box's middle over the top of a pillar that it lies on, m. */
const ON_TOP = 0.04;

describe.skipIf(obstacle !== null)(`${ID} (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (kwargs: JsonObject = {}): TaskEnv => {
    const definition = findEnv(ID);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };
  const rest = (env: TaskEnv): Float32Array => {
    const space = env.spec.act_space;
    return new Float32Array(space.type === "box" ? space.shape[0]! : 0).fill(-1);
  };
  const seen = (env: TaskEnv, out: StepOut, key: string): number[] => {
    const { offset, shape } = env.spec.obs_keys[key]!;
    return [...(out.obs[0] as Float32Array).subarray(offset, offset + shape[0]!)];
  };
  const term = (env: TaskEnv, out: StepOut, key: string): number => out.terms[env.spec.info_keys.indexOf(key)]!;
  const geomOf = (env: TaskEnv): number => {
    const { model } = env.physicsBorrow;
    const body = model.id("body", "manip_object");
    return model.intsBorrow("body_geomadr")[body]! + model.intsBorrow("body_geomnum")[body]! - 1;
  };
  const boxSize = (env: TaskEnv): number[] => {
    const at = 3 * geomOf(env);
    return [...env.physicsBorrow.edits.get("geom_size")!.subarray(at, at + 3)];
  };
  const putBox = (env: TaskEnv, x: number, y: number, z: number): void => {
    const p = env.physicsBorrow;
    const joint = p.model.id("joint", "manip_object/freejoint");
    p.qpos.set([x, y, z, 1, 0, 0, 0], p.model.intsBorrow("jnt_qposadr")[joint]);
    const qvel = p.model.intsBorrow("jnt_dofadr")[joint]!;
    p.qvel.fill(0, qvel, qvel + 6);
    p.touch();
  };

  it("scales the box from the second episode of a seed on", () => {
    using env = make();
    for (const seed of [3, 8]) {
      env.reset(seed);
      expect(boxSize(env)).toEqual(SIZE);
      for (let episode = 0; episode < 4; episode++) {
        env.reset(null);
        const scales = boxSize(env).map((size, i) => size / SIZE[i]!);
        scales.forEach((scale, i) => {
          expect(Math.abs(scale - 1)).toBeLessThanOrEqual(SCALE[i]! + 1e-12);
          expect(scale).not.toBe(1);
        });
      }
    }
    env.reset(3);
    expect(boxSize(env)).toEqual(SIZE);
  });

  it("gives the box the inertia of its drawn mass and size", () => {
    using env = make();
    env.reset(3);
    env.reset(null);
    const { edits, model } = env.physicsBorrow;
    const body = model.id("body", "manip_object");
    const mass = edits.get("body_mass")![body]!;
    expect(mass).toBeGreaterThan(0.047);
    expect(mass).toBeLessThan(0.147);
    const [x, y] = boxSize(env) as [number, number];
    const around = Math.max((mass * (x * x + y * y)) / 3, 1e-4);
    const inertia = edits.get("body_inertia")!.subarray(3 * body, 3 * body + 3);
    expect(Math.max(...inertia)).toBeCloseTo(around, 12);
  });

  it("is solved after ten steps on the goal and ends one step later", () => {
    using env = make();
    env.reset(4);
    const goal = env.physicsBorrow.mocapPos.slice(3, 6);
    putBox(env, goal[0]!, goal[1]!, goal[2]! + ON_TOP);
    let touched = 0;
    let solved = false;
    for (let step = 0; step < 40; step++) {
      const out = env.step([rest(env)]);
      expect(out.terminated).toBe(solved);
      touched += seen(env, out, "touching_body")[3]!;
      solved = term(env, out, "solved") === 1;
      expect(solved).toBe(touched >= 10);
      if (step === 20) env.restore(env.snapshot());
    }
    expect(solved).toBe(true);
    env.reset(null);
    expect(env.step([rest(env)]).terminated).toBe(false);
  });

  it("ends with the box on the floor and shows the time as up", () => {
    using env = make();
    env.reset(4);
    putBox(env, 0, -1, 0.25);
    const out = env.step([rest(env)]);
    expect(out.terminated).toBe(true);
    expect(seen(env, out, "time")).toEqual([10]);
    expect(env.physicsBorrow.time).toBeCloseTo(0.01, 9);
  });

  it("names what touches the box, and feels it where that is observed", () => {
    using env = make({ obs_keys: ["touching_body", "max_force", "start_pos"] });
    const start = seen(env, env.reset(4), "start_pos");
    putBox(env, start[0]!, start[1]!, start[2]! + ON_TOP);
    let out = env.step([rest(env)]);
    for (let step = 0; step < 20; step++) out = env.step([rest(env)]);
    expect(seen(env, out, "touching_body")).toEqual([0, 0, 1, 0, 0]);
    const [force] = seen(env, out, "max_force") as [number];
    expect(force).toBeGreaterThan(0.1);
    putBox(env, 0, -1, 2);
    const later = env.step([rest(env)]);
    expect(seen(env, later, "touching_body")).toEqual([0, 0, 0, 0, 0]);
    expect(seen(env, later, "max_force")).toEqual([force]);
  });

  it("moves the prosthesis' motors over their ctrl ranges", () => {
    using env = make();
    env.reset(0);
    const { model, ctrl } = env.physicsBorrow;
    const range = model.floatsBorrow("actuator_ctrlrange");
    const motor = model.sizes.nu - 1;
    for (const [action, side] of [
      [-1, 0],
      [1, 1],
    ] as const) {
      env.step([rest(env).fill(action)]);
      expect(ctrl[motor]).toBeCloseTo(range[2 * motor + side]!, 12);
      expect(ctrl[0]).toBeCloseTo(1 / (1 + Math.exp(-5 * (action - 0.5))), 12);
    }
  });

  it.each([{ obj_mass_change: [-0.2, 0] }, { obj_mass_change: [0.02, 0.01] }, { obj_scale_change: [1, 0, 0] }])(
    "refuses %o",
    (kwargs) => {
      expect(codeOf(() => make(kwargs))).toBe("BAD_OPTIONS");
    },
  );
});
