import { Type, type Static } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";
import { DEP_DEFAULTS, DEP_PRESETS, DepConfigSchema } from "../dep/config.ts";
import { FEW_STEPS, MPO_DEFAULTS, MPO_PRESETS, MpoConfigSchema, type MpoConfig } from "../mpo/config.ts";
import { EFFORT_COSTS, type EffortCost } from "./adaptive-effort.ts";
import { SWITCH_DEFAULTS, switchFields, type SwitchConfig } from "./switch-config.ts";
import type { DepSwitchConfig } from "./exploration.ts";

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const copy = { ...value };
  Reflect.deleteProperty(copy, key);
  return copy;
}

/** MPO's keys but the exploration, which is DEP. */
const mpoFields = without(MpoConfigSchema.properties, "exploration");

const effortFields = {
  effort: Type.Union([Type.Unsafe<EffortCost>({ enum: [...EFFORT_COSTS] }), Type.Null()], {
    description: "Cost of activations that an adaptive price is put on; null: none.",
  }),
  effort_threshold: Type.Number({ description: "Return above which effort gets dearer." }),
  effort_group: Type.String({ minLength: 1, description: "Observation group of the activations." }),
  effort_actuators: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: "The activations are the last so many elements that the policy sees; null: those of effort_group.",
  }),
  effort_batch_sum: Type.Boolean({ description: "Every sample pays for the whole batch, as in depRL 0.5.0." }),
};

export const DepRlConfigSchema = closed({
  ...mpoFields,
  ...DepConfigSchema.properties,
  ...switchFields,
  ...effortFields,
});

/** Of the dep-rl agent: MPO's keys, DEP's, those of the switch and those of effort, side by side. */
export type DepRlConfig = Readonly<Static<typeof DepRlConfigSchema>>;

export const DEP_RL_DEFAULTS: DepRlConfig = Object.freeze({
  ...without(MPO_DEFAULTS, "exploration"),
  ...DEP_DEFAULTS,
  ...SWITCH_DEFAULTS,
  effort: null,
  effort_threshold: 1000,
  effort_group: "act",
  effort_actuators: null,
  effort_batch_sum: false,
});

/** depRL's switches, task by task. */
const SWITCHES = {
  ostrich: { intervention_length: 4, intervention_proba: 0.0004, test_episode_every: 3 },
  humanreacher: { intervention_length: 20, intervention_proba: 0.01, test_episode_every: null },
  hyfydy: { intervention_length: 8, intervention_proba: 0.00371, test_episode_every: 3 },
  myosuite: { intervention_length: 5, intervention_proba: 0.0004, test_episode_every: 3 },
} as const satisfies Record<string, Partial<SwitchConfig>>;

const preset = (mpo: keyof typeof MPO_PRESETS, dep: keyof typeof DEP_PRESETS & keyof typeof SWITCHES) => ({
  ...MPO_PRESETS[mpo],
  ...DEP_PRESETS[dep],
  ...SWITCHES[dep],
});

/** The natural gaits: effort is dear while walking goes well. */
const WALK = { effort: "cube-sum" } as const;

export const DEP_RL_PRESETS = {
  paper: { ...preset("humanreacher", "humanreacher"), normalization: "row" },
  humanreacher: preset("humanreacher", "humanreacher"),
  ostrich: preset("ostrich", "ostrich"),
  myosuite: preset("myosuite-2023", "myosuite"),
  "myosuite-relocate": preset("myosuite-relocate-2023", "myosuite"),
  "hyfydy-walk": { ...preset("hyfydy-walk", "hyfydy"), ...WALK },
  "hyfydy-walk-h2190": { ...preset("hyfydy-walk-h2190", "hyfydy"), ...WALK },
  "hyfydy-run": preset("hyfydy-run", "hyfydy"),
  "hyfydy-run-h2190": preset("hyfydy-run-h2190", "hyfydy"),
  "opensim-walk": { ...preset("opensim-walk", "hyfydy"), ...WALK },
  "deprl-0.5": { ...preset("myosuite-2023", "myosuite"), compat: "deprl-0.5", effort_batch_sum: true },
  "few-steps": { ...FEW_STEPS, ...SWITCHES.myosuite },
  debug: { ...MPO_PRESETS.debug, tau: 8, intervention_proba: 0.05 },
} as const satisfies Record<string, Partial<DepRlConfig>>;

type Fields = Readonly<Record<string, unknown>>;

const picked = (config: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(keys.map((key) => [key, config[key]]));

/** DEP's own part and the switch, as the exploration takes it. */
function depSwitchConfig(config: DepRlConfig): DepSwitchConfig {
  const keys = [...Object.keys(DepConfigSchema.properties), ...Object.keys(switchFields)];
  return picked(config, keys) as DepSwitchConfig;
}

/** MPO's part, with DEP as its exploration. */
export function mpoConfigOf(config: DepRlConfig): MpoConfig {
  const mpo = picked(config, Object.keys(mpoFields)) as Omit<MpoConfig, "exploration">;
  return { ...mpo, exploration: { kind: "dep-row", ...depSwitchConfig(config) } };
}
