import { Type, type Static, type TObject } from "@sinclair/typebox";

/** Which version of depRL the switch repeats; `none`: rows are independent. */
export const COMPATS = ["none", "deprl-0.5"] as const;

/** How DEP and the policy take turns. */
export const switchFields = {
  intervention_length: Type.Integer({ minimum: 1, description: "Steps of a turn of DEP, L." }),
  intervention_proba: Type.Number({
    minimum: 0,
    maximum: 1,
    description: "Probability that a turn of DEP follows on a step of the policy, p.",
  }),
  test_episode_every: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: "Every so many episodes of a row belong to the policy alone; null: none.",
  }),
  compat: Type.Unsafe<(typeof COMPATS)[number]>({
    enum: [...COMPATS],
    description:
      "deprl-0.5: one switch for all rows, tests by the episodes of all rows, DEP blind in tests and to what the policy did, normalisation deprl, no reset.",
  }),
};

type SwitchFields = typeof switchFields;
export type SwitchConfig = Readonly<Static<TObject<SwitchFields>>>;

/** MyoSuite's values in depRL, row by row. */
export const SWITCH_DEFAULTS: SwitchConfig = Object.freeze({
  intervention_length: 5,
  intervention_proba: 0.0004,
  test_episode_every: 3,
  compat: "none",
});
