import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../protocol/env.ts";
import { createRng } from "../../protocol/random/generator.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { ColoredNoise } from "../../envs/myosuite/challenge/colored-noise.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { packObstacle } from "../parity/golden.ts";

const obstacle = packObstacle();
const DT = 0.01;
const GOAL_Y = 3.3;

/** colorednoise 2.2.0, powerlaw_psd_gaussian(beta, (series, samples), random_state=default_rng(5)). */
const NOISE = [
  {
    beta: 2,
    series: 2,
    samples: 10,
    values: [
      -1.3161864282294153, -2.0386717980948137, -2.3606993976913246, -1.3807854054736988, -0.010117573956652632,
      0.6359752500604656, 0.5029731818007236, 1.5950858554379772, 0.8808472352273448, -1.244364887025229,
      -0.3027450748666945, -0.4169702969544743, -0.6374036788878084, 0.4703018048604595, 0.051407607518170424,
      0.3892445277553847, 0.4473864931032592, -0.16094296139159622, -1.9188857079924944, -1.1851465226013411,
    ],
  },
  {
    beta: 1,
    series: 1,
    samples: 7,
    values: [
      -1.3473231435418944, -0.7980766416599913, -0.4383511113722332, 0.40712656444702383, 0.2762428308993287,
      0.4933308903861532, -1.5245145868103596,
    ],
  },
  {
    beta: 0,
    series: 1,
    samples: 4,
    values: [-1.848806344387342, -1.3662191932741017, 0.5202790482829612, 0.6660026245257099],
  },
];

describe("colored noise", () => {
  it.each(NOISE)(
    "of exponent $beta and $samples samples is the Python package's",
    ({ beta, series, samples, values }) => {
      const noise = new ColoredNoise(beta, series, samples);
      noise.draw(createRng(5));
      expect(noise.values).toHaveLength(values.length);
      values.forEach((value, i) => {
        expect(noise.values[i]).toBeCloseTo(value, 13);
      });
    },
  );
});

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
