import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";

/** What the pages of families with `ObjectGoal` call their errors. */
export const GOAL_SYMBOLS =
  "d: distance of the object from its goal, m; r: norm of the difference of their Euler angles, rad";
export const GOAL_GROUPS = {
  pos_err: "goal − object",
  obj_rot: "Euler angles of the object",
  goal_rot: "Euler angles of the goal",
  rot_err: "goal_rot − obj_rot",
};

/** Page of `die-reorient.ts`. */
export const DIE_REORIENT_DOCS: TaskDocs = {
  goal: "Turn and shift a die in the hand into the pose of its goal.",
  action: SIGMOID_ACTION,
  terms: {
    pos_dist: "−d",
    rot_dist: "−r",
    bonus: "[d < 2 `pos_th`] + [d < `pos_th`]",
    act_reg: "−|act| / na",
    penalty: "−[d > `drop_th`]",
    sparse: "−r − 10 d",
    solved: "[d < `pos_th` and r < `rot_th` and d ≤ `drop_th`]",
  },
  symbols: `${GOAL_SYMBOLS}; what parts die and goal in the model is no distance`,
  start:
    "In this order: the goal's shift, uniform in `goal_pos` on every axis, and its Euler angles, uniform in `goal_rot`; the die's friction within `obj_friction_change`, its mass (`obj_mass_range`) and size (`obj_size_change`, the goal's with it). The hand is at 0 but for the forearm at −1.5 rad (palm up), at rest.",
  end: "d > `drop_th`.",
  groups: {
    ...GOAL_GROUPS,
    hand_qpos: "joints of the hand",
    hand_qpos_noMD5: "the same without the last",
    hand_qvel: "their velocities times the control step",
  },
};
