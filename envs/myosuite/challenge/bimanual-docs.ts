import type { TaskDocs } from "../../docs/task-docs.ts";
import { MIXED_ACTION } from "../family-docs.ts";

/** Page of `bimanual.ts`. */
export const BIMANUAL_DOCS: TaskDocs = {
  goal: "Take a box from the start pillar with a muscle-driven arm, pass it to a motor-driven prosthesis, and put it on the goal pillar.",
  action: MIXED_ACTION,
  terms: {
    reach_dist: "d_palm + log(d_palm + 1e-6)",
    act: "|act| / na",
    fin_open: "exp(−5 Σ |tip − palm|)",
    fin_dis: "s + log(s + 1e-6), s = Σ |tip − box|",
    lift_bonus: "5 exp(−10 (elbow − 1)²) − 5",
    lift_height: "5 exp(−10 (h − 0.2)²) − 5",
    pass_err: "d_pass + log(d_pass + 1e-3)",
    sparse: "0",
    goal_dist: "d_goal",
    solved: "[d_goal < `proximity_th` and the box has touched the goal pillar in 10 control steps so far]",
  },
  symbols:
    "m and rad; d_palm, d_pass: distance of the box from the muscle arm's palm and from the prosthesis'; sums over its five fingertips; h: norm of the rises of box and palm since the start; elbow: its flexion; d_goal: distance of the box from the goal pillar's place at a height of 1.09 m",
  start:
    "Both pillars uniform within `start_shifts` and `goal_shifts` around their centres, then the box: mass, friction and relative size uniform within `obj_mass_change`, `obj_friction_change` and `obj_scale_change` (its size not in the first episode of a random stream). Keyframe 2 at rest, the box 0.1 m above the start pillar's place.",
  end: "The box is below 0.3 m, 10 s of simulated time are over, or the step before has solved the task.",
  groups: {
    time: "simulation time; 10 where the box has fallen",
    myohand_qpos: "muscle arm",
    myohand_qvel: "muscle arm",
    pros_hand_qpos: "prosthesis",
    pros_hand_qvel: "prosthesis",
    touching_body: "what touches the box",
    max_force: "largest force of the box's touch sensor so far",
    qp: "qpos",
    qv: "qvel",
    elbow_fle: "flexion of the elbow",
    palm_pos: "palm of the muscle arm",
    rpalm_pos: "palm of the prosthesis",
    mpl_ori: "Euler angles of the prosthesis' palm",
    mpl_ori_err: "the same less those of a palm that faces the box",
    reach_err: "palm − box",
    pass_err: "palm of the prosthesis − box",
  },
};
