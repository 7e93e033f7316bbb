import type { TaskDocs } from "../../docs/task-docs.ts";

const CLIP =
  "The gait comes from a motion clip (kwarg `clip`) that no package brings; the refusal of the id names the command that fetches MyoSuite's.";

/** Page of `full-body-directional.ts`. */
export const FULL_BODY_DIRECTIONAL_DOCS: TaskDocs = {
  goal: `Walk in a direction in the style of a recorded gait. ${CLIP}`,
  action: "Actions are ctrl, in its range.",
  terms: {
    gait_jpos: "exp(−10 mean((q − q_clip)²)) over the joints",
    gait_jvel: "exp(−mean((q̇ − q̇_clip)²)) over the joints",
    heading: "u · exp(−|v* − v|² / 3)",
    survival: "u",
    dense:
      "`w_jpos` gait_jpos + `w_jvel` gait_jvel + `w_heading` heading − `w_act_reg` mean(act²) − `w_act_smooth` mean((act − act before)²) + `w_survival` u − 5 max(0, |v| − 1.05 `target_speed`)²",
    sparse: "heading",
    solved: "[heading > 0.8]",
  },
  symbols:
    "q_clip, q̇_clip: frame of the clip for the simulated time; v: planar velocity, m/s; v* = `target_speed` · direction; u = [pelvis at or above `upright_pelvis_z`]",
  start:
    "The direction is at `angle_override`, else at an angle uniform in [0, 2π]. Without `start_clips` joints and velocities are those of the clip's first frame, the body facing the direction; with them those of a drawn frame near one that walks in the direction, turned into it. Activations 0.05.",
  end: "The pelvis is below `fall_pelvis_z`.",
};

/** Page of `chase-tag-vs.ts`. */
export const CHASE_TAG_VS_DOCS: TaskDocs = {
  goal: `Two bodies, one action: one chases, the other runs, both in the style of a recorded gait. ${CLIP}`,
  action: "Actions are the excitations of both bodies, clipped to [0, 1]; their effort counts as they came.",
  terms: {
    "agent_0/reward": "rules + style of the first body",
    "agent_1/reward": "rules + style of the second body",
    "agent_0/fell": "[its pelvis is below `fall_pelvis_z_threshold`]",
    "agent_1/fell": "[its pelvis is below `fall_pelvis_z_threshold`]",
    tagged: "[the pelvises have been within `tag_radius_m`]",
    elapsed_s: "time since the start, s",
    score:
      "at a tag or the step limit the share t / T of the episode: 1 − t / T where agent_0 chases, t / T where it runs; else 0",
  },
  symbols:
    "rules = `r_survival_per_step` + `r_act_reg` Σ a² + `r_fall_penalty` (own fall − other's) + near exp(−d) + won [tagged], with near, won = `r_chaser_proximity`, `r_win_bonus` for the chaser, `r_runner_proximity`, `r_loss_penalty` for the runner; style = `w_gait_jpos` exp(−10 mean((q − q_clip)²)) + `w_gait_jvel` exp(−mean((q̇ − q̇_clip)²)) + `w_steering` exp(−|v* − v|² / 3); v: velocity of the root, v*: `gait_target_speed` towards the other body, away from it for the runner; d: distance of the pelvises, m. The reward is agent_0's",
  start:
    "Both bodies stand `agent_separation_m` apart, at rest. `task_choice` says whether agent_0 chases or runs, `random` draws it.",
  end: "A tag, or a fall of either body.",
};
