import { DEP_PRESETS } from "../../../../agents/dep/config.ts";
import type { JsonObject } from "../../../../protocol/env.ts";

export const METHODS = ["mpo", "mpo-pink", "dep-rl"] as const;
export type Method = (typeof METHODS)[number];

/** Beside them, without a claim. */
export const VARIANTS = ["dep-rl-deprl", "dep-rl-prefill", "mpo-ou", "mpo-lattice", "mpo-sar"] as const;
export type Variant = (typeof VARIANTS)[number];

/** What learns where. */
export interface World {
  readonly name: string;
  readonly id: string;
  readonly kwargs: JsonObject;
}

/** Of the target, m. */
const RADIUS = 0.1;

export const armWorld = (muscles: number): World => ({
  name: `arm26-${muscles}`,
  id: "arm26-reach-v0",
  kwargs: { muscles, sparse: true, radius: RADIUS },
});

export const FEW = armWorld(6);
export const MANY = armWorld(120);
export const MOST = armWorld(600);
/** MyoSuite's arm reaches for drawn targets; its reward is dense. */
export const MYO_ARM: World = { name: "myoArmReachRandom", id: "myoArmReachRandom-v0", kwargs: {} };
/** Of the claims. */
export const WORLDS: readonly World[] = [FEW, MANY];

/** Env-steps of a trial, of all rows. */
const STEPS = 100_000;
const ROWS = 20;
/** Evaluation e of all trials plays the same 60 starts and targets; training seeds stay below. */
const EVALUATIONS = { count: 10, waves: 3, seed: 1_000_000_000 } as const;
export const BUDGET = { steps: STEPS, rows: ROWS, evaluations: EVALUATIONS } as const;

/** What all methods have alike, over the defaults of `mpo`. */
const COMMON: JsonObject = {
  hidden: [256, 256],
  batch_size: 128,
  batch_iterations: 50,
  steps_between_batches: 1000,
  steps_before_batches: 10_000,
  replay_capacity: STEPS,
  discount: 0.99,
  samples: 10,
};

/** Episodes of 200 steps fit in. */
const PINK = { kind: "colored", beta: 1, chunk_steps: 256 };
/** The scale that `../exploration` chose for the arm. */
export const DEP = { ...DEP_PRESETS["deprl-2023"], normalization: "row" } as const;
const learner = (rate: number, returnSteps: number): JsonObject => ({
  ...COMMON,
  actor_rate: rate,
  critic_rate: rate,
  return_steps: returnSteps,
});
const USUAL = learner(1e-3, 3);
const LEARNERS = [USUAL, learner(1e-3, 10), learner(3e-4, 3)] as const;
const burst = (probability: number, length: number): JsonObject => ({
  ...USUAL,
  ...DEP,
  test_episode_every: null,
  intervention_proba: probability,
  intervention_length: length,
});

/** The same number of settings of each method. */
export const SETTINGS: Readonly<Record<Method, readonly JsonObject[]>> = {
  mpo: LEARNERS,
  "mpo-pink": LEARNERS.map((config) => ({ ...config, exploration: PINK })),
  "dep-rl": [burst(0.0004, 4), burst(0.00371, 8), burst(0.01, 20)],
};

/** Which method's chosen setting a variant changes, and how. */
export const VARIANT_OF: Readonly<Record<Variant, { readonly method: Method; readonly config: JsonObject }>> = {
  "dep-rl-deprl": { method: "dep-rl", config: { normalization: "deprl" } },
  "dep-rl-prefill": { method: "dep-rl", config: { intervention_proba: 0 } },
  "mpo-ou": { method: "mpo", config: { exploration: { kind: "ou" } } },
  "mpo-lattice": { method: "mpo", config: { exploration: { kind: "lattice" } } },
  "mpo-sar": { method: "mpo", config: { exploration: { kind: "sar", synergies: 6, actions: "dep" } } },
};

export const algoOf = (method: Method): string => (method === "dep-rl" ? "dep-rl" : "mpo");

export const PILOT_SEEDS = [1, 2] as const;
export const TEST_SEEDS = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110] as const;
/** Of what is described only: the first of the test seeds, so that rows pair up. */
export const DESCRIPTIVE_SEEDS = TEST_SEEDS.slice(0, 3);

/** Bounds of PLAN.md's decision rules, differences of the metric. */
export const BOUNDS = { many: 0.1, few: -0.05, widening: 0 } as const;
/** IQM of the metric below which nothing was learnt: targets near the start are met by doing nothing. */
export const LEARNT = 0.15;
export const RESAMPLES = 10_000;
/** Of what is drawn only. */
export const CURVE_RESAMPLES = 1000;
/** Of the bootstrap. */
export const STATISTICS_SEED = 20_261_126;
