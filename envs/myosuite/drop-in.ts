import type { EnvDefinition } from "../task.ts";
import type { IdRow } from "./id-row.ts";

/** Families whose `info["obs_dict"]` MyoSuite limits to the groups that the observation is made of. */
const CHOSEN_GROUPS: ReadonlySet<string> = new Set([
  "myosuite/pose",
  "myosuite/torso-pose",
  "myosuite/reach",
  "myosuite/pen-twirl",
  "myosuite/obj-hold",
  "myosuite/key-turn",
  "myosuite/baoding",
  "myosuite/elbow-pose-task",
  "myosuite/leg-directional",
  "myosuite/full-body-directional",
  "myosuite/mimic",
]);

/** Groups that chase tag offers to every body, and MyoSuite computes for the full body only. */
const FULL_BODY_GROUPS = [
  "qpos_local",
  "qvel_local",
  "root_vel_body",
  "heading_cmd",
  "orientation",
  "opponent_relative",
  "role",
];

/** Groups of `info["obs_dict"]`. */
export function obsDictOf({ id, recipe }: IdRow): NonNullable<EnvDefinition["obsDict"]> {
  if (CHOSEN_GROUPS.has(recipe.family)) return "chosen";
  const legsOnly = recipe.family === "myosuite/chase-tag" && !id.includes("FB");
  return { without: legsOnly ? FULL_BODY_GROUPS : [] };
}

/** Letters of a variant's id by the value that MyoSuite 2.x's `muscle_condition` had. */
const CONDITION_LETTERS: Readonly<Record<string, string>> = {
  sarcopenia: "Sarc",
  fatigue: "Fati",
  reafferentation: "Reaf",
};

const OWN_TASK = "the id stands for it; make another id of this task, or write a task of your own";
const OWN_MODEL =
  "the id names its model; export another one into a pack of your own with `npx myoserve models export`";
const NO_NOISE = "it is not offered; add noise to the actions";
const FATIGUE_START =
  "a myoFati id starts every episode rested; step it to tire the muscles, and keep the state with snapshot()";

/** Constructor kwargs of MyoSuite's classes that no environment takes here, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  model_path: OWN_MODEL,
  model_recipe: OWN_MODEL,
  model_spec_fn: OWN_MODEL,
  edit_fn:
    "its edits are part of the id's model; export another one into a pack of your own with `npx myoserve models export`",
  obsd_model_path: OWN_MODEL,
  init_pose_path: "the start poses are a data table of the model pack",
  min_agent_spawn_distance: "MyoSuite never reads it; leave it out",
  pelvis_body_name: OWN_MODEL,
  viz_site_targets: "target sites are drawn by nobody; leave it out",
  seed: "pass the seed to reset()",
  max_episode_steps: "the server truncates at the limit of the id; wrap the environment in TimeLimit for a shorter one",
  fatigue_reset_vec: FATIGUE_START,
  fatigue_reset_random: FATIGUE_START,
  motor_noise: NO_NOISE,
  sigdep_noise: NO_NOISE,
  const_noise: NO_NOISE,
};

/** With these MyoSuite tells its ids of one task apart. */
const FIXED_BY_ID: ReadonlySet<string> = new Set([
  "task_config",
  "target_jnt_range",
  "target_jnt_value",
  "target_type",
  "target_reach_range",
  "target_sampling",
  "joint_random_range",
  "weight_bodyname",
  "weight_range",
  "target_rot",
  "terrain",
  "variant",
]);

function conditionRemedy({ id, variants }: IdRow, value: unknown): string {
  const letters = CONDITION_LETTERS[String(value)];
  const known = variants.filter((variant) => letters === undefined || variant === letters);
  if (known.length === 0) return "this body has no such variant; leave it out";
  return `make ${known.map((variant) => `"${id.replace(/^myo/, `myo${variant}`)}"`).join(" or ")} instead`;
}

/** Why an id does not take a kwarg of MyoSuite's constructor, in half a sentence; null for names that are not MyoSuite's. */
export function refusedKwarg(row: IdRow, name: string, value: unknown): string | null {
  if (name === "muscle_condition") return conditionRemedy(row, value);
  return FIXED_BY_ID.has(name) ? OWN_TASK : (REFUSED[name] ?? null);
}

/** MyoDM's ids of MyoSuite 2.x: `MyoHand` with a capital M, an object, and what is done with it. */
const MYODM = /^MyoHand[A-Z0-9]\w*-v\d+$/;

/** What an id of MyoSuite 2.x that 3.0.0 no longer registers is answered, else null. */
export function retiredId(id: string): string | null {
  if (!MYODM.test(id)) return null;
  return (
    `"${id}" is one of MyoSuite 2.x's MyoDM objects, which MyoSuite 3.0.0 no longer registers; make a pack of your own ` +
    `where the old release is installed: npx myoserve models export myosuite:${id} --python <its interpreter>.`
  );
}
