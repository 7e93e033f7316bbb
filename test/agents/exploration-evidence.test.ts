import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { EnvSpec } from "../../protocol/env.ts";
import { createRng, namedStream } from "../../protocol/random/generator.ts";
import { createController, permutation, type Controller } from "../bench/evidence/exploration/controllers.ts";
import { JointGrid } from "../bench/evidence/exploration/joint-grid.ts";
import { LatchingMeter } from "../bench/evidence/exploration/latching.ts";
import { armWorld, METHODS, SETTINGS, type ControllerConfig } from "../bench/evidence/exploration/plan.ts";
import { runTrial, type Regime, type Trial } from "../bench/evidence/exploration/trial.ts";
import { chooseSettings } from "../bench/evidence/exploration/trials.ts";
import { bootstrap, iqm } from "../bench/evidence/statistics.ts";
import { TrialLog } from "../bench/evidence/trial-log.ts";
import { decide, whole, type ClaimPart } from "../bench/evidence/verdict.ts";

const engine = await createWasmEngine();
afterAll(() => {
  engine[Symbol.dispose]();
});

function armSpec(muscles: number): EnvSpec {
  const definition = findEnv("arm26-reach-v0");
  using env = createEnv(definition, validateKwargs(definition, { muscles, obs_keys: ["muscle"] }), engine, { seed: 0 });
  return env.spec;
}

const FEW = armSpec(6);
const MANY = armSpec(60);
const OBS = new Float32Array(4 * 60 + 60);

const on = (spec: EnvSpec, config: ControllerConfig, seed = 0): Controller =>
  createController(config, { spec, seed, copies: spec.actuators.length / 6 });

describe("controllers of the exploration evidence", () => {
  it("Ornstein-Uhlenbeck noise has its standard deviation and time constant", () => {
    const std = 0.2;
    const ou = on(MANY, { kind: "ou", tau: 0.1, std }, 3);
    const steps = 2000;
    const x = Array.from({ length: steps }, () => Array.from(ou.act(OBS), (a) => 2 * a - 1));
    let variance = 0;
    let lagged = 0;
    for (let t = 0; t + 5 < steps; t++) {
      for (let i = 0; i < 60; i++) {
        variance += x[t]![i]! ** 2;
        lagged += x[t]![i]! * x[t + 5]![i]!;
      }
    }
    expect(Math.sqrt(variance / (60 * (steps - 5)))).toBeCloseTo(std, 2);
    expect(lagged / variance).toBeCloseTo(Math.exp(-0.5), 1);
  });

  it("bang-bang noise is 0 or 1 and switches at its rate", () => {
    const noise = on(MANY, { kind: "bang-bang", hold: 0.1 }, 3);
    const steps = 1000;
    const x = Array.from({ length: steps }, () => noise.act(OBS));
    expect(new Set(x.flatMap((action) => [...action]))).toEqual(new Set([0, 1]));
    let switches = 0;
    for (let t = 1; t < steps; t++) for (let i = 0; i < 60; i++) switches += Math.abs(x[t]![i]! - x[t - 1]![i]!);
    expect(switches / (60 * (steps - 1))).toBeCloseTo(0.1, 2);
  });

  it.each(SETTINGS.oracle)("the oracle gives the copies what six muscles would get: %j", (config) => {
    const many = on(MANY, config, 5);
    const few = on(FEW, config, 5);
    const few6 = OBS.subarray(0, 4 * 6 + 6);
    for (let t = 0; t < 20; t++) {
      const wanted = few.act(few6);
      const got = many.act(OBS);
      expect(new Set(wanted).size).toBeGreaterThan(1);
      got.forEach((value, i) => {
        expect(value).toBe(wanted[Math.floor(i / 10)]);
      });
    }
  });

  it("there is no oracle without copies", () => {
    expect(() => createController(SETTINGS.oracle[0]!, { spec: MANY, seed: 0, copies: null })).toThrow(/no oracle/);
  });

  it("shuffled sensors: motor i acts as an unshuffled one that feels muscle π(i)", () => {
    const inner = SETTINGS.dep[0]!;
    const shuffled = on(FEW, { kind: "shuffled", inner }, 9);
    const plain = on(FEW, inner, 9);
    const probe = Float32Array.from({ length: 30 }, (_, i) => i);
    const rng = createRng(1);
    const order = permutation(6, namedStream(9, "evidence.shuffle"));
    expect(Array.from(order)).not.toEqual([0, 1, 2, 3, 4, 5]);
    let moved = false;
    for (let t = 0; t < 60; t++) {
      const obs = probe.map((v) => v * 0.01 + 0.2 * rng.random());
      const seen = obs.slice();
      for (let row = 0; row < 4; row++) for (let i = 0; i < 6; i++) seen[6 * row + i] = obs[6 * row + order[i]!]!;
      const got = shuffled.act(obs);
      expect(Array.from(got)).toEqual(Array.from(plain.act(seen)));
      moved ||= new Set(got).size > 1;
    }
    expect(moved).toBe(true);
  });

  it("noisy sensors: each length with noise of its own, everything else as it is", () => {
    const still = new Float32Array(30).fill(0.2);
    const inner = SETTINGS.dep[0]!;
    const blind = on(FEW, inner);
    const noisy = on(FEW, { kind: "noisy", std: 0.01, inner });
    for (let t = 0; t < 20; t++) expect(new Set(blind.act(still))).toEqual(new Set([0.5]));
    const actions = Array.from({ length: 20 }, () => noisy.act(still));
    expect(new Set(actions.at(-1)).size).toBeGreaterThan(1);
    expect(still.every((value) => value === Math.fround(0.2))).toBe(true);
  });

  it("permutations hold each index once and differ by seed", () => {
    const orders = [1, 2, 3].map((seed) => Array.from(permutation(50, createRng(seed))));
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual([...order.keys()]);
    expect(orders[0]).not.toEqual(orders[1]);
  });
});

describe("what is measured", () => {
  const RANGES = [{ range: [0, 1] as [number, number] }, { range: [-2, 2] as [number, number] }];

  it("the grid counts cells of both joints together", () => {
    const grid = new JointGrid(RANGES, 4);
    grid.visit([0.1, -1.9]);
    grid.visit([0.2, -1.1]);
    expect(grid.mean()).toBe(1 / 16);
    grid.visit([0.9, -1.9]);
    grid.visit([0.1, 1.9]);
    expect(grid.mean()).toBe(3 / 16);
    grid.visit([7, 9]);
    grid.visit([1, 2]);
    expect(grid.mean()).toBe(4 / 16);
    grid.visit([NaN, 0]);
    expect(grid.mean()).toBe(4 / 16);
    expect(() => new JointGrid(RANGES.slice(1), 4)).toThrow(RangeError);
  });

  it("a joint that rests at its limit is latched, one that rests elsewhere is still, one that swings is neither", () => {
    const meter = (at: (t: number) => number[]): LatchingMeter => {
      const it = new LatchingMeter(RANGES);
      for (let t = 0; t < 800; t++) it.visit(at(t));
      return it;
    };
    expect(meter(() => [1.01, 0]).result()).toEqual({ at_limit: 0.5, latched: 0.5, still: 1, late_std: 0 });
    // Comes to its limit in the first half of the window: that half is not looked at.
    expect(meter((t) => [t % 200 < 90 ? 0.5 : 1, 0]).result().latched).toBe(0.5);
    const swing = meter((t) => [0.5 + 0.4 * Math.sin((2 * Math.PI * t) / 50), 0]).result();
    expect(swing).toMatchObject({ at_limit: 0, latched: 0, still: 0 });
    expect(swing.late_std).toBeCloseTo(0.4 / Math.SQRT2 / 2, 3);
  });

  it("only the last quarter counts for late_std", () => {
    const meter = new LatchingMeter(RANGES);
    for (let t = 0; t < 800; t++) meter.visit([t < 600 && t % 2 === 0 ? 0.2 : 0.8, 0]);
    expect(meter.result().late_std).toBeCloseTo(0, 6);
  });
});

describe("statistics of evidence", () => {
  it("the interquartile mean leaves out a quarter at each end", () => {
    expect(iqm([100, 1, 2, 3, 4, 5, 6, 7, -50, 8])).toBe(4.5);
    expect(iqm([3])).toBe(3);
  });

  it("the interval covers the true value about 95 times in 100 and is repeatable", () => {
    const rng = createRng(4);
    let hits = 0;
    const trials = 300;
    const mean = ([values = []]: readonly ArrayLike<number>[]): number =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    for (let i = 0; i < trials; i++) {
      const sample = Array.from({ length: 30 }, () => rng.normal(2, 1));
      const { low, high } = bootstrap([sample], mean, 300, rng);
      if (low <= 2 && 2 <= high) hits++;
    }
    expect(hits / trials).toBeGreaterThan(0.88);
    expect(hits / trials).toBeLessThan(0.99);
    const twice = [1, 2].map(() => bootstrap([[1, 2, 3, 9]], mean, 50, createRng(8)));
    expect(twice[0]).toEqual(twice[1]);
  });

  it("decides by the whole interval", () => {
    expect(decide({ value: 0.3, low: 0.2, high: 0.4 }, 0.5, "below")).toBe("supported");
    expect(decide({ value: 0.5, low: 0.2, high: 0.6 }, 0.5, "below")).toBe("undecided");
    expect(decide({ value: 0.7, low: 0.6, high: 0.8 }, 0.5, "below")).toBe("refuted");
    expect(decide({ value: 0.7, low: 0.6, high: 0.8 }, 0.5, "at least")).toBe("supported");
    expect(decide({ value: 0.3, low: 0.2, high: 0.4 }, 0.5, "at least")).toBe("refuted");
    expect(decide({ value: 0.3, low: NaN, high: NaN }, 0.5, "below")).toBe("undecided");
    const parts = (...decisions: ClaimPart["decision"][]): ClaimPart[] =>
      decisions.map((decision) => ({
        name: "",
        ratio: { value: 0, low: 0, high: 0 },
        bound: 0,
        side: "below",
        decision,
      }));
    expect(whole("", parts("supported", "supported")).decision).toBe("supported");
    expect(whole("", parts("supported", "undecided")).decision).toBe("undecided");
    expect(whole("", parts("undecided", "refuted")).decision).toBe("refuted");
  });
});

describe("trials", () => {
  const trial = (seed: number, regime: Regime = "episodes", setting = SETTINGS.dep[0]!): Trial => ({
    world: armWorld(6),
    regime,
    method: "dep",
    setting,
    seed,
    steps: 600,
  });

  it("are the same for the same seed and others for another", () => {
    const first = runTrial(trial(1), engine);
    expect(runTrial(trial(1), engine)).toEqual(first);
    expect(runTrial(trial(2), engine)).not.toEqual(first);
    expect(runTrial(trial(1, "continuing"), engine)).not.toEqual(first);
    expect(first.coverage).toBeGreaterThan(runTrial(trial(1, "episodes", SETTINGS.hold[0]), engine).coverage);
  });

  it("every method has one setting or the same budget of six, all different", () => {
    for (const method of METHODS) {
      const texts = SETTINGS[method].map((setting) => JSON.stringify(setting));
      expect([1, 6]).toContain(new Set(texts).size);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });

  it("the setting with the highest mean over the pilot is chosen, the first of equals", () => {
    const best = [2, 4];
    const lookup = ({ method, setting, seed }: Trial) => ({
      coverage: (best.includes(SETTINGS[method].indexOf(setting)) ? 0.5 : 0.4) + 0.001 * seed,
      at_limit: 0,
      latched: 0,
      still: 0,
      late_std: 0,
    });
    const chosen = chooseSettings(lookup);
    expect(chosen.arm).toMatchObject({ zero: 0, white: 2, oracle: 2, dep: 2 });
    expect(chosen.leg).toMatchObject({ white: 2, shuffled: 2 });
    expect(chosen.leg).not.toHaveProperty("oracle");
  });
});

describe("TrialLog", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "myoserve-evidence-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("goes on where it was, also after a line that was cut off", () => {
    const file = path.join(folder, "sub/log.jsonl");
    const log = new TrialLog<number>(file);
    log.add("a", 1);
    log.add("b", 2);
    appendFileSync(file, '{"key":"c","res');
    const again = new TrialLog<number>(file);
    expect([again.get("a"), again.get("b"), again.get("c")]).toEqual([1, 2, undefined]);
    again.add("c", 3);
    const third = new TrialLog<number>(file);
    expect([third.get("a"), third.get("c")]).toEqual([1, 3]);
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(4);
  });

  it("keeps results in memory where no file is named", () => {
    const log = new TrialLog<number>(null);
    log.add("a", 1);
    expect(log.get("a")).toBe(1);
  });
});
