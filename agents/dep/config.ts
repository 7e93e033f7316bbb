import { Type, type Static } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";

export const NORMALIZATIONS = ["row", "deprl", "global", "none"] as const;
export const Q_NORMS = ["l2", "max", "none"] as const;

function oneOf<const T extends readonly (string | number)[]>(values: T, description: string) {
  return Type.Unsafe<T[number]>({ enum: [...values], description });
}

/** What the controller itself needs. */
const controllerFields = {
  kappa: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1e9,
    description: "Gain of the controller matrix and of the output.",
  }),
  tau: Type.Integer({
    minimum: 3,
    maximum: 1000,
    description: "Window, steps; the sum over it has tau - 2 terms.",
  }),
  time_dist: Type.Integer({ minimum: 0, maximum: 1000, description: "Lag between sensor and motor change, steps." }),
  bias_rate: Type.Number({ description: "Rate at which the bias opposes the action; negative: no bias." }),
  s4avg: Type.Number({ minimum: 1, description: "Smoothing of the sensors, steps; 1: none." }),
  normalization: oneOf(
    NORMALIZATIONS,
    "Of the controller matrix: row (publication), deprl (depRL's index order), global (whole matrix of a row), none.",
  ),
  q_norm: oneOf(Q_NORMS, "Normalisation of the pre-activation: l2, max or none."),
  regularization: Type.Number({ minimum: 0, maximum: 300, description: "Divisors are shifted by 10^-regularization." }),
  output_gain: Type.Boolean({ description: "kappa multiplies the pre-activation too, as depRL does." }),
  model_sign: oneOf([-1, 1], "Inverse model: -1 where a motor shrinks its own sensor (muscles), 1 where it raises it."),
  with_learning: Type.Boolean({ description: "false freezes controller matrix and bias as they were restored." }),
};

export const DepConfigSchema = closed({
  ...controllerFields,
  sensor: oneOf(["muscle", "raw"], "muscle: lengths and forces of the group `muscle`; raw: the observation as it is."),
  force_scale: Type.Number({ description: "Weight of the normalised force beside the normalised length." }),
  reset_on_episode: Type.Boolean({ description: "Forget window, matrix and bias of a row when its episode ends." }),
});

export type DepConfig = Readonly<Static<typeof DepConfigSchema>>;
/** What the controller itself needs; equations and symbols are in the README. */
export type DepParameters = Pick<DepConfig, keyof typeof controllerFields>;

/** The published rule at the scale the walking models were run with (see the README). */
export const DEP_DEFAULTS: DepConfig = Object.freeze({
  kappa: 1000,
  tau: 40,
  time_dist: 5,
  bias_rate: 0.002,
  s4avg: 2,
  normalization: "row",
  q_norm: "l2",
  regularization: 32,
  output_gain: true,
  model_sign: -1,
  with_learning: true,
  sensor: "muscle",
  force_scale: 0,
  reset_on_episode: false,
});

/** What all of depRL's parameter sets share. */
const DEPRL = {
  normalization: "deprl",
  q_norm: "l2",
  regularization: 32,
  output_gain: true,
  model_sign: -1,
  force_scale: 0,
  reset_on_episode: false,
} as const;

export const DEP_PRESETS = {
  "deprl-default": { ...DEPRL, kappa: 100, tau: 20, time_dist: 5, bias_rate: 2e-5, s4avg: 2 },
  "deprl-2023": { ...DEPRL, kappa: 10_000, tau: 80, time_dist: 60, bias_rate: 2e-5, s4avg: 6 },
  ostrich: { ...DEPRL, kappa: 20, tau: 8, time_dist: 5, bias_rate: 0.03, s4avg: 1, force_scale: 0.0003 },
  humanreacher: { ...DEPRL, kappa: 1000, tau: 80, time_dist: 60, bias_rate: 2e-5, s4avg: 6, force_scale: 0.04 },
  hyfydy: { ...DEPRL, kappa: 1000, tau: 40, time_dist: 5, bias_rate: 0.002, s4avg: 2 },
  myosuite: { ...DEPRL, kappa: 1169.7, tau: 40, time_dist: 5, bias_rate: 0.002, s4avg: 2 },
  classic: {
    kappa: 2,
    tau: 20,
    time_dist: 5,
    bias_rate: 0.002,
    s4avg: 2,
    normalization: "row",
    q_norm: "none",
    regularization: 32,
    output_gain: false,
    model_sign: -1,
    force_scale: 0,
    reset_on_episode: false,
  },
} as const satisfies Record<string, Partial<DepConfig>>;
