import type { TaskDocs } from "../../docs/task-docs.ts";
import { MIXED_ACTION } from "../family-docs.ts";

/** Page of `table-tennis.ts`. */
export const TABLE_TENNIS_DOCS: TaskDocs = {
  goal: "Return a served ball to the opponent's half of the table.",
  action: MIXED_ACTION,
  terms: {
    reach_dist: "exp(−|paddle − ball|)",
    palm_dist: "exp(−5 |palm − paddle|)",
    paddle_quat: "exp(−5 |q − q_ref|)",
    torso_up: "exp(−5 |flexion|)",
    act_reg: "−|act| / na",
    sparse: "[the paddle touches the ball]",
    solved: "[returned]; in info only for the last of `rally_count` balls",
    done: "[the ball is returned or the episode ends]",
  },
  symbols:
    "m and rad; q: the paddle's quaternion, q_ref: rolled by −0.3 and then pitched by 1.57 rad; flexion: that of the torso; returned: the ball meets the opponent's half after the paddle, without a fault. A fault is a second touch of the paddle, a bounce on the own half longer than two control steps or a second one, or the opponent's half without the paddle",
  start:
    "The paddle's mass (`paddle_mass_range`), then the ball's friction (`ball_friction_range`) and place (`ball_xyz_range`), then noise on the joints (`qpos_noise_range`, a share of each range) are drawn uniformly where the kwargs give ranges. The ball flies at (5.6, 1.6, 0.1) m/s; with `ball_qvel` its rise is uniform in ± 0.1 m/s and the rest so that, without drag, it lands uniformly in x 0.5 … 1.35, y −0.6 … 0.7 m. The rest is keyframe 0 at rest. In a rally the next ball is served the same way, time and rules start anew.",
  end: "The ball is returned (the last of the rally) or a fault, it is below 0.3 m, or 3 s of simulated time are over.",
  groups: {
    time: "simulation time; 3 where the ball has fallen",
    body_qpos: "joints of the player",
    body_qvel: "joints of the player",
    paddle_ori: "rotation of the paddle",
    padde_ori_err: "q − q_ref",
    reach_err: "paddle − ball",
    palm_err: "palm − paddle",
    touching_info: "what touches the ball",
  },
};
