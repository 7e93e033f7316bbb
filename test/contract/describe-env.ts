import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Env, JsonObject, StepOut } from "../../protocol/env.ts";
import { MyoError, type ErrorCode } from "../../protocol/errors.ts";
import { elementCount, fromNdArray } from "../../protocol/ndarray.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { EnvDefinition } from "../../envs/task.ts";

const SEED = 11;
const STEPS = 8;
/** The first test compiles the model: two full bodies take 10 s in wasm on an idle machine. */
const COMPILE_TIMEOUT = 180_000;
/** Longer episodes are not run to their end here; the time limit is the loop's, not the task's. */
const LONGEST_EPISODE = 150;

/** A slow wave over the Box, different for every actuator and step. */
export function waveAction(env: Env, step: number): [Float32Array] {
  const space = env.spec.act_space;
  if (space.type !== "box") throw new Error("the wave needs a Box");
  const size = elementCount(space.shape);
  const low = fromNdArray(space.low);
  const high = fromNdArray(space.high);
  const at = (bound: ArrayLike<number | bigint>, i: number) => Number(bound[bound.length === 1 ? 0 : i]);
  return [
    Float32Array.from({ length: size }, (_, i) => {
      const wave = 0.5 + 0.475 * Math.sin(2 * Math.PI * (0.037 * step + 0.1731 * i));
      return at(low, i) + (at(high, i) - at(low, i)) * wave;
    }),
  ];
}

/** Everything a client sees of a step, bit for bit. */
export function seen(out: StepOut) {
  return {
    obs: out.obs.map((buffer) =>
      Buffer.from(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength).toString("base64"),
    ),
    reward: out.reward,
    terminated: out.terminated,
    truncated: out.truncated,
    terms: [...out.terms],
    error: out.error,
  };
}

export function run(env: Env, from: number, steps: number) {
  return Array.from({ length: steps }, (_, i) => seen(env.step(waveAction(env, from + i))));
}

export function codeOf(action: () => unknown): ErrorCode | null {
  try {
    action();
  } catch (error) {
    if (error instanceof MyoError) return error.code;
    throw error;
  }
  return null;
}

/** Why this environment cannot run here, null when it can. */
export function missing(definition: EnvDefinition, kwargs: JsonObject = {}): string | null {
  try {
    definition.source(validateKwargs(definition, kwargs), "light");
    return null;
  } catch (error) {
    if (error instanceof MyoError && error.code === "MODEL_MISSING") return error.message;
    throw error;
  }
}

/**
 * What every environment of the registry must do.
 * @param needed kwargs without which it refuses to be made
 */
export function describeEnv(
  definition: EnvDefinition,
  openEngine: () => Promise<Engine>,
  needed: JsonObject = {},
): void {
  const reason = missing(definition, needed);
  if (reason !== null) {
    it.skip(`${definition.id}: ${reason}`, () => undefined);
    return;
  }
  describe(definition.id, () => {
    let engine: Engine;
    let rows: TaskEnv[] = [];
    const make = (kwargs: JsonObject = {}, seed: number | null = null): TaskEnv => {
      const row = createEnv(definition, validateKwargs(definition, { ...needed, ...kwargs }), engine, { seed });
      rows.push(row);
      return row;
    };
    const closeRows = () => {
      for (const row of rows) row[Symbol.dispose]();
      rows = [];
    };
    beforeAll(async () => {
      engine = await openEngine();
    });
    afterAll(closeRows);

    it(
      "describes what it returns",
      () => {
        const env = make();
        const { spec } = env;
        expect(spec.id).toBe(definition.id);
        const [buffer] = layoutOf(spec.obs_space).buffers;
        const out = env.reset(SEED);
        const step = env.step(waveAction(env, 0));
        for (const { obs, terms } of [out, step]) {
          expect(obs[0]).toBeInstanceOf(Float32Array);
          expect(obs[0]).toHaveLength(buffer!.size);
          expect([...(obs[0] as Float32Array)].every(Number.isFinite)).toBe(true);
          expect(terms).toHaveLength(spec.info_keys.length);
        }
        expect(out.obs[0]).not.toBe(step.obs[0]);
        const slices = Object.values(spec.obs_keys);
        let offset = 0;
        for (const slice of slices) {
          expect(slice.offset).toBe(offset);
          offset += elementCount(slice.shape);
          if (slice.names.length > 0)
            expect([slice.shape.at(-1), elementCount(slice.shape)]).toContain(slice.names.length);
        }
        expect(offset).toBe(buffer!.size);
        for (const key of Object.keys(spec.obs_keys)) expect(spec.obs_available).toContain(key);
        for (const key of Object.keys(spec.reward_weights)) expect(typeof spec.reward_weights[key]).toBe("number");
        expect(spec.dt).toBeGreaterThan(0);
        expect(spec.model_sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(spec.actuators.every((name) => name.length > 0)).toBe(true);
        const positions = new Float64Array(spec.joints.length);
        env.jointPositions(positions);
        expect([...positions].every(Number.isFinite)).toBe(true);
        closeRows();
      },
      COMPILE_TIMEOUT,
    );

    it("gives the same bits for the same seed and actions, whatever runs beside it", () => {
      const alone = make();
      const first = [seen(alone.reset(SEED)), ...run(alone, 0, STEPS)];
      const one = make();
      const other = make();
      const interleaved = [seen(one.reset(SEED))];
      other.reset(SEED + 1);
      for (let k = 0; k < STEPS; k++) {
        other.step(waveAction(other, 3 * k + 1));
        if (k === 3) other.reset(null);
        interleaved.push(...run(one, k, 1));
      }
      expect(interleaved).toEqual(first);
      expect([seen(other.reset(SEED)), ...run(other, 0, STEPS)]).toEqual(first);
      expect(seen(one.reset(null)).obs).toEqual(seen(alone.reset(null)).obs);
      closeRows();
    });

    it("takes the stream's seed from make when reset has none", () => {
      const seeded = make({}, SEED);
      const reset = make();
      expect(seen(seeded.reset(null))).toEqual(seen(reset.reset(SEED)));
      closeRows();
    });

    it("continues bit for bit from a snapshot, in another row too", () => {
      const env = make();
      env.reset(SEED);
      run(env, 0, 3);
      const snapshot = env.snapshot();
      const expected = [...run(env, 3, STEPS), seen(env.reset(null)), ...run(env, 0, 2)];
      env.restore(snapshot);
      const again = [...run(env, 3, STEPS), seen(env.reset(null)), ...run(env, 0, 2)];
      expect(again).toEqual(expected);
      const other = make();
      other.reset(SEED + 5);
      run(other, 2, 2);
      other.restore(snapshot);
      const continued = [...run(other, 3, STEPS), seen(other.reset(null)), ...run(other, 0, 2)];
      expect(continued).toEqual(expected);
      const fresh = make();
      fresh.restore(snapshot);
      expect(run(fresh, 3, STEPS)).toEqual(expected.slice(0, STEPS));
      const restoreIt = fresh.restorer(snapshot);
      fresh.reset(SEED + 6);
      for (let round = 0; round < 2; round++) {
        restoreIt();
        expect(run(fresh, 3, STEPS)).toEqual(expected.slice(0, STEPS));
      }
      expect(codeOf(() => fresh.restorer(new Uint8Array([1, 2, 3])))).toBe("BAD_OPTIONS");
      expect(codeOf(() => fresh.restore(new Uint8Array([1, 2, 3])))).toBe("BAD_OPTIONS");
      expect(codeOf(() => fresh.restore(snapshot.slice(0, snapshot.length - 8)))).toBe("BAD_OPTIONS");
      fresh[Symbol.dispose]();
      closeRows();
    });

    it("truncates at its step limit and starts anew", () => {
      const env = make();
      const limit = env.spec.max_episode_steps;
      if (limit === null || limit > LONGEST_EPISODE) return;
      env.reset(SEED);
      for (let k = 1; k <= limit; k++) expect(env.step(waveAction(env, k)).truncated).toBe(k === limit);
      env.reset(SEED);
      expect(env.step(waveAction(env, 0)).truncated).toBe(false);
      closeRows();
    });

    it("picks and orders observation groups", () => {
      const plain = make();
      const reversed = Object.keys(plain.spec.obs_keys).toReversed();
      const env = make({ obs_keys: reversed });
      expect(Object.keys(env.spec.obs_keys)).toEqual(reversed);
      const expected = plain.reset(SEED).obs[0] as Float32Array;
      const actual = env.reset(SEED).obs[0] as Float32Array;
      for (const [name, slice] of Object.entries(plain.spec.obs_keys)) {
        const size = elementCount(slice.shape);
        const at = env.spec.obs_keys[name]!.offset;
        expect(actual.slice(at, at + size)).toEqual(expected.slice(slice.offset, slice.offset + size));
      }
      closeRows();
    });

    it("offers every group, the muscles in SI units", () => {
      const env = make({ obs_keys: make().spec.obs_available });
      env.reset(SEED);
      const obs = env.step(waveAction(env, 0)).obs[0] as Float32Array;
      const slice = env.spec.obs_keys["muscle"];
      if (slice !== undefined) {
        const [rowCount, n = 0] = slice.shape;
        expect(rowCount).toBe(4);
        const rowsOf = (r: number) => [...obs.slice(slice.offset + r * n, slice.offset + (r + 1) * n)];
        expect(rowsOf(0).every((length) => length > 0 && length < 2)).toBe(true);
        expect(rowsOf(1).every((velocity) => Math.abs(velocity) < 50)).toBe(true);
        expect(rowsOf(2).every((force) => force <= 1e-3 && force > -1e5)).toBe(true);
        expect(rowsOf(3).every((activation) => activation >= 0 && activation <= 1)).toBe(true);
        expect(rowsOf(3).some((activation) => activation > 0)).toBe(true);
      }
      const excitation = env.spec.obs_keys["excitation"];
      expect(excitation === undefined).toBe(slice === undefined);
      if (excitation !== undefined) {
        const { ctrl, model } = env.physicsBorrow;
        const driven = excitation.names.map((name) => Math.fround(ctrl[model.id("actuator", name)]!));
        expect([...obs.slice(excitation.offset, excitation.offset + excitation.shape[0]!)]).toEqual(driven);
      }
      closeRows();
    });

    it("refuses unknown names with a code", () => {
      expect(codeOf(() => validateKwargs(definition, { nonsense: 1 }))).toBe("BAD_OPTIONS");
      expect(codeOf(() => make({ obs_keys: ["nonsense"] }))).toBe("BAD_OPTIONS");
      expect(codeOf(() => make({ weighted_reward_keys: { nonsense: 1 } }))).toBe("BAD_OPTIONS");
      const env = make();
      expect(codeOf(() => env.step(waveAction(env, 0)))).toBe("NEEDS_RESET");
      expect(codeOf(() => env.snapshot())).toBe("NEEDS_RESET");
      expect(codeOf(() => env.reset(0, { nonsense: 1 }))).toBe("BAD_OPTIONS");
      closeRows();
    });

    it("tells its state by name: groups as observed, terms that sum up to the reward", () => {
      const env = make();
      expect(codeOf(() => env.state([]))).toBe("NEEDS_RESET");
      env.reset(SEED);
      expect(env.state([]).terms).toEqual({});
      const step = env.step(waveAction(env, 0));
      const { obs_keys: slices, obs_dict: named = [] } = env.spec;
      const state = env.state([...new Set([...named, ...Object.keys(slices)])]);
      const seen = step.obs[0] as Float32Array;
      for (const [name, { offset, shape }] of Object.entries(slices)) {
        expect(state.obs[name]?.values, name).toEqual(seen.slice(offset, offset + elementCount(shape)));
      }
      expect(state.terms["dense"]).toBe(step.reward);
      env.spec.info_keys.forEach((key, column) => {
        expect(state.terms[key], key).toBe(step.terms[column]);
      });
      run(env, 1, 2);
      expect(state.qpos).not.toEqual(env.state([]).qpos);
      expect(codeOf(() => env.state(["nonsense"]))).toBe("BAD_OPTIONS");
      env.restore(env.snapshot());
      expect(env.state([]).terms).toEqual({});
      closeRows();
    });

    it("shows a viewer its own copies", () => {
      const env = make();
      env.reset(SEED);
      const scene = env.scene();
      const before = scene.xpos.slice();
      run(env, 0, 3);
      expect(scene.xpos).toEqual(before);
      expect(scene.model_sha256).toBe(env.spec.model_sha256);
      expect(scene.xquat.length / 4).toBe(scene.xpos.length / 3);
      closeRows();
    });
  });
}
