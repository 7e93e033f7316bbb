import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { catalog } from "../../server/environments.ts";
import { TRAIN_PRESETS } from "../../server/training/presets.ts";
import { compareWithAnchors, readSuccesses } from "../bench/evidence/solve/anchors.ts";
import { ENTRIES, runsOf, SEEDS, type Entry } from "../bench/evidence/solve/plan.ts";
import { solvedAt, summarise } from "../bench/evidence/solve/summary.ts";
import { idOf, readCurve, trainRun, type Point, type SolveResult } from "../bench/evidence/solve/training-process.ts";

const curveOf = (shares: readonly (number | null)[]): Point[] =>
  shares.map((share, i) => ({
    steps: 50_000 * (i + 1),
    seconds: 10 * (i + 1),
    return: i,
    solved_at_end: share,
    success: share,
    solved_steps: share,
  }));
const resultOf = (shares: readonly (number | null)[]): SolveResult => ({
  curve: curveOf(shares),
  updates: 7,
  seconds: 99,
});
const HAND = ENTRIES.find(({ env }) => env === "myoHandPoseFixed-v0") as Entry;

describe("the rule of solved", () => {
  it("wants two evaluations running and tells the first of them", () => {
    expect(solvedAt(curveOf([0, 0.9, 0.88, 0.92, 0.9, 0.1]))?.steps).toBe(200_000);
    expect(solvedAt(curveOf([1, 0.5, 1, 0.5, 1]))).toBeNull();
    expect(solvedAt(curveOf([0, 0, 0.9]))).toBeNull();
    expect(solvedAt(curveOf([null, null]))).toBeNull();
  });

  it("counts the runs of an entry that are there", () => {
    const results = new Map([
      [101, resultOf([0, 1, 1])],
      [103, resultOf([0, 0, 1])],
    ]);
    const { runs, solved, mean } = summarise(HAND, SEEDS, ({ seed }) => results.get(seed));
    expect(runs.map(({ seed }) => seed)).toEqual([101, 103]);
    expect(runs.map((run) => run.solved?.steps ?? null)).toEqual([100_000, null]);
    expect(solved).toBe(1);
    expect(mean.map((point) => point.solved_at_end)).toEqual([0, 0.5, 1]);
  });

  it("holds the last evaluation of a run that ended solved", () => {
    const results = new Map([
      [101, resultOf([1, 1])],
      [102, resultOf([0, 0.5, 0, 0.25])],
    ]);
    const { mean } = summarise(HAND, SEEDS, ({ seed }) => results.get(seed));
    expect(mean.map((point) => point.solved_at_end)).toEqual([0.5, 0.75, 0.5, 0.625]);
    expect(mean.map((point) => point.steps)).toEqual([50_000, 100_000, 150_000, 200_000]);
  });

  it("says nothing where the environment does not", () => {
    expect(summarise(HAND, [101], () => resultOf([null, null])).solved).toBeNull();
  });
});

describe("the plan", () => {
  it.each(ENTRIES.map((entry) => [`${entry.preset} on ${entry.env}`, entry] as const))("%s is there", (_, entry) => {
    expect(catalog.find(entry.env).id).toBe(entry.env);
    expect(TRAIN_PRESETS[entry.preset]).toBeDefined();
    expect(entry.steps % entry.every).toBe(0);
  });

  it("takes seed by seed", () => {
    const runs = runsOf(ENTRIES, SEEDS);
    expect(runs).toHaveLength(ENTRIES.length * SEEDS.length);
    expect(runs.slice(0, ENTRIES.length).every(({ seed }) => seed === SEEDS[0])).toBe(true);
  });
});

describe("files of others", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "myoserve-solve-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const git = (...args: string[]): void => {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    expect(spawnSync("git", ["-C", folder, ...identity, ...args]).status).toBe(0);
  };

  it("give success by steps, seed after seed", () => {
    expect([...readSuccesses("step,success,seed\n0,0.0,1\n50000,0.5,1\n0,0.1,2\n50000,1.0,2\n")]).toEqual([
      [0, [0, 0.1]],
      [50_000, [0.5, 1]],
    ]);
    expect(() => readSuccesses("step,reward,seed\n0,1,1\n")).toThrow(/step,success,seed/);
  });

  it("are compared at the steps that both have, with their commit", () => {
    git("init", "-q");
    for (const method of ["tdmpc2", "tdmpc", "sac", "dreamerv3"]) {
      mkdirSync(path.join(folder, "results", method), { recursive: true });
      const file = path.join(folder, "results", method, "myo-hand-pose.csv");
      writeFileSync(file, "step,success,seed\n50000,0.25,1\n75000,0.5,1\n100000,1.0,1\n");
    }
    git("add", ".");
    git("commit", "-qm", "results");
    const entries = [summarise(HAND, [101], () => resultOf([0.125, 0.75]))];
    const { rows, commit } = compareWithAnchors(folder, entries);
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    const own = rows.filter(({ method }) => method === "tdmpc2");
    expect(own.map(({ steps, theirs, ours }) => [steps, theirs, ours[HAND.preset]])).toEqual([
      [50_000, [0.25], 0.125],
      [100_000, [1], 0.75],
    ]);
  });

  it("of a run that is solved end it, though its steps are not done", async () => {
    const run = { ...HAND, seed: 101 };
    const own = path.join(folder, "runs", idOf(run));
    mkdirSync(own, { recursive: true });
    writeFileSync(path.join(own, "latest.json"), "{}");
    const head = "step,wall_time,seconds,updates,eval_return,eval_solved_at_end";
    writeFileSync(path.join(own, "metrics.csv"), `${head}\n10,1,5,1,-7,0.95\n20,2,9,4,8,1\n`);
    const result = await trainRun(run, folder, performance.now());
    expect(result?.curve.map(({ steps }) => steps)).toEqual([10, 20]);
    expect(existsSync(own)).toBe(false);
  });

  it("of a run give its evaluations", async () => {
    const run = path.join(folder, "run");
    mkdirSync(run);
    const rows = [
      "step,wall_time,return_mean,seconds,updates,eval_return,eval_success,eval_solved_steps,eval_solved_at_end",
      "10,1,3,5,0,,,,",
      "20,2,3,9,4,-7,0.5,0.25,0.125",
    ];
    writeFileSync(path.join(run, "metrics.csv"), `${rows.join("\n")}\n`);
    expect(await readCurve(run)).toEqual({
      curve: [{ steps: 20, seconds: 9, return: -7, success: 0.5, solved_steps: 0.25, solved_at_end: 0.125 }],
      updates: 4,
      seconds: 9,
    });
  });
});
