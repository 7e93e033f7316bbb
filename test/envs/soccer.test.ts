import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { packObstacle } from "../parity/golden.ts";

const obstacle = packObstacle();
const DT = 0.01;
const GOAL_Y = 3.3;

describe.skipIf(obstacle !== null)(`soccer (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (kwargs: Record<string, Json> = {}, id = "myoChallengeSoccerP2-v0"): TaskEnv => {
    const definition = findEnv(id);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };
  const idle = (env: TaskEnv): Float32Array[] => [new Float32Array(env.physicsBorrow.ctrl.length).fill(-1)];
  /** y of the keeper after the reset and each of the steps. */
  const walk = (env: TaskEnv, seed: number, steps: number): number[] => {
    env.reset(seed);
    const seen = [env.physicsBorrow.mocapPos[1]!];
    for (let step = 0; step < steps; step++) {
      env.step(idle(env));
      seen.push(env.physicsBorrow.mocapPos[1]!);
    }
    return seen;
  };

  it("lets a standing keeper stand", () => {
    using env = make({}, "myoChallengeSoccerP1-v0");
    const seen = walk(env, 4, 5);
    expect(new Set(seen).size).toBe(1);
    expect(Math.abs(seen[0]!)).toBeLessThanOrEqual(GOAL_Y);
    expect([...env.physicsBorrow.mocapQuat]).toEqual([1, 0, 0, 0]);
  });

  it("lets a blocking keeper close in on the ball", () => {
    using env = make({ goalkeeper_probabilities: [1, 0, 0], random_vel_range: [1, 1] });
    const seen = walk(env, 4, 5);
    const gap = Math.abs(seen[0]!);
    expect(Math.abs(seen[5]!)).toBeCloseTo(gap - 5 * DT * Math.min(gap, 1), 2);
  });

  it("moves a random keeper no faster than its speed, in noise that is drawn again and again", () => {
    using env = make({ goalkeeper_probabilities: [0, 1, 0], random_vel_range: [2, 2] });
    const seen = walk(env, 4, 25);
    const moves = seen.slice(1).map((y, i) => y - seen[i]!);
    for (const move of moves) expect(Math.abs(move)).toBeLessThanOrEqual(2 * DT + 1e-12);
    expect(new Set(moves.map((move) => move.toFixed(9))).size).toBeGreaterThan(15);
  });

  it("continues a random keeper from a snapshot, across the next draw of noise", () => {
    using env = make({ goalkeeper_probabilities: [0, 1, 0] });
    walk(env, 8, 7);
    const saved = env.snapshot();
    const go = (): number[] =>
      Array.from({ length: 8 }, () => {
        env.step(idle(env));
        return env.physicsBorrow.mocapPos[1]!;
      });
    const straight = go();
    walk(env, 3, 2);
    env.restore(saved);
    expect(go()).toEqual(straight);
  });

  it("refuses probabilities that do not sum to one, and speeds out of order", () => {
    expect(() => make({ goalkeeper_probabilities: [0.5, 0.1, 0.1] })).toThrow(/goalkeeper_probabilities must sum to 1/);
    expect(() => make({ random_vel_range: [3, 2] })).toThrow(/random_vel_range needs low <= high/);
  });

  it("scores where the ball is in the goal, and only there", () => {
    using env = make();
    const p = env.physicsBorrow;
    const kick = (x: number, y: number, z: number) => {
      env.reset(1);
      p.qpos.set([x, y, z], 0);
      p.touch();
      const { terminated, terms, reward } = env.step(idle(env));
      return { terminated, scored: terms[env.spec.info_keys.indexOf("goal_scored")], reward };
    };
    expect(kick(52, 1, 1)).toMatchObject({ terminated: true, scored: 1 });
    expect(kick(52, 1, 1).reward).toBeGreaterThan(990);
    expect(kick(52, 1, 3)).toMatchObject({ terminated: false, scored: 0 });
    expect(kick(52, 3.6, 1)).toMatchObject({ terminated: false, scored: 0 });
    expect(kick(45, 1, 1)).toMatchObject({ terminated: false, scored: 0 });
  });

  it("ends when its time is over", () => {
    using env = make({ max_time_sec: 0.03 });
    env.reset(1);
    const ends = Array.from({ length: 4 }, () => env.step(idle(env)).terminated);
    expect(ends).toEqual([false, false, true, true]);
  });
});
