import { Type, type Static, type TObject } from "@sinclair/typebox";
import { ExplorationSchema } from "./exploration/registry.ts";

/** Learning rate of Adam. */
export const learningRate = (what: string) =>
  Type.Number({ exclusiveMinimum: 0, maximum: 1, description: `Adam's step of ${what}.` });

export const gradientClip = (what: string) =>
  Type.Number({ minimum: 0, description: `Euclidean norm that gradients of ${what} are scaled down to; 0: any.` });

/** What every agent with a replay takes; the rest is its algorithm's. */
export const offPolicyFields = {
  hidden: Type.Array(Type.Integer({ minimum: 1, maximum: 8192 }), {
    minItems: 1,
    maxItems: 8,
    description: "Units of each hidden layer, of actor and critic alike.",
  }),
  discount: Type.Number({ minimum: 0, maximum: 1, description: "Of a reward one step on." }),
  return_steps: Type.Integer({
    minimum: 1,
    maximum: 256,
    description: "Steps whose rewards a return sums before the critic takes over.",
  }),
  replay_capacity: Type.Integer({
    minimum: 1,
    maximum: 1e9,
    description: "Transitions kept, of all rows together.",
  }),
  batch_size: Type.Integer({ minimum: 1, maximum: 65_536, description: "Transitions of a gradient step." }),
  batch_iterations: Type.Integer({ minimum: 1, maximum: 100_000, description: "Gradient steps of a round." }),
  steps_before_batches: Type.Integer({
    minimum: 1,
    description: "Environment steps, of all rows together, before the first round.",
  }),
  steps_between_batches: Type.Integer({
    minimum: 1,
    description: "Environment steps, of all rows together, from round to round.",
  }),
  target_rate: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    description: "Share of the way that targets go to their networks after each gradient step.",
  }),
  normalise_obs: Type.Boolean({ description: "Scale observations by their running mean and standard deviation." }),
  exploration: ExplorationSchema,
  policy_groups: Type.Union(
    [Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true }), Type.Null()],
    {
      description: "Observation groups that the networks see; null: all but those that only the exploration needs.",
    },
  ),
};

type Fields = typeof offPolicyFields;
export type OffPolicyConfig = Readonly<Static<TObject<Fields>>>;

/** What mpo and sac have alike; when gradient steps are due is each one's own. */
export const OFF_POLICY_DEFAULTS = {
  hidden: [256, 256],
  discount: 0.99,
  return_steps: 1,
  replay_capacity: 1_000_000,
  batch_size: 256,
  target_rate: 0.005,
  normalise_obs: true,
  exploration: "policy",
  policy_groups: null,
} satisfies Partial<OffPolicyConfig>;

/** The same of their preset `debug`: over in a minute. */
export const OFF_POLICY_DEBUG = {
  hidden: [32, 32],
  replay_capacity: 20_000,
  batch_size: 32,
  batch_iterations: 5,
  steps_before_batches: 200,
  steps_between_batches: 50,
  actor_rate: 1e-3,
  critic_rate: 1e-3,
};
