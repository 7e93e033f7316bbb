import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { resolveConfig } from "../../agents/registry.ts";
import { MPO_AGENT } from "../../agents/mpo/agent.ts";
import { DEP_RL_AGENT } from "../../agents/dep-rl/agent.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { ClaimMaker, type MetricOf } from "../bench/evidence/learning/claims.ts";
import { playTrial } from "../bench/evidence/learning/play-trial.ts";
import {
  algoOf,
  BUDGET,
  FEW,
  MANY,
  METHODS,
  SETTINGS,
  TEST_SEEDS,
  VARIANT_OF,
  VARIANTS,
  WORLDS,
} from "../bench/evidence/learning/plan.ts";
import { complete, panelsOf, summarise } from "../bench/evidence/learning/summary.ts";
import type { Trial, TrialResult } from "../bench/evidence/learning/trial.ts";
import { TrialRunner, type LoggedResult, type RunnerOptions } from "../bench/evidence/learning/trial-runner.ts";
import {
  chooseSettings,
  chosenConfig,
  descriptiveTrials,
  pilotTrials,
  primaryTrials,
  type Chosen,
} from "../bench/evidence/learning/trials.ts";
import { svgPlot } from "../bench/evidence/svg-plot.ts";
import { TrialLog } from "../bench/evidence/trial-log.ts";

const FIRST: Chosen = { mpo: 0, "mpo-pink": 0, "dep-rl": 0 };

/** A curve that rises to `top` in a straight line. */
function resultOf(top: number, count = BUDGET.evaluations.count): TrialResult {
  const curve = Array.from({ length: count }, (_, e) => ({
    steps: ((e + 1) * BUDGET.steps) / count,
    success: (top * (e + 1)) / count,
    solved_steps: 0,
    wall: 10 * (e + 1),
    cpu: 11 * (e + 1),
  }));
  const metric = curve.reduce((sum, { success }) => sum + success, 0) / count;
  return { curve, metric, updates: 1, wall: 120, cpu: 130, engine: "", tensors: "", threads: 1 };
}

const logged = (top: number): LoggedResult => ({ ...resultOf(top), commit: "", date: "" });

describe("the plan of the learning evidence", () => {
  it("tunes every method with the same number of settings, all different and valid", () => {
    for (const method of METHODS) {
      const texts = SETTINGS[method].map((setting) => JSON.stringify(setting));
      expect(new Set(texts).size).toBe(SETTINGS.mpo.length);
      const definition = algoOf(method) === "mpo" ? MPO_AGENT : DEP_RL_AGENT;
      for (const setting of SETTINGS[method]) expect(() => resolveConfig(definition, undefined, setting)).not.toThrow();
    }
  });

  it("changes nothing but the behaviour between methods and variants", () => {
    const { exploration, ...pink } = chosenConfig("mpo-pink", FIRST);
    expect(pink).toEqual(chosenConfig("mpo", FIRST));
    expect(exploration).toMatchObject({ kind: "colored", beta: 1 });
    expect(chosenConfig("dep-rl", FIRST)).toMatchObject(chosenConfig("mpo", FIRST));
    for (const variant of VARIANTS) {
      const base = chosenConfig(VARIANT_OF[variant].method, FIRST);
      expect(chosenConfig(variant, FIRST)).toEqual({ ...base, ...VARIANT_OF[variant].config });
    }
  });

  it("orders trials so that a run that is stopped is balanced", () => {
    const all = WORLDS.flatMap(({ name }) => METHODS.map((method) => `${name} ${method}`));
    const named = (trials: readonly Trial[]): string[] => trials.map(({ world, method }) => `${world.name} ${method}`);
    for (const trials of [pilotTrials(), primaryTrials(FIRST)]) {
      expect(trials.length % all.length).toBe(0);
      for (let at = 0; at < trials.length; at += all.length) {
        const part = trials.slice(at, at + all.length);
        expect(named(part)).toEqual(all);
        expect(new Set(part.map(({ seed }) => seed)).size).toBe(1);
      }
    }
    expect(primaryTrials(FIRST)).toHaveLength(60);
    const pilot = new Set(pilotTrials().map(({ seed }) => seed));
    expect(TEST_SEEDS.filter((seed) => pilot.has(seed))).toEqual([]);
    const keys = [...primaryTrials(FIRST), ...descriptiveTrials(FIRST)].map((trial) => JSON.stringify(trial));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("takes the setting with the highest mean over sizes and seeds, the first of equals", () => {
    const place = ({ method, config }: Trial): number =>
      SETTINGS[method as (typeof METHODS)[number]].findIndex((each) => JSON.stringify(each) === JSON.stringify(config));
    const tops: Readonly<Record<string, readonly number[]>> = { mpo: [0.2, 0.5, 0.5], "dep-rl": [0.1, 0.2, 0.3] };
    const lookup = (trial: Trial): TrialResult => resultOf(tops[trial.method]?.[place(trial)] ?? 0);
    expect(chooseSettings(lookup)).toEqual({ mpo: 1, "mpo-pink": 0, "dep-rl": 2 });
    const without = (trial: Trial): TrialResult | undefined => (place(trial) === 1 ? undefined : lookup(trial));
    expect(() => chooseSettings(without)).toThrow(/not over/);
  });
});

describe("claims about learning", () => {
  const around = (value: number): number[] => TEST_SEEDS.map((_, i) => value + 0.002 * (i - 4.5));
  type Means = Readonly<Record<(typeof METHODS)[number], number>>;
  const decisions = (few: Means, many: Means, seeds: number = TEST_SEEDS.length): Record<string, string> => {
    const metric: MetricOf = ({ name }, method) => around((name === FEW.name ? few : many)[method]).slice(0, seeds);
    const claims = new ClaimMaker(metric, createRng(1)).claims();
    return Object.fromEntries(claims.map(({ name, decision }) => [name, decision]));
  };
  const level: Means = { mpo: 0.4, "mpo-pink": 0.4, "dep-rl": 0.4 };

  it("are supported where DEP helps with many muscles and harms nowhere", () => {
    expect(decisions(level, { mpo: 0.1, "mpo-pink": 0.1, "dep-rl": 0.5 })).toEqual({
      many: "supported",
      few: "supported",
      widening: "supported",
    });
  });

  it("are refuted where it is the other way round", () => {
    expect(decisions({ ...level, "dep-rl": 0.2 }, { mpo: 0.5, "mpo-pink": 0.1, "dep-rl": 0.1 })).toEqual({
      many: "refuted",
      few: "refuted",
      widening: "refuted",
    });
  });

  it("are undecided where nobody learnt, where seeds are missing and where intervals reach across", () => {
    const nobody: Means = { mpo: 0.02, "mpo-pink": 0.02, "dep-rl": 0.02 };
    expect(decisions(nobody, nobody)).toEqual({ many: "undecided", few: "undecided", widening: "undecided" });
    const good: Means = { mpo: 0.1, "mpo-pink": 0.1, "dep-rl": 0.5 };
    expect(decisions(level, good, 9)).toEqual({ many: "undecided", few: "undecided", widening: "undecided" });
    expect(decisions(level, level)["widening"]).toBe("undecided");
  });
});

describe("the runner of trials", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "myoserve-learning-"));
  let file = "";
  let count = 0;
  beforeEach(() => {
    file = path.join(folder, `log-${count++}.jsonl`);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const open = (play: RunnerOptions["play"], more: Partial<RunnerOptions> = {}): TrialRunner =>
    new TrialRunner({
      log: new TrialLog<LoggedResult>(file),
      play,
      libraries: ["a", "b"],
      commit: "c0ffee",
      jobs: 2,
      seconds: Infinity,
      ...more,
    });
  const trials = primaryTrials(FIRST).slice(0, 5);

  it("runs so many side by side, in order, and only what is missing", async () => {
    const started: Trial[] = [];
    let [now, most] = [0, 0];
    const play = async (trial: Trial): Promise<TrialResult> => {
      started.push(trial);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now--;
      return resultOf(0.5);
    };
    expect(await open(play).run(trials.slice(0, 2), "some")).toBe(true);
    const again = open(play);
    expect(again.lookup(trials[0]!)).toMatchObject({ commit: "c0ffee", metric: resultOf(0.5).metric });
    expect(await again.run(trials, "all")).toBe(true);
    expect(started).toEqual(trials);
    expect(most).toBe(2);
    expect(open(play, { libraries: ["a", "other"] }).lookup(trials[0]!)).toBeUndefined();
  });

  it("starts nothing once the time is over", async () => {
    const slow = (): Promise<TrialResult> => new Promise((resolve) => setTimeout(resolve, 60, resultOf(0.5)));
    const runner = open(slow, { seconds: 0.03 });
    expect(await runner.run(trials, "slice")).toBe(false);
    expect(trials.filter((trial) => runner.lookup(trial) !== undefined)).toEqual(trials.slice(0, 2));
  });

  it("keeps what is finished when a trial fails, and starts no more", async () => {
    let calls = 0;
    const play = async (): Promise<TrialResult> => {
      if (++calls === 1) throw new Error("diverged");
      await new Promise((resolve) => setTimeout(resolve, 5));
      return resultOf(0.5);
    };
    const runner = open(play);
    await expect(runner.run(trials, "some")).rejects.toThrow("diverged");
    expect(calls).toBe(2);
    expect(runner.lookup(trials[1]!)).toBeDefined();
  });
});

describe("the summary", () => {
  it("has a row for each method, claims, and a point of each curve for each evaluation", () => {
    const top = (trial: Trial): number =>
      trial.method === "dep-rl" ? 0.8 : trial.world.name === MANY.name ? 0.1 : 0.8;
    const summary = summarise({ lookup: (trial) => logged(top(trial)), chosen: FIRST }, createRng(2));
    expect(complete(summary)).toBe(true);
    expect(summary.claims.map(({ decision }) => decision)).toEqual(["supported", "supported", "supported"]);
    const dep = summary.rows.find(({ world, method }) => world === MANY.name && method === "dep-rl");
    expect(dep?.last.value).toBeCloseTo(0.8, 12);
    expect(dep?.half_steps).toEqual(TEST_SEEDS.map(() => 0.7 * BUDGET.steps));
    expect(dep?.half_wall[0]).toBe(70);
    expect(summary.rows.find(({ world, method }) => world === MANY.name && method === "mpo")?.half_steps[0]).toBeNull();
    const panels = panelsOf(summary.rows, WORLDS, createRng(3));
    expect(panels).toHaveLength(4);
    for (const { categories, series } of panels) {
      expect(series.map(({ name }) => name)).toEqual([...METHODS]);
      for (const { points } of series) expect(points).toHaveLength(categories.length);
    }
    // The curve over time has at 50 s what came by then.
    expect(panels[1]?.series[0]?.points[4]?.value).toBeCloseTo(0.4, 12);
    expect(svgPlot("curves", METHODS, panels)).not.toMatch(/NaN|undefined/);
  });

  it("is not complete without all seeds", () => {
    const lookup = (trial: Trial): LoggedResult | undefined => (trial.seed === 110 ? undefined : logged(0.5));
    const summary = summarise({ lookup, chosen: FIRST }, createRng(2));
    expect(complete(summary)).toBe(false);
    expect(summary.claims.map(({ decision }) => decision)).toEqual(["undecided", "undecided", "undecided"]);
  });
});

describe("a trial in a process of its own", () => {
  const small = { hidden: [8, 8], batch_size: 8, samples: 4, batch_iterations: 2, replay_capacity: 2000 };
  const schedule = { steps_before_batches: 100, steps_between_batches: 100 };
  const trial = (method: (typeof METHODS)[number] | (typeof VARIANTS)[number]): Trial => ({
    world: FEW,
    method,
    algo: method === "dep-rl" ? "dep-rl" : "mpo",
    config: { ...chosenConfig(method, FIRST), ...small, ...schedule },
    seed: 7,
    steps: 400,
    rows: 2,
    evaluations: { count: 2, waves: 1, seed: 5 },
  });

  it.each(["mpo", "dep-rl", "mpo-sar"] as const)(
    "learns and is evaluated: %s",
    async (method) => {
      const result = await playTrial(trial(method), "wasm");
      expect(result.curve.map(({ steps }) => steps)).toEqual([200, 400]);
      // What the last step makes due would come with the next.
      expect(result.updates).toBe(6);
      expect(result.threads).toBe(1);
      for (const { success, solved_steps } of result.curve) {
        expect([0, 0.5, 1]).toContain(success);
        expect(solved_steps).toBeLessThanOrEqual(200);
      }
      expect(result.metric).toBe(((result.curve[0]?.success ?? NaN) + (result.curve[1]?.success ?? NaN)) / 2);
    },
    60_000,
  );

  it("that cannot run is an error", async () => {
    await expect(playTrial({ ...trial("mpo"), algo: "dep" }, "wasm")).rejects.toThrow(/without a result/);
  }, 60_000);
});
