import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, RowOut } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Engine, Physics } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import { uniformBox } from "../../envs/spec.ts";
import { TERMINATED, type EnvDefinition, type MuscleStage, type Task, type TaskLayout } from "../../envs/task.ts";
import { codeOf, run, seen } from "../contract/describe-env.ts";

const XML = `<mujoco><size memory="1M"/><worldbody>
  <site name="goal" pos="1 0 0"/>
  <body><joint name="h" axis="0 1 0"/><geom type="capsule" fromto="0 0 0 0 0 -.3" size=".03" mass="1"/></body>
</worldbody><actuator><motor name="a" joint="h"/></actuator></mujoco>`;

interface Quirks {
  readonly weights?: Readonly<Record<string, number>>;
  readonly terms?: readonly string[];
  readonly log?: string[];
  readonly unclipped?: boolean;
  readonly poison?: (p: Physics, step: number) => void;
  readonly badTerm?: number;
}

/** Logs what the loop calls; edits a model field at every reset. */
class LoggingTask implements Task {
  readonly layout: TaskLayout;
  readonly unclipped?: boolean;
  readonly #quirks: Quirks;
  #steps = 0;

  constructor(quirks: Quirks) {
    this.#quirks = quirks;
    if (quirks.unclipped === true) this.unclipped = true;
    this.layout = {
      actionSpace: uniformBox(-1, 1, 1),
      groups: [
        {
          name: "qpos",
          shape: [1],
          unit: "rad",
          names: ["h"],
          write: (p, out, offset) => void (out[offset] = p.qpos[0]!),
        },
        {
          name: "goal",
          shape: [3],
          unit: "m",
          names: [],
          write: (p, out, offset) => out.set(p.siteXpos.subarray(0, 3), offset),
        },
      ],
      defaultObsKeys: ["qpos", "goal"],
      terms: quirks.terms ?? ["big", "small", "dense"],
      weights: quirks.weights ?? { small: 1, big: 1 },
      hiddenTerms: ["dense"],
      frameSkip: 3,
      maxEpisodeSteps: 4,
      sensors: false,
      movesBeforeStep: false,
      muscles: [],
    };
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    p.edit("site_pos")[0] = rng.random();
    p.commitEdits();
    p.forward();
    this.#steps = 0;
    this.#log("reset");
  }
  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    ctrl[0] = Number(action[0]);
    this.#log(`apply ${ctrl[0]}`);
  }
  beforeStep(p: Physics, rng: Rng): void {
    this.#log("before");
    rng.random();
    this.#quirks.poison?.(p, this.#steps);
  }
  afterSubstep(p: Physics): void {
    this.#log(`substep ${Math.round(p.time / 0.002)}`);
  }
  evaluate(_p: Physics, _action: NumericArray, terms: Float64Array): number {
    this.#steps += 1;
    terms[0] = this.#quirks.badTerm ?? 1e16;
    terms[1] = 1;
    terms[2] = 7;
    this.#log("evaluate");
    return this.#steps === 2 ? TERMINATED : 0;
  }
  save(): Json {
    return this.#steps;
  }
  load(state: Json): void {
    this.#steps = Number(state);
  }
  #log(line: string): void {
    this.#quirks.log?.push(line);
  }
}

class HalvingStage implements MuscleStage {
  uses = 0;
  reset(): void {
    this.uses = 0;
  }
  apply(ctrl: Float64Array): void {
    this.uses += 1;
    ctrl[0]! /= 2;
  }
  save(): Json {
    return this.uses;
  }
  load(state: Json): void {
    this.uses = Number(state);
  }
}

function fake(quirks: Quirks = {}): EnvDefinition {
  return {
    id: "fake-v0",
    title: "",
    family: "test",
    pack: null,
    kwargsSchema: { properties: {} },
    source: () => ({ key: "fake", xml: XML, files: [] }),
    task: () => new LoggingTask(quirks),
    stages: () => [new HalvingStage()],
  };
}

describe("step loop", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => engine[Symbol.dispose]());
  const make = (quirks: Quirks = {}, kwargs = {}) =>
    createEnv(fake(quirks), validateKwargs(fake(), kwargs), engine, { seed: 3 });
  const action = (value: number): [Float32Array] => [Float32Array.of(value)];

  it("calls the task in order, with the action clipped and the stages applied", () => {
    const log: string[] = [];
    using env = make({ log });
    env.reset(1);
    env.step(action(5));
    expect(log).toEqual(["reset", "before", "apply 1", "substep 1", "substep 2", "substep 3", "evaluate"]);
    expect(env.physicsBorrow.ctrl[0]).toBe(0.5);
    expect(env.physicsBorrow.time).toBeCloseTo(0.006, 12);
  });

  it("leaves the action alone where the task says so", () => {
    using env = make({ unclipped: true });
    env.reset(1);
    env.step(action(5));
    expect(env.physicsBorrow.ctrl[0]).toBe(2.5);
  });

  it("takes the term dense as the reward, else sums in the order of the weights", () => {
    const rewardOf = (quirks: Quirks, kwargs = {}) => {
      using env = make(quirks, kwargs);
      env.reset(1);
      return env.step(action(0));
    };
    const dense = rewardOf({});
    expect(dense.reward).toBe(7);
    expect([...dense.terms]).toEqual([1e16, 1]);
    const plain = { terms: ["big", "small", "other"] };
    expect(rewardOf({ ...plain, weights: { big: 1, small: 1, other: -1e16 / 7 } }).reward).toBe(1e16 + 1 - 1e16);
    expect(rewardOf({ ...plain, weights: { big: 1, other: -1e16 / 7, small: 1 } }).reward).toBe(1);
    expect(rewardOf({}, { weighted_reward_keys: { small: 3 } }).reward).toBe(3);
  });

  it("keeps terminated and truncated apart and goes on after the end", () => {
    using env = make();
    env.reset(1);
    const ends = Array.from({ length: 5 }, () => env.step(action(0)));
    expect(ends.map(({ terminated }) => terminated)).toEqual([false, true, false, false, false]);
    expect(ends.map(({ truncated }) => truncated)).toEqual([false, false, false, true, true]);
  });

  it("ends the episode of a row that diverged, with finite numbers and a sentence", () => {
    const poison = (p: Physics, step: number) => {
      if (step === 0) p.qvel[0] = NaN;
    };
    using env = make({ poison });
    using healthy = make();
    env.reset(1);
    healthy.reset(1);
    const out = env.step(action(0));
    expect(out.terminated).toBe(true);
    expect(out.error).toMatch(/qvel.*reset the row/);
    expect([...(out.obs[0] as Float32Array), out.reward].every(Number.isFinite)).toBe(true);
    expect(healthy.step(action(0)).error).toBeNull();
    // Stepping on is allowed, but the episode stays ended until a reset, from a snapshot too.
    const snapshot = env.snapshot();
    const ends = (row: typeof healthy): boolean[] => Array.from({ length: 3 }, () => row.step(action(0)).terminated);
    expect(env.step(action(0))).toMatchObject({ error: null, terminated: true });
    expect(env.reset(1).error).toBeNull();
    expect(ends(healthy)).toEqual([true, false, false]);
    healthy.restore(snapshot);
    expect(ends(healthy)).toEqual([true, true, true]);
    healthy.reset(1);
    expect(healthy.step(action(0)).terminated).toBe(false);
  });

  it("never returns NaN from a task silently", () => {
    using env = make({ badTerm: NaN });
    env.reset(1);
    const out = env.step(action(0));
    expect(out).toMatchObject({ terminated: true, reward: 7 });
    expect([...out.terms]).toEqual([0, 1]);
    expect(out.error).toMatch(/NaN/);
  });

  it("reports a NaN action as divergence", () => {
    using env = make();
    env.reset(1);
    expect(env.step(action(NaN))).toMatchObject({ terminated: true });
  });

  it("writes into the caller's arrays", () => {
    using env = make();
    const out: RowOut = {
      obs: [new Float32Array(4).fill(9)],
      terms: new Float64Array(2).fill(9),
      reward: 9,
      terminated: true,
      truncated: true,
      error: "old",
    };
    env.resetInto(1, undefined, out);
    expect(out).toMatchObject({ reward: 0, terminated: false, truncated: false, error: null });
    expect([...out.terms]).toEqual([0, 0]);
    const before = [...(out.obs[0] as Float32Array)];
    env.stepInto(action(1), out);
    expect([...(out.obs[0] as Float32Array)]).not.toEqual(before);
    expect(out.terms[1]).toBe(1);
  });

  it("keeps model edits, stages, task and random stream in the snapshot", () => {
    using env = make();
    using other = make();
    env.reset(1);
    env.step(action(1));
    const snapshot = env.snapshot();
    const expected = [...run(env, 0, 3), seen(env.reset(null))];
    other.reset(2);
    expect(other.scene().edits["site_pos"]).not.toEqual(env.scene().edits["site_pos"]);
    other.restore(snapshot);
    expect([...run(other, 0, 3), seen(other.reset(null))]).toEqual(expected);
  });

  it("refuses a snapshot of another model", () => {
    const definition = findEnv("arm26-reach-v0");
    using six = createEnv(definition, validateKwargs(definition, {}), engine);
    using twelve = createEnv(definition, validateKwargs(definition, { muscles: 12 }), engine);
    six.reset(1);
    const snapshot = six.snapshot();
    expect(codeOf(() => twelve.restore(snapshot))).toBe("BAD_OPTIONS");
    expect(() => twelve.restore(snapshot)).toThrow(/arm26\/1.*arm26\/2/);
  });
});
