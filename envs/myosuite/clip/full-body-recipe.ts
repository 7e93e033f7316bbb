import { modelSource } from "../pack-files.ts";
import { choiceKwarg, numberKwarg, numberOf, type Recipe } from "../recipe.ts";
import { ChaseTagVsTask } from "./chase-tag-vs.ts";
import { CLIP_KWARG, requireClip, START_CLIPS_KWARG } from "./clip-kwarg.ts";
import { FullBodyDirectionalTask } from "./full-body-directional.ts";
import { twoBodies } from "./two-bodies.ts";
import { CHASE_TAG_VS_DOCS, FULL_BODY_DIRECTIONAL_DOCS } from "./full-body-docs.ts";

const DIRECTIONAL_KWARGS = {
  clip: CLIP_KWARG,
  start_clips: START_CLIPS_KWARG,
  target_speed: numberKwarg(0.7, "Speed to walk at, m/s."),
  w_jpos: numberKwarg(0.15, "Weight of gait_jpos, the likeness of joint angles to the clip's."),
  w_jvel: numberKwarg(0.05, "Weight of gait_jvel, the likeness of joint velocities to the clip's."),
  w_heading: numberKwarg(0.6, "Weight of heading, the agreement of the pelvis's velocity with the wanted one."),
  w_act_reg: numberKwarg(0.005, "Weight of the mean square of the activations."),
  w_act_smooth: numberKwarg(0, "Weight of the mean square of the activations' change in a step."),
  w_survival: numberKwarg(0.2, "Reward of each upright step."),
  upright_pelvis_z: numberKwarg(0.85, "Height of the pelvis from which the body counts as upright, m."),
  fall_pelvis_z: numberKwarg(0.6, "Height of the pelvis below which the episode ends, m."),
  angle_override: {
    type: ["number", "null"],
    default: null,
    description: "Direction to walk in, rad from x towards y; null: drawn each episode.",
  },
};

const CHASE_KWARGS = {
  clip: CLIP_KWARG,
  task_choice: choiceKwarg(["CHASE", "EVADE", "random"], "random", "Role of agent_0, drawn each episode or fixed."),
  agent_separation_m: numberKwarg(2, "Distance at which the bodies start, m.", { exclusiveMinimum: 0, maximum: 10 }),
  tag_radius_m: numberKwarg(0.5, "Distance of the pelvises that is a tag, m."),
  fall_pelvis_z_threshold: numberKwarg(0.6, "Height of a pelvis below which its body has fallen, m."),
  r_win_bonus: numberKwarg(1, "Reward of the chaser for a tag."),
  r_loss_penalty: numberKwarg(-1, "Reward of the runner for a tag."),
  r_fall_penalty: numberKwarg(-5, "Reward of a fall; the other body gets its negative."),
  r_survival_per_step: numberKwarg(0.01, "Reward of each step."),
  r_act_reg: numberKwarg(-0.001, "Weight of the sum of squares of a body's actions."),
  r_chaser_proximity: numberKwarg(0.5, "Chaser's weight of exp(-distance of the pelvises in m)."),
  r_runner_proximity: numberKwarg(-0.5, "Runner's weight of exp(-distance of the pelvises in m)."),
  gait_target_speed: numberKwarg(1.2, "Speed to walk at, towards the runner or away from the chaser, m/s."),
  w_gait_jpos: numberKwarg(0.15, "Weight of the likeness of joint angles to the clip's."),
  w_gait_jvel: numberKwarg(0.05, "Weight of the likeness of joint velocities to the clip's."),
  w_steering: numberKwarg(0.6, "Weight of the agreement of the pelvis's velocity with the wanted one."),
};

/** Id, model and clip of MyoSuite's MuscleMimicFullbodyDirectionalEnv. */
export function fullBodyDirectional(id: string, model: string): Recipe {
  return {
    family: "myosuite/full-body-directional",
    docs: FULL_BODY_DIRECTIONAL_DOCS,
    kwargs: DIRECTIONAL_KWARGS,
    precision: "single",
    frameSkip: 5,
    edits: "none",
    source: (kwargs, variant) => {
      requireClip(id, kwargs);
      return modelSource(model, variant);
    },
    task: (loaded, kwargs, episode) => new FullBodyDirectionalTask(loaded, requireClip(id, kwargs), kwargs, episode),
  };
}

/** Id and model of one body of MyoSuite's ModularMultiAgentTaskEnv with its ChaseTagVsFullbodySteeredTaskConfig. */
export function chaseTagVs(id: string, model: string): Recipe {
  return {
    family: "myosuite/chase-tag-vs",
    docs: CHASE_TAG_VS_DOCS,
    kwargs: CHASE_KWARGS,
    precision: "double",
    frameSkip: 5,
    edits: "none",
    source: (kwargs, variant) => {
      requireClip(id, kwargs);
      const { key, xml, files } = modelSource(model, variant);
      const separation = numberOf(kwargs, "agent_separation_m");
      return { key: `${key}#two ${separation} m apart`, xml: twoBodies(xml, separation), files };
    },
    task: (loaded, kwargs, episode) => new ChaseTagVsTask(loaded, requireClip(id, kwargs), kwargs, episode),
  };
}
