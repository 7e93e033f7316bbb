import { describe, expect, it } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../../agents/core/checkpoint.ts";
import { EXPLORATION_KINDS, explorationChoice, explorationGroups } from "../../agents/core/exploration/registry.ts";
import { InverseFft } from "../../agents/colored-noise/fft.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MUSCLES } from "../contract/agent-fixtures.ts";
import {
  explore,
  HEAD,
  LATENT,
  makeExploration,
  noiseOf,
  proposalAt,
  recordedActions,
} from "./exploration-fixtures.ts";

const ROWS = [0, 1, 2];
const STEPS = 120;
const SEED = 5;

const SAR = { kind: "sar", synergies: 2, phi: 0.4, actions: recordedActions(400) };
/** Every kind with options that exercise it. */
const CHOICES: readonly (readonly [string, string | JsonObject])[] = [
  ["none", "none"],
  ["policy", "policy"],
  ["white", { kind: "white", std: 0.3 }],
  ["ou", "ou"],
  ["colored", { kind: "colored", chunk_steps: 64 }],
  ["lattice", "lattice"],
  ["lattice, lasting matrices", { kind: "lattice", period: 7 }],
  ["sar", SAR],
  ["dep-row", { kind: "dep-row", intervention_proba: 0.2, intervention_length: 4, tau: 8 }],
  ["dep-deprl", { kind: "dep-deprl", intervention_proba: 0.2, compat: "deprl-0.5", test_episode_every: 2, tau: 8 }],
];

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [moments(x), moments(y)];
  const product = x.reduce((sum, value, i) => sum + (value - mx.mean) * (y[i]! - my.mean), 0) / x.length;
  return product / Math.sqrt(mx.variance * my.variance);
}

const column = (noise: readonly number[][], i: number): number[] => noise.map((row) => row[i]!);

it("the choices above name every kind", () => {
  const named = new Set(CHOICES.map(([, value]) => explorationChoice(value).kind));
  expect([...named].toSorted()).toEqual([...EXPLORATION_KINDS].toSorted());
});

describe.each(CHOICES)("exploration %s", (_name, value) => {
  const run = (rows: readonly number[], seed: number) =>
    explore(makeExploration(value, rows.length, seed, 60), 0, STEPS, rows);

  it("does the same for the same seed and other things for another, unless it draws nothing", () => {
    const first = run(ROWS, SEED);
    expect(run(ROWS, SEED)).toEqual(first);
    const other = run(ROWS, SEED + 10).actions;
    if (value === "none") expect(other).toEqual(first.actions);
    else expect(other).not.toEqual(first.actions);
  });

  it("writes finite actions and a source for every row", () => {
    const { actions, sources } = run(ROWS, SEED);
    expect(actions.flat().every(Number.isFinite)).toBe(true);
    expect(sources.flat().every((source) => source === 0 || source === 1)).toBe(true);
  });

  it("goes on bit for bit from its state", () => {
    const identity = { algo: "test", numEnvs: ROWS.length, fingerprint: "" };
    const exploration = makeExploration(value, ROWS.length, SEED, 60);
    explore(exploration, 0, 50, ROWS);
    const saved = writeCheckpoint(identity, exploration.state);
    const wanted = explore(exploration, 50, STEPS, ROWS);
    const other = makeExploration(value, ROWS.length, SEED + 99, 60);
    explore(other, 0, 9, ROWS);
    readCheckpoint(saved, identity, other.state);
    expect(explore(other, 50, STEPS, ROWS)).toEqual(wanted);
  });

  it("a reset touches the rows of its mask alone", () => {
    const [plain, reset] = [makeExploration(value, 3, SEED, 60), makeExploration(value, 3, SEED, 60)];
    explore(plain, 0, 20, ROWS);
    explore(reset, 0, 20, ROWS);
    reset.reset(Uint8Array.of(0, 1, 0));
    const [wanted, actual] = [explore(plain, 20, STEPS, ROWS), explore(reset, 20, STEPS, ROWS)];
    wanted.actions.forEach((row, step) => {
      for (const from of [0, 2 * MUSCLES])
        expect(actual.actions[step]!.slice(from, from + MUSCLES)).toEqual(row.slice(from, from + MUSCLES));
    });
  });

  it.skipIf(typeof value === "object" && value["compat"] === "deprl-0.5")(
    "row i of a batch does what a lone row of seed + i does, once the initial steps are over",
    () => {
      const batch = explore(makeExploration(value, 3, SEED), 0, STEPS, ROWS);
      for (const row of ROWS) {
        const lone = explore(makeExploration(value, 1, SEED + row), 0, STEPS, [row]);
        expect(batch.actions.map((action) => action.slice(row * MUSCLES, (row + 1) * MUSCLES))).toEqual(lone.actions);
      }
    },
  );
});

describe("none and white", () => {
  it("none is the mean", () => {
    const { actions } = explore(makeExploration("none", 1), 0, 3, [0]);
    actions.forEach((action, step) => expect(action).toEqual([...proposalAt(step, [0]).mean]));
  });

  it("white has the fixed deviation, policy that of the policy", () => {
    const scale = proposalAt(0, [0]).scale;
    const white = noiseOf(makeExploration({ kind: "white", std: 0.3 }, 1), 4000);
    const policy = noiseOf(makeExploration("policy", 1), 4000);
    for (let i = 0; i < MUSCLES; i++) {
      const { mean, variance } = moments(column(policy, i));
      expect(Math.abs(mean)).toBeLessThan(0.06);
      expect(Math.abs(variance - 1)).toBeLessThan(0.09);
      expect(Math.abs(moments(column(white, i)).variance / (0.3 / scale[i]!) ** 2 - 1)).toBeLessThan(0.09);
    }
    expect(Math.abs(correlation(column(policy, 0), column(policy, 1)))).toBeLessThan(0.06);
    expect(Math.abs(correlation(column(policy, 0).slice(1), column(policy, 0).slice(0, -1)))).toBeLessThan(0.06);
  });
});

describe("ou", () => {
  it("has unit variance from the first step on and forgets at the rate theta", () => {
    const theta = 0.2;
    const starts = Array.from({ length: 700 }, (_, seed) =>
      noiseOf(makeExploration({ kind: "ou", theta }, 1, seed), 11),
    );
    for (const step of [0, 10]) {
      const values = starts.flatMap((noise) => noise[step]!);
      // 4200 independent values: a standard error of 2.2 %.
      expect(Math.abs(moments(values).variance - 1)).toBeLessThan(0.07);
    }
    for (const lag of [1, 5, 10]) {
      const x = starts.flatMap((noise) => noise[0]!);
      const y = starts.flatMap((noise) => noise[lag]!);
      expect(Math.abs(correlation(x, y) - Math.exp(-theta * lag))).toBeLessThan(0.05);
    }
  });
});

describe("colored", () => {
  /** Least-squares slope of log mean power over log frequency. */
  function slope(signals: readonly (readonly number[])[]): number {
    const length = signals[0]!.length;
    const fft = new InverseFft(length);
    const power = new Float64Array(length / 2);
    for (const signal of signals) {
      const [re, im] = [Float64Array.from(signal), new Float64Array(length)];
      fft.transform(re, im);
      for (let f = 1; f < power.length; f++) power[f]! += re[f]! ** 2 + im[f]! ** 2;
    }
    const points = Array.from(
      { length: power.length - 1 },
      (_, i) => [Math.log(i + 1), Math.log(power[i + 1]!)] as const,
    );
    const [mx, my] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / points.length);
    const sxy = points.reduce((sum, [x, y]) => sum + (x - mx!) * (y - my!), 0);
    return sxy / points.reduce((sum, [x]) => sum + (x - mx!) ** 2, 0);
  }

  it.each([0, 1, 2])("an episode of a chunk has power 1/f^%d around the mean and the policy's variance", (beta) => {
    const exploration = makeExploration({ kind: "colored", beta, chunk_steps: 256 }, 1);
    const signals: number[][] = [];
    for (let episode = 0; episode < 60; episode++) {
      const noise = noiseOf(exploration, 256);
      for (let i = 0; i < MUSCLES; i++) signals.push(column(noise, i));
      exploration.reset(Uint8Array.of(1));
    }
    expect(Math.abs(slope(signals) + beta)).toBeLessThan(0.08);
    const squares = signals.flat().reduce((sum, value) => sum + value * value, 0) / signals.flat().length;
    expect(Math.abs(squares - 1)).toBeLessThan(0.15);
    expect(
      Math.abs(
        correlation(
          signals.flatMap((s, i) => (i % 6 === 0 ? s : [])),
          signals.flatMap((s, i) => (i % 6 === 2 ? s : [])),
        ),
      ),
    ).toBeLessThan(0.3);
  });
});

describe("lattice", () => {
  const dots = (i: number, j: number) => {
    let sum = 0;
    for (let h = 0; h < LATENT; h++) sum += HEAD[h * MUSCLES + i]! * HEAD[h * MUSCLES + j]!;
    return sum;
  };

  it.each([1, 3])("correlates actions as their weights do, %i steps a matrix, alpha 0.7", (period) => {
    const exploration = makeExploration({ kind: "lattice", alpha: 0.7, period }, 1);
    // One value a matrix: they are independent.
    const noise = noiseOf(exploration, 9000).filter((_, step) => step % period === 0);
    const covariance = (i: number, j: number) => 0.49 * dots(i, j) + (i === j ? 1 : 0);
    for (let i = 0; i < MUSCLES; i++) {
      expect(Math.abs(moments(column(noise, i)).variance - 1)).toBeLessThan(0.09);
      for (let j = 0; j < i; j++) {
        const wanted = covariance(i, j) / Math.sqrt(covariance(i, i) * covariance(j, j));
        expect(Math.abs(correlation(column(noise, i), column(noise, j)) - wanted)).toBeLessThan(0.06);
      }
    }
  });

  it("without latent noise the actions are independent", () => {
    const noise = noiseOf(makeExploration({ kind: "lattice", alpha: 0 }, 1), 4000);
    expect(Math.abs(correlation(column(noise, 0), column(noise, 3)))).toBeLessThan(0.06);
  });

  it("holds still while its matrices and the layer do, and is silent where the layer is", () => {
    const exploration = makeExploration({ kind: "lattice", period: 4 }, 1);
    expect(exploration.wantsLatent).toBe(true);
    const noise = noiseOf(exploration, 8);
    for (const step of [1, 2, 3]) expect(noise[step]).toEqual(noise[0]);
    expect(noise[4]).not.toEqual(noise[0]);
    const still = { ...proposalAt(0, [0]), latent: new Float32Array(LATENT) };
    expect(noiseOf(exploration, 1, still)[0]!.map(Math.abs)).toEqual(Array.from({ length: MUSCLES }, () => 0));
  });
});

describe("sar", () => {
  it("with phi 1 stays on the synergies, with phi 0 is the policy", () => {
    const noise = noiseOf(makeExploration({ ...SAR, phi: 1 }, 1), 300);
    const scale = proposalAt(0, [0]).scale;
    const differences = noise.slice(1).map((row) => row.map((value, i) => (value - noise[0]![i]!) * scale[i]!));
    // The synergies in half ranges of the action: the last three actions span ±1, ±1 and ±2.5.
    const basis = [
      [0.6, 0.6, 0.2, 0, 0, 0.08],
      [0, 0, 0.2, 0.5, 0.4, -0.12],
    ];
    const inner = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
    const [one, two] = [basis[0]!, basis[1]!];
    const det = inner(one, one) * inner(two, two) - inner(one, two) ** 2;
    for (const d of differences) {
      const [d1, d2] = [inner(one, d), inner(two, d)];
      const c1 = (d1 * inner(two, two) - d2 * inner(one, two)) / det;
      const c2 = (d2 * inner(one, one) - d1 * inner(one, two)) / det;
      expect(Math.hypot(...d.map((value, i) => value - c1 * one[i]! - c2 * two[i]!))).toBeLessThan(1e-5);
    }
    const free = noiseOf(makeExploration({ ...SAR, phi: 0 }, 1), 3000);
    for (let i = 0; i < MUSCLES; i++) expect(Math.abs(moments(column(free, i)).variance - 1)).toBeLessThan(0.1);
    expect(Math.abs(correlation(column(free, 0), column(free, 1)))).toBeLessThan(0.07);
  });

  it("refuses recordings that do not fit", () => {
    expect(() =>
      makeExploration({
        ...SAR,
        actions: [
          [1, 2],
          [3, 4],
        ],
      }),
    ).toThrow(/an action has 6/);
    expect(() => makeExploration({ ...SAR, synergies: 3 })).toThrow(/vary in 2 directions, but 3/);
  });
});

describe("the key exploration of a config", () => {
  it("is a kind, or a kind with options", () => {
    expect(explorationChoice("colored")).toEqual({
      kind: "colored",
      options: { std: null, beta: 1, chunk_steps: 1024 },
    });
    expect(explorationChoice({ kind: "ou", std: 0.2 }).options).toEqual({ std: 0.2, theta: 0.15 });
  });

  it.each([
    ["pink", /must be one of none, policy/],
    [{ std: 1 }, /needs the key "kind"/],
    [{ kind: "ou", beta: 1 }, /exploration ou has no key "beta"/],
    [{ kind: "white", std: 0 }, /exploration white: "std"/],
    [{ kind: "sar" }, /needs the key "actions"/],
    [{ kind: "dep-row", kapa: 1 }, /did you mean "kappa"/],
  ])("refuses %j", (value, sentence) => {
    expect(() => explorationChoice(value)).toThrow(sentence);
  });

  it("says which observation groups it needs", () => {
    expect(explorationGroups(explorationChoice("dep-row"))).toEqual(["muscle"]);
    expect(explorationGroups(explorationChoice({ kind: "dep-deprl", sensor: "raw" }))).toEqual([]);
    expect(explorationGroups(explorationChoice("ou"))).toEqual([]);
    expect(explorationChoice("dep-row").options).toMatchObject({ normalization: "row", compat: "none", kappa: 1000 });
    expect(explorationChoice("dep-deprl").options).toMatchObject({ normalization: "deprl" });
  });
});
