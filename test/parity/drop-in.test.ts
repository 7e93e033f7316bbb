/** A user of MyoSuite changes one line: dictionaries, keyword arguments and ids beside the registry of MyoSuite 3.0.0. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { EnvDefinition } from "../../envs/task.ts";
import { goldenDir, packObstacle, parityObstacle } from "./golden.ts";

interface Registered {
  readonly kwargs: Readonly<Record<string, Json>>;
  /** Sizes in `info["obs_dict"]`; null where it was not recorded. */
  readonly obs_available: Readonly<Record<string, number>> | null;
  readonly obs: readonly (readonly [string, number])[];
  readonly reward_keys: readonly string[] | null;
}

const obstacle = parityObstacle();
const packMissing = packObstacle();
/** Observations are float32. */
const TOLERANCE = 1e-6;
const VECTORS_FILE = "drop-in-vectors.json";

function registry(): Readonly<Record<string, Registered>> {
  const text = readFileSync(join(goldenDir() ?? "", "registry.json"), "utf8");
  return (JSON.parse(text) as { envs: Record<string, Registered> }).envs;
}

/** Sentence of the error, or null. */
function refusal(definition: EnvDefinition, kwargs: JsonObject): string | null {
  try {
    validateKwargs(definition, kwargs);
    return null;
  } catch (error) {
    if (error instanceof MyoError) return error.message;
    throw error;
  }
}

describe.skipIf(obstacle !== null)(`drop-in (${obstacle ?? "recordings found"})`, () => {
  let engine: Engine;
  let registered: ReturnType<typeof registry>;
  beforeAll(async () => {
    engine = await createWasmEngine();
    registered = registry();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  it.each(MYOSUITE_ENVS)("$id: obs_dict and rwd_dict have MyoSuite's keys and sizes", (definition) => {
    const expected = registered[definition.id];
    if (expected === undefined) throw new Error(`${definition.id} is not registered by MyoSuite`);
    const kwargs = validateKwargs(definition, {});
    using env = createEnv(definition, kwargs, engine);
    const names = env.spec.obs_dict ?? [];
    env.reset(0);
    const state = env.state(names);
    const sizes = Object.fromEntries(Object.entries(state.obs).map(([name, { values }]) => [name, values.length]));
    expect(sizes).toEqual(expected.obs_available ?? Object.fromEntries(expected.obs));
    expect(state.terms).toEqual({});
    const space = env.spec.act_space;
    env.step([new Float32Array(space.type === "box" ? (space.shape[0] ?? 0) : 0)]);
    const terms = new Set([...Object.keys(env.state([]).terms), "done"]);
    if (expected.reward_keys !== null) expect([...terms].sort()).toEqual([...expected.reward_keys].sort());
  });

  it.each(MYOSUITE_ENVS)("$id: every registered kwarg is taken or refused with a remedy", (definition) => {
    const properties = definition.kwargsSchema["properties"] as JsonObject;
    const gaps: string[] = [];
    for (const [name, given] of Object.entries(registered[definition.id]?.kwargs ?? {})) {
      // JSON has no infinity: no limit is null here.
      const value = given === "inf" ? null : given;
      const sentence = refusal(definition, { [name]: value });
      if (name in properties || name === "obs_keys" || name === "weighted_reward_keys") {
        if (sentence !== null) gaps.push(`${name}: ${sentence}`);
        const schema = properties[name] as JsonObject | undefined;
        const fallback = schema?.["default"];
        if (fallback !== undefined) expect(fallback, name).toEqual(value);
      } else if (!/ does not take the kwarg ".+"; .+\./.test(sentence ?? "")) {
        gaps.push(`${name} = ${JSON.stringify(value)}: ${sentence}`);
      }
    }
    expect(gaps).toEqual([]);
  });
});

interface Vector {
  readonly id: string;
  readonly kwargs: JsonObject;
  readonly seed: number;
  readonly actions: readonly number[][];
  readonly reset: number[];
  readonly last: number[];
  readonly rewards: number[];
  readonly terminated: boolean[];
  readonly obs_dict: Readonly<Record<string, number[]>>;
  readonly rwd_dict: Readonly<Record<string, number>>;
}

/** Written by generate-drop-in-vectors.py. */
const VECTORS = JSON.parse(readFileSync(new URL(VECTORS_FILE, import.meta.url), "utf8")) as readonly Vector[];

function deviation(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(
    0,
    ...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN)) / Math.max(1, Math.abs(value))),
  );
}

describe.skipIf(packMissing !== null)(`values beside MyoSuite's (${packMissing ?? "pack found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  it.each(VECTORS)("$id with $kwargs", ({ id, kwargs, seed, actions, ...expected }) => {
    const definition = findEnv(id);
    using env = createEnv(definition, validateKwargs(definition, kwargs), engine);
    const steps = [env.reset(seed), ...actions.map((action) => env.step([Float32Array.from(action)]))];
    const observed = [steps[0], steps.at(-1)].map((step) => step?.obs[0] as Float32Array);
    expect(deviation(observed[0] ?? [], expected.reset)).toBeLessThan(TOLERANCE);
    expect(deviation(observed[1] ?? [], expected.last)).toBeLessThan(TOLERANCE);
    const taken = steps.slice(1);
    const rewards = taken.map(({ reward }) => reward);
    expect(deviation(rewards, expected.rewards)).toBeLessThan(TOLERANCE);
    expect(taken.map(({ terminated }) => terminated)).toEqual(expected.terminated);
    const state = env.state(env.spec.obs_dict ?? []);
    expect(Object.keys(state.obs).sort()).toEqual(Object.keys(expected.obs_dict).sort());
    for (const [name, values] of Object.entries(expected.obs_dict)) {
      expect(deviation(state.obs[name]?.values ?? [], values), name).toBeLessThan(TOLERANCE);
    }
    const terms: Record<string, number> = { ...state.terms, done: Number(taken.at(-1)?.terminated) };
    expect(Object.keys(terms).sort()).toEqual(Object.keys(expected.rwd_dict).sort());
    for (const [name, value] of Object.entries(expected.rwd_dict)) {
      expect(deviation([terms[name] ?? NaN], [value]), name).toBeLessThan(TOLERANCE);
    }
  });
});

const SENTENCES: readonly (readonly [string, JsonObject, RegExp])[] = [
  ["myoElbowPose1D6MRandom-v0", { muscle_condition: "sarcopenia" }, /make "myoSarcElbowPose1D6MRandom-v0" instead/],
  ["myoElbowPose1D6MRandom-v0", { muscle_condition: "reafferentation" }, /no such variant/],
  ["myoHandPoseRandom-v0", { muscle_condition: "reafferentation" }, /make "myoReafHandPoseRandom-v0" instead/],
  ["myoLegWalk-v0", { model_path: "mine.xml" }, /models export/],
  ["myoLegWalk-v0", { seed: 3 }, /reset\(\)/],
  ["myoLegWalk-v0", { nonsense: 3 }, /nonsense/],
];

describe("drop-in errors", () => {
  it.each(SENTENCES)("%s refuses %j with a remedy", (id, kwargs, sentence) => {
    expect(refusal(findEnv(id), kwargs)).toMatch(sentence);
  });

  it.each(["MyoHandAirplaneFixed-v0", "MyoHandAirplaneFly-v0", "MyoHandCubesmallLift-v0"])(
    "%s of MyoSuite 2.x is answered with the way to a pack",
    (id) => {
      expect(() => findEnv(id)).toThrow(/3\.0\.0 no longer registers.+models export/);
      expect(() => findEnv("myoHandNothing-v0")).toThrow(/There is no environment/);
    },
  );
});
