import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { createRng } from "../../protocol/random/generator.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { ChaseTagField } from "../../envs/myosuite/challenge/chase-tag-field.ts";
import { ColoredNoise } from "../../envs/myosuite/challenge/colored-noise.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { waveAction } from "../contract/describe-env.ts";
import { deviation, packObstacle } from "../parity/golden.ts";

interface Vectors {
  readonly noise: readonly {
    readonly beta: number;
    readonly length: number;
    readonly at: readonly number[];
    /** [2 series, 2 channels, positions] */
    readonly series: readonly (readonly (readonly number[])[])[];
    /** The stream's next uniform number. */
    readonly next: number;
  }[];
  readonly keys: readonly string[];
  /** Control steps from one entry of an episode to the next. */
  readonly stride: number;
  readonly episodes: readonly {
    readonly seed: number;
    readonly steps: number;
    readonly kwargs: JsonObject;
    /** The first is the reset's. */
    readonly obs: readonly (readonly number[])[];
    readonly terms: readonly Readonly<Record<string, number>>[];
  }[];
  readonly startKeys: readonly string[];
  readonly starts: readonly {
    readonly seed: number;
    /** A seeded and an unseeded reset. */
    readonly obs: readonly (readonly number[])[];
    /** Sum of the heights, and with weights cos i. */
    readonly field: readonly number[];
  }[];
}

const VECTORS = JSON.parse(readFileSync(new URL("chase-tag-vectors.json", import.meta.url), "utf8")) as Vectors;
const FIRST = "myoChallengeChaseTagP1-v0";
const LAST = "myoChallengeChaseTagP2eval-v0";
/** Rounding of float32 observations; flat ground amplifies wasm's rounding to less. */
const TOLERANCE = 1e-6;
const obstacle = packObstacle();

describe("ColoredNoise", () => {
  it.each(VECTORS.noise)(
    "equals the Python package, beta $beta, $length steps",
    ({ beta, length, at, series, next }) => {
      const rng = createRng(5);
      const noise = new ColoredNoise(beta, length, 1);
      const sample = new Float64Array(2);
      noise.draw(rng);
      for (const channels of series) {
        const values = Array.from({ length }, () => {
          noise.sample(rng, sample);
          return [...sample];
        });
        channels.forEach((wanted, channel) => {
          const got = at.map((step) => values[step]![channel]!);
          expect(deviation(got, wanted)).toBeLessThan(1e-12);
        });
      }
      expect(rng.random()).toBe(next);
    },
  );
});

describe("ChaseTagField", () => {
  const CELLS = 100;
  const PATCH = 33;
  const ramp = Float64Array.from({ length: PATCH * PATCH }, (_, i) => Math.trunc(i / PATCH));
  const field = new ChaseTagField(ramp, { hills: [0.2, 0.2], rough: [0.1, 0.1], relief: [9, 9] });

  function patch(heights: Float64Array, row: number, column: number): number[] {
    return Array.from({ length: PATCH * PATCH }, (_, i) => {
      const cell = (row * PATCH + Math.trunc(i / PATCH)) * CELLS + column * PATCH + (i % PATCH);
      return heights[cell]!;
    });
  }

  it("lays nine patches of their heights, at most two hilly ones, and now and then the relief", () => {
    const rng = createRng(1);
    const heights = new Float64Array(CELLS * CELLS);
    let reliefs = 0;
    for (let episode = 0; episode < 100; episode++) {
      field.sample(rng, heights);
      let hilly = 0;
      for (let i = 0; i < 9; i++) {
        const values = patch(heights, Math.trunc(i / 3), i % 3);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        hilly += most === 0.2 ? 1 : 0;
        reliefs += most === 9 ? 1 : 0;
        if (most === 9) expect(values[0]).toBe(9);
        expect([0, 0.2, 0.1 - 0.02, 9]).toContain(most);
        expect(least).toBe(most === 0.1 - 0.02 ? -0.02 : 0);
      }
      expect(hilly).toBeLessThanOrEqual(2);
    }
    expect(reliefs).toBeGreaterThan(8);
    expect(reliefs).toBeLessThan(35);
    for (let i = 0; i < CELLS; i++) expect([heights[i * CELLS + 99], heights[99 * CELLS + i]]).toEqual([0, 0]);
  });

  it("flattens one patch, its row by x", () => {
    const heights = new Float64Array(CELLS * CELLS).fill(1);
    field.flatten(heights, 5, -5);
    expect(new Set(patch(heights, 2, 0))).toEqual(new Set([0]));
    expect(heights.reduce((a, b) => a + b)).toBe(CELLS * CELLS - PATCH * PATCH);
  });
});

describe.skipIf(obstacle !== null)(`chase tag (${obstacle ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (id: string, kwargs: JsonObject): TaskEnv => {
    const definition = findEnv(id);
    return createEnv(definition, validateKwargs(definition, kwargs), engine);
  };

  it.each(VECTORS.episodes)("follows MyoSuite, seed $seed, $kwargs", ({ seed, steps, kwargs, obs, terms }) => {
    using env = make(FIRST, { ...kwargs, obs_keys: [...VECTORS.keys] });
    const shown = (values: ArrayLike<number>): number[] => Array.from(values).slice(0, obs[0]!.length);
    expect(deviation(shown(env.reset(seed).obs[0] as Float32Array), obs[0]!)).toBeLessThan(TOLERANCE);
    for (let step = 0; step < steps; step++) {
      const out = env.step(waveAction(env, step));
      const entry = (step + 1) / VECTORS.stride;
      if (!Number.isInteger(entry)) continue;
      expect(deviation(shown(out.obs[0] as Float32Array), obs[entry]!), `step ${step}`).toBeLessThan(TOLERANCE);
      const { done, reward, ...rest } = terms[entry - 1]!;
      expect(out.terminated).toBe(done === 1);
      expect(deviation([out.reward], [reward!])).toBeLessThan(TOLERANCE);
      env.spec.info_keys.forEach((key, i) => {
        expect(deviation([out.terms[i]!], [rest[key]!]), key).toBeLessThan(TOLERANCE);
      });
    }
  });

  it.each(VECTORS.starts)("draws MyoSuite's ground and start, seed $seed", ({ seed, obs, field }) => {
    using env = make(LAST, { obs_keys: [...VECTORS.startKeys] });
    for (const [i, wanted] of obs.entries()) {
      const got = env.reset(i === 0 ? seed : null).obs[0] as Float32Array;
      expect(deviation(got.subarray(0, wanted.length), wanted)).toBeLessThan(TOLERANCE);
    }
    const heights = env.physicsBorrow.edits.get("hfield_data")!;
    const sums = [0, 0];
    for (let i = 0; i < heights.length; i++) {
      sums[0]! += heights[i]!;
      sums[1]! += heights[i]! * Math.cos(i);
    }
    expect(deviation(sums, field)).toBeLessThan(1e-9);
  });

  it.each([
    ["random", [0, 0, 1, 0]],
    ["repeller", [0, 0, 0, 1]],
  ])("a snapshot continues the %s policy in another row", (_, opponent_probabilities) => {
    const kwargs = { task_choice: "CHASE", opponent_probabilities, obs_keys: ["opponent_pose", "opponent_vel"] };
    using env = make(LAST, kwargs);
    using other = make(LAST, kwargs);
    env.reset(3);
    for (let step = 0; step < 5; step++) env.step(waveAction(env, step));
    const saved = env.snapshot();
    const after = (row: TaskEnv): number[][] =>
      Array.from({ length: 5 }, (__, step) => {
        const { obs, reward } = row.step(waveAction(row, step));
        return [...(obs[0] as Float32Array), reward];
      });
    const wanted = after(env);
    other.reset(9);
    other.restore(saved);
    expect(after(other)).toEqual(wanted);
    env.restore(saved);
    expect(after(env)).toEqual(wanted);
  });

  it.each([
    { random_vel_range: [1, -1] },
    { chase_vel_range: [-1, 1] },
    { opponent_probabilities: [0.5, 0.5, 0.1] },
    { opponent_probabilities: [0.25, 0.25, 0.25, 0.25] },
    { repeller_opponent: true },
    { min_spawn_distance: 8 },
    { obs_keys: ["hfield"] },
    { terrain: "random", rough_range: [0.2, 0.1] },
  ])("refuses %j", (kwargs) => {
    expect(() => make(FIRST, kwargs)).toThrow(MyoError);
  });
});
