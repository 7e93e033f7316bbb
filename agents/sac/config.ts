import { Type, type Static } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";
import {
  gradientClip,
  learningRate,
  OFF_POLICY_DEBUG,
  OFF_POLICY_DEFAULTS,
  offPolicyFields,
} from "../core/off-policy-config.ts";

export const SacConfigSchema = closed({
  ...offPolicyFields,
  actor_rate: learningRate("the actor"),
  critic_rate: learningRate("the critics"),
  temperature_rate: learningRate("the temperature; it is the logarithm that is learnt"),
  actor_clip: gradientClip("the actor"),
  critic_clip: gradientClip("each critic"),
  initial_temperature: Type.Number({ exclusiveMinimum: 0, description: "First price of a nat of entropy." }),
  target_entropy: Type.Union([Type.Number(), Type.Null()], {
    description: "Entropy that the temperature steers to, nats; null: one negative nat for each action.",
  }),
});

/** Of the sac agent. */
export type SacConfig = Readonly<Static<typeof SacConfigSchema>>;

/** Haarnoja et al. 2018b with observations normalised; where each number comes from is in the README. */
export const SAC_DEFAULTS: SacConfig = Object.freeze({
  ...OFF_POLICY_DEFAULTS,
  batch_iterations: 1,
  steps_before_batches: 10_000,
  steps_between_batches: 1,
  actor_rate: 3e-4,
  critic_rate: 3e-4,
  temperature_rate: 3e-4,
  actor_clip: 0,
  critic_clip: 0,
  initial_temperature: 1,
  target_entropy: null,
});

export const SAC_PRESETS = {
  paper: { normalise_obs: false },
  debug: { ...OFF_POLICY_DEBUG, temperature_rate: 1e-3 },
} as const satisfies Record<string, Partial<SacConfig>>;
