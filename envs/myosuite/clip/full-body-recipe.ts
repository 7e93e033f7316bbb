import { numberKwarg, type Recipe } from "../recipe.ts";
import { modelSource } from "../pack-files.ts";
import { CLIP_KWARG, requireClip, START_CLIPS_KWARG } from "./clip-kwarg.ts";
import { FullBodyDirectionalTask } from "./full-body-directional.ts";

const KWARGS = {
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

/** Id, model and clip of MyoSuite's MuscleMimicFullbodyDirectionalEnv. */
export function fullBodyDirectional(id: string, model: string): Recipe {
  return {
    family: "myosuite/full-body-directional",
    kwargs: KWARGS,
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
