import { Type, type Static } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";
import {
  gradientClip,
  learningRate,
  OFF_POLICY_DEBUG,
  OFF_POLICY_DEFAULTS,
  offPolicyFields,
} from "../core/off-policy-config.ts";

const bound = (description: string) => Type.Number({ exclusiveMinimum: 0, description });
const logit = (what: string) => Type.Number({ description: `Softplus of it is the first ${what}.` });

export const MpoConfigSchema = closed({
  ...offPolicyFields,
  samples: Type.Integer({
    minimum: 2,
    maximum: 1000,
    description: "Actions drawn for each observation, by critic and actor alike.",
  }),
  actor_rate: learningRate("the actor"),
  critic_rate: learningRate("the critic"),
  dual_rate: learningRate("temperatures and KL multipliers"),
  actor_clip: gradientClip("actor and duals"),
  critic_clip: gradientClip("the critic"),
  epsilon: bound("KL of the weighted samples to the target policy, nats."),
  epsilon_penalty: bound("The same for the weights that penalise actions beyond the range."),
  epsilon_mean: bound("KL to the target policy through the mean, nats for each action."),
  epsilon_std: bound("KL to the target policy through the deviation, nats for each action."),
  action_penalty: Type.Boolean({ description: "Penalise samples by their distance from the action's range." }),
  initial_log_temperature: logit("temperature, of both kinds"),
  initial_log_alpha_mean: logit("multiplier of the mean's KL"),
  initial_log_alpha_std: logit("multiplier of the deviation's KL"),
  min_log_dual: Type.Number({ description: "Logits of temperatures and multipliers stay above it." }),
});

/** Of the mpo agent. */
export type MpoConfig = Readonly<Static<typeof MpoConfigSchema>>;

/** depRL's base MPO; where each number comes from is in the README. */
export const MPO_DEFAULTS: MpoConfig = Object.freeze({
  ...OFF_POLICY_DEFAULTS,
  batch_iterations: 30,
  steps_before_batches: 200_000,
  steps_between_batches: 1000,
  samples: 20,
  actor_rate: 3e-4,
  critic_rate: 3e-4,
  dual_rate: 1e-2,
  actor_clip: 0,
  critic_clip: 0,
  epsilon: 0.1,
  epsilon_penalty: 1e-3,
  epsilon_mean: 1e-3,
  epsilon_std: 1e-6,
  action_penalty: true,
  initial_log_temperature: 1,
  initial_log_alpha_mean: 1,
  initial_log_alpha_std: 10,
  min_log_dual: -18,
});

/** depRL's rates for networks of 1024. */
const TUNED = { hidden: [1024, 1024], actor_rate: 3.53e-5, critic_rate: 6.081e-5, dual_rate: 2.13e-3 };

/** For dense tasks on a desktop: a gradient step each other env-step; how it was found: test/bench/evidence/solve/README.md. */
export const FEW_STEPS = {
  batch_size: 128,
  samples: 10,
  batch_iterations: 50,
  steps_before_batches: 2000,
  steps_between_batches: 100,
  replay_capacity: 300_000,
  actor_rate: 1e-3,
  critic_rate: 1e-3,
  return_steps: 3,
  discount: 0.9,
  target_rate: 0.02,
  epsilon: 1,
  epsilon_mean: 1e-2,
  epsilon_std: 1e-4,
} as const satisfies Partial<MpoConfig>;

export const MPO_PRESETS = {
  paper: { return_steps: 1, steps_before_batches: 300_000 },
  humanreacher: { return_steps: 1, steps_before_batches: 300_000 },
  ostrich: { return_steps: 3, steps_before_batches: 300_000 },
  "myosuite-2023": { ...TUNED, return_steps: 3, steps_before_batches: 200_000 },
  "myosuite-relocate-2023": { return_steps: 3, steps_before_batches: 200_000 },
  "hyfydy-walk": { return_steps: 1, steps_before_batches: 200_000 },
  "hyfydy-walk-h2190": { ...TUNED, return_steps: 1, steps_before_batches: 200_000 },
  "hyfydy-run": { return_steps: 1, steps_before_batches: 1_000_000 },
  "hyfydy-run-h2190": { ...TUNED, return_steps: 1, steps_before_batches: 1_000_000 },
  "opensim-walk": { return_steps: 1, steps_before_batches: 1000 },
  "few-steps": { ...FEW_STEPS, exploration: { kind: "colored", beta: 1, chunk_steps: 256 } },
  debug: { ...OFF_POLICY_DEBUG, samples: 8 },
} as const satisfies Record<string, Partial<MpoConfig>>;
