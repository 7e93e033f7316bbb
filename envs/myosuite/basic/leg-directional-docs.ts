import type { TaskDocs } from "../../docs/task-docs.ts";
import { DIRECT_ACTION } from "../family-docs.ts";

/** Page of `leg-directional.ts`. */
export const LEG_DIRECTIONAL_DOCS: TaskDocs = {
  goal: "Walk in a direction at a speed.",
  action: DIRECT_ACTION,
  terms: {
    "heading/heading_tracking": "exp(−|v* − v|²)",
    "heading/solved": "[|v* − v| < 0.5 and not fallen]",
    "act_reg/act_reg": "−mean(act²)",
    "act_reg/solved": "0",
    solved: "[|v* − v| < 0.5 and not fallen]",
    done: "[fallen]",
  },
  symbols:
    "v: velocity of the pelvis in the plane, m/s; v* = `target_speed` · direction; fallen: the pelvis is below `fall_height`; the weight of done is −`fall_penalty`",
  start:
    "Keyframe 0, positions and velocities. The direction is `heading_dir`, with `randomize_heading` drawn: at an angle uniform in [0, 2π].",
  end: "Fallen; with `hold_pelvis` never.",
  groups: {
    joint_vel: "velocity times the control step",
    root_planar_vel: "v",
    heading_cmd: "direction to walk in",
  },
};
