import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";

/** Page of `baoding.ts`. */
export const BAODING_DOCS: TaskDocs = {
  goal: "Keep two balls on targets that circle each other over the palm.",
  action: SIGMOID_ACTION,
  terms: {
    pos_dist_1: "−d₁",
    pos_dist_2: "−d₂",
    act_reg: "−|act| / na",
    sparse: "−(d₁ + d₂)",
    solved: "[d₁ < `proximity_th` and d₂ < `proximity_th` and no ball is dropped]",
  },
  symbols:
    "d₁, d₂: distances of the balls from their targets, m. The targets lie opposite each other on an ellipse in the palm's frame, centre (−0.0125, −0.07) m, radii drawn from `goal_xrange` and `goal_yrange`, one revolution in a time drawn from `goal_time_period`",
  start:
    "The hand is at 0 but for the forearm at −1.57 rad (palm up), the balls where the model has them, at rest. Drawn in this order: with `task_choice` `random` the sense (hold, clockwise, counter-clockwise) and the first ball's angle (`fixed`: counter-clockwise from 45°); radii and period; the balls' masses, frictions and radii where the kwargs give ranges.",
  end: "A ball is below `drop_th`.",
  groups: {
    hand_pos: "joints of the hand",
    object1_velp: "velocity times the control step",
    object2_velp: "velocity times the control step",
    target1_err: "target − ball",
    target2_err: "target − ball",
  },
};
