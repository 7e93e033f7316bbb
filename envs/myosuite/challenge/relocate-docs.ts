import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";
import { GOAL_GROUPS, GOAL_SYMBOLS } from "./die-reorient-docs.ts";

/** Page of `relocate.ts`. */
export const RELOCATE_DOCS: TaskDocs = {
  goal: "Carry an object into a bin.",
  action: SIGMOID_ACTION,
  terms: {
    pos_dist: "−d",
    rot_dist: "−r",
    act_reg: "−|act| / na",
    sparse: "−r − 10 d",
    solved: "[d < `pos_th` and r < `rot_th` and not dropped]",
  },
  symbols: `${GOAL_SYMBOLS} (the goal is in the bin); dropped: palm and object farther apart than \`drop_th\``,
  start:
    "Drawn uniformly in this order: the bin's place (`target_xyz_range`) and Euler angles (`target_rxryrz_range`); where the kwargs give ranges the object's place, of each of its geoms shape (sphere, capsule, ellipsoid, cylinder, box), half-lengths, place within them, rotation and friction, then the mass; noise of `qpos_noise_range` on every joint. The pose is keyframe 1 where the object's place is drawn, else 0. All of it is drawn again, up to 200 times, while something touches.",
  end: "Palm and object are farther apart than `drop_th`.",
  groups: {
    ...GOAL_GROUPS,
    hand_qpos: "joints of the arm and hand",
    hand_qpos_corrected: "the same",
    hand_qvel: "their velocities times the control step",
    reach_err: "palm − object",
  },
};
