import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject, StepOut } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { BALL_TOUCH } from "../../envs/myosuite/challenge/ball-rules.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { codeOf } from "../contract/describe-env.ts";
import { packObstacle } from "../parity/golden.ts";

const obstacle = packObstacle();
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];
const GRAVITY = 9.81;
/** Height of the table, m, and the part of it where drawn serves land. */
const TABLE = 0.785;
const LANDING = { x: [0.5, 1.35], y: [-0.6, 0.7] } as const;
const IN_THE_AIR = [0, 3, 2] as const;
type Point = readonly [number, number, number];

describe.skipIf(obstacle !== null)(`table tennis (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (phase: string, kwargs: JsonObject = {}): TaskEnv => {
    const definition = findEnv(`myoChallengeTableTennis${phase}-v0`);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };
  const rest = new Float32Array(275).fill(-1);
  const seen = (env: TaskEnv, out: StepOut, key: string): number[] => {
    const { offset, shape } = env.spec.obs_keys[key]!;
    return [...(out.obs[0] as Float32Array).subarray(offset, offset + shape[0]!)];
  };
  const term = (env: TaskEnv, out: StepOut, key: string): number => out.terms[env.spec.info_keys.indexOf(key)]!;
  const addresses = (env: TaskEnv): readonly [number, number] => {
    const { model } = env.physicsBorrow;
    const joint = model.id("joint", "pingpong_freejoint");
    return [model.intsBorrow("jnt_qposadr")[joint]!, model.intsBorrow("jnt_dofadr")[joint]!];
  };
  const ball = (env: TaskEnv): { pos: number[]; velocity: number[] } => {
    const [qpos, qvel] = addresses(env);
    const p = env.physicsBorrow;
    return { pos: [...p.qpos.subarray(qpos, qpos + 3)], velocity: [...p.qvel.subarray(qvel, qvel + 3)] };
  };
  const putBall = (env: TaskEnv, pos: Point, velocity: Point = [0, 0, 0]): void => {
    const [qpos, qvel] = addresses(env);
    const p = env.physicsBorrow;
    p.qpos.set(pos, qpos);
    p.qvel.set([...velocity, 0, 0, 0], qvel);
    p.touch();
  };
  /** One step that ends with the ball touching what is asked for, coming along `-normal`. */
  const hit = (env: TaskEnv, label: number, at: Point, normal: Point): StepOut => {
    const before = env.snapshot();
    for (let gap = 0.015; gap < 0.08; gap += 0.001) {
      env.restore(before);
      putBall(
        env,
        at.map((x, i) => x + gap * normal[i]!) as unknown as Point,
        normal.map((n) => -n) as unknown as Point,
      );
      const out = env.step([rest]);
      if (seen(env, out, "touching_info")[label] === 1) return out;
    }
    throw new Error(`the ball does not reach label ${label}`);
  };
  const hitPaddle = (env: TaskEnv): StepOut => {
    const { model, geomXpos, xmat } = env.physicsBorrow;
    const at = geomXpos.slice(3 * model.id("geom", "pad"), 3 * model.id("geom", "pad") + 3);
    const paddle = 9 * model.id("body", "paddle");
    const side = [2, 5, 8].map((i) => xmat[paddle + i]!) as unknown as Point;
    return hit(env, BALL_TOUCH.paddle, [...at] as unknown as Point, side);
  };
  const air = (env: TaskEnv): StepOut => {
    putBall(env, IN_THE_AIR);
    return env.step([rest]);
  };
  const hitOpponent = (env: TaskEnv): StepOut => hit(env, BALL_TOUCH.opponent, [-0.7, 0.1, 0.796], [0, 0, 1]);
  const hitOwn = (env: TaskEnv): StepOut => hit(env, BALL_TOUCH.own, [0.7, 0.1, 0.795], [0, 0, 1]);

  it("is solved by a return, also in a row restored in the middle of it", () => {
    using env = make("P1");
    using other = make("P1");
    env.reset(1);
    const struck = hitPaddle(env);
    expect(term(env, struck, "sparse")).toBe(1);
    expect(struck.reward).toBeGreaterThan(100);
    air(env);
    other.restore(env.snapshot());
    for (const row of [env, other]) {
      const out = hitOpponent(row);
      expect(term(row, out, "solved")).toBe(1);
      expect(out.terminated).toBe(true);
      expect(out.reward).toBeGreaterThan(980);
      expect(term(row, air(row), "solved")).toBe(1);
      row.reset(null);
      expect(term(row, air(row), "solved")).toBe(0);
    }
  });

  it.each([
    ["a second bounce on the own half", [hitOwn, air, hitOwn]],
    ["a ball that nobody has struck", [hitOwn, air, hitOpponent]],
    ["a ball struck twice", [hitPaddle, air, hitPaddle]],
  ])("ends with %s", (_, strokes) => {
    using env = make("P0");
    env.reset(1);
    strokes.forEach((stroke, i) => {
      const out = stroke(env);
      expect(out.terminated).toBe(i === strokes.length - 1);
      expect(term(env, out, "solved")).toBe(0);
    });
  });

  it("shows the time as up when the ball lies low", () => {
    using env = make("P0", { obs_keys: ["time", "ball_pos"] });
    env.reset(1);
    putBall(env, [0, 3, 0.29]);
    const out = env.step([rest]);
    expect(out.terminated).toBe(true);
    expect(seen(env, out, "time")).toEqual([3]);
  });

  it("serves again until the rally is played, with rewards for every return", () => {
    using env = make("P2", { rally_count: 3 });
    env.reset(5);
    const serves = new Set<string>();
    for (let stroke = 1; stroke <= 3; stroke++) {
      hitPaddle(env);
      air(env);
      const out = hitOpponent(env);
      expect(out.reward).toBeGreaterThan(980);
      expect(term(env, out, "solved")).toBe(stroke === 3 ? 1 : 0);
      expect(out.terminated).toBe(stroke === 3);
      if (stroke === 3) break;
      expect(env.physicsBorrow.time).toBe(0);
      const { pos } = ball(env);
      expect(pos[0]).toBeGreaterThan(-1.25);
      expect(pos[2]).toBeGreaterThan(1.4);
      serves.add(pos.join());
    }
    expect(serves.size).toBe(2);
  });

  it("weighs the returns of a rally by weighted_reward_keys", () => {
    using env = make("P1", { rally_count: 2, weighted_reward_keys: { solved: 3, done: 0.5 } });
    env.reset(5);
    hitPaddle(env);
    expect(air(env).reward).toBe(0);
    const out = hitOpponent(env);
    expect(out.reward).toBe(3.5);
    expect(term(env, out, "solved")).toBe(0);
  });

  it("draws serves that land on the player's half, paddles and balls", () => {
    using env = make("P2");
    const masses = SEEDS.map((seed) => {
      env.reset(seed);
      const { pos, velocity } = ball(env);
      const [x = 0, y = 0, z = 0] = pos;
      const [vx = 0, vy = 0, vz = 0] = velocity;
      const flight = (vz + Math.sqrt(vz * vz + 2 * GRAVITY * (z - TABLE))) / GRAVITY;
      expect(x + vx * flight).toBeGreaterThanOrEqual(LANDING.x[0] - 1e-9);
      expect(x + vx * flight).toBeLessThanOrEqual(LANDING.x[1] + 1e-9);
      expect(y + vy * flight).toBeGreaterThanOrEqual(LANDING.y[0] - 1e-9);
      expect(y + vy * flight).toBeLessThanOrEqual(LANDING.y[1] + 1e-9);
      const { edits, model } = env.physicsBorrow;
      const sliding = edits.get("geom_friction")![3 * model.id("geom", "pingpong")]!;
      expect(Math.abs(sliding - 1)).toBeLessThanOrEqual(0.1);
      const body = model.id("body", "paddle");
      const mass = edits.get("body_mass")![body]!;
      expect(edits.get("body_invweight0")![2 * body]).toBeCloseTo(1 / mass, 9);
      return mass;
    });
    expect(Math.min(...masses)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...masses)).toBeLessThanOrEqual(0.15);
    expect(new Set(masses).size).toBe(SEEDS.length);
  });

  it("adds noise to the player's joints within their ranges, to paddle and ball none", () => {
    using plain = make("P0");
    using noisy = make("P0", { qpos_noise_range: { low: -0.1, high: 0.1 } });
    plain.reset(2);
    noisy.reset(2);
    const { qpos: start } = plain.physicsBorrow;
    const { qpos } = noisy.physicsBorrow;
    const joints = noisy.spec.joints;
    for (const { qpos: at, range, name } of joints) {
      expect(qpos[at], name).toBeGreaterThanOrEqual(range[0]);
      expect(qpos[at], name).toBeLessThanOrEqual(range[1]);
    }
    expect(joints.filter(({ qpos: at }) => qpos[at] !== start[at]).length).toBeGreaterThan(joints.length / 2);
    expect(qpos.slice(-14)).toEqual(start.slice(-14));
  });

  it.each([
    { ball_xyz_range: { low: [0, 0, 2], high: [0, 0, 1] } },
    { ball_xyz_range: { low: [0, 0], high: [1, 1] } },
    { paddle_mass_range: [0, 0.1] },
    { rally_count: 0 },
  ])("refuses %o", (kwargs) => {
    expect(codeOf(() => make("P1", kwargs))).toBe("BAD_OPTIONS");
  });

  it("refuses serves from below the table", () => {
    const low = { low: [-1, 0, 0.5], high: [-1, 0, 0.6] };
    using env = make("P2", { ball_xyz_range: low });
    expect(codeOf(() => env.reset(0))).toBe("BAD_OPTIONS");
  });
});
