import { DEP_PRESETS } from "../../../../agents/dep/config.ts";
import type { JsonObject } from "../../../../protocol/env.ts";

/** How actions come about; PLAN.md says what each is. */
export type ControllerConfig =
  | { readonly kind: "constant"; readonly level: number }
  | { readonly kind: "agent"; readonly algo: string; readonly config: JsonObject }
  /** Time constant, s, and standard deviation, half widths of the action's range. */
  | { readonly kind: "ou"; readonly tau: number; readonly std: number }
  /** Mean time at one level, s. */
  | { readonly kind: "bang-bang"; readonly hold: number }
  /** `inner` acts for the muscles without copies. */
  | { readonly kind: "shared"; readonly inner: ControllerConfig }
  | { readonly kind: "shuffled"; readonly inner: ControllerConfig }
  /** Not of the plan, see post-hoc.ts: independent noise on each muscle's length, standard deviation m. */
  | { readonly kind: "noisy"; readonly std: number; readonly inner: ControllerConfig };

export const METHODS = [
  "zero",
  "hold",
  "white",
  "ou",
  "pink",
  "bang-bang",
  "oracle",
  "dep",
  "shuffled",
  "dep-deprl",
] as const;
export type Method = (typeof METHODS)[number];

/** Those whose copies are driven independently. */
export const INDEPENDENT_NOISE = ["white", "ou", "pink", "bang-bang"] as const satisfies readonly Method[];

const noise = (beta: number, std: number): ControllerConfig => ({
  kind: "agent",
  algo: "colored-noise",
  config: { beta, std },
});
const ou = (tau: number, std: number): ControllerConfig => ({ kind: "ou", tau, std });
const bangBang = (hold: number): ControllerConfig => ({ kind: "bang-bang", hold });
const shared = (inner: ControllerConfig): ControllerConfig => ({ kind: "shared", inner });

const DEP_SCALES = ["hyfydy", "humanreacher", "ostrich", "deprl-default", "deprl-2023", "classic"] as const;

function depSettings(normalization: "row" | "deprl"): ControllerConfig[] {
  return DEP_SCALES.map((scale) => ({
    kind: "agent",
    algo: "dep",
    config: { ...DEP_PRESETS[scale], normalization, force_scale: 0 },
  }));
}

/** What is tried of each method; one setting needs no pilot. */
export const SETTINGS: Readonly<Record<Method, readonly ControllerConfig[]>> = {
  zero: [{ kind: "constant", level: 0 }],
  hold: [{ kind: "constant", level: 0.5 }],
  white: [0.25, 0.5, 1, 2, 4, 8].map((std) => noise(0, std)),
  ou: [0.05, 0.2, 0.8].flatMap((tau) => [1, 4].map((std) => ou(tau, std))),
  pink: [0.5, 1, 2, 4, 8, 16].map((std) => noise(1, std)),
  "bang-bang": [0.02, 0.05, 0.1, 0.2, 0.4, 0.8].map(bangBang),
  oracle: [noise(1, 1), noise(1, 4), ou(0.2, 4), bangBang(0.05), bangBang(0.15), bangBang(0.4)].map(shared),
  dep: depSettings("row"),
  shuffled: depSettings("row").map((inner) => ({ kind: "shuffled", inner })),
  "dep-deprl": depSettings("deprl"),
};

/** A body and how it is looked at. */
export interface World {
  readonly name: string;
  readonly id: string;
  readonly kwargs: JsonObject;
  /** Parallel copies of each muscle; null: the body has none. */
  readonly copies: number | null;
  /** Joints that count, all when absent. */
  readonly joints?: readonly string[];
  /** grid: bins of the product of two joints; mean: of each joint. */
  readonly coverage: { readonly kind: "grid" | "mean"; readonly bins: number };
  /** Control steps of an episode. */
  readonly episode: number;
}

/** Muscles of arm26 without copies. */
const ARM_BASE = 6;
export const ARM_SIZES = [6, 60, 600] as const;
export type ArmSize = (typeof ARM_SIZES)[number];

export const armWorld = (muscles: ArmSize): World => ({
  name: `arm26-${muscles}`,
  id: "arm26-reach-v0",
  kwargs: { muscles, obs_keys: ["muscle"] },
  copies: muscles / ARM_BASE,
  coverage: { kind: "grid", bins: 20 },
  episode: 200,
});

const LEG_JOINTS = [
  "hip_flexion",
  "hip_adduction",
  "hip_rotation",
  "knee_angle",
  "ankle_angle",
  "subtalar_angle",
  "mtp_angle",
];

export const LEG_WORLD: World = {
  name: "held-leg",
  id: "myoLegWalk-v0",
  kwargs: { hold_pelvis: true, reset_type: "random", obs_keys: ["muscle"] },
  copies: null,
  joints: LEG_JOINTS.flatMap((joint) => [`${joint}_r`, `${joint}_l`]),
  coverage: { kind: "mean", bins: 30 },
  episode: 1000,
};

/** Control steps of a trial. */
export const TRIAL_STEPS = 4000;
export const TEST_SEEDS = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110] as const;
export const ARM_PILOT = { sizes: [6, 60], seeds: [1, 2, 3, 4, 5], steps: TRIAL_STEPS } as const;
export const LEG_PILOT = { seeds: [1, 2, 3], steps: 2000 } as const;

/** Bounds of PLAN.md's decision rules, ratios of gains. */
export const BOUNDS = { collapse: 0.5, oracle: 0.8, better: 0.5, scale: 0.8, shuffle: 0.5, leg: 1 } as const;
/** A gain whose interval begins below this is no denominator. */
export const LEAST_GAIN = 0.01;
export const RESAMPLES = 10_000;
/** Of the bootstrap. */
export const STATISTICS_SEED = 20_261_125;
