import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";
import type { SoccerSettings } from "./soccer.ts";

/** Page of `soccer.ts`. */
export function soccerDocs({ goalkeeper: [follows = 0, moves = 0, stands = 0] }: SoccerSettings): TaskDocs {
  return {
    goal: "Kick a ball into the goal, past its keeper.",
    action: SIGMOID_ACTION,
    terms: {
      goal_scored: "[scored]",
      time_cost: "1",
      act_reg: "mean(act²)",
      pain: "mean of min(limit force / 1000, 1) over the joints of hips and left leg that the model has",
      alive: "[not ended]",
      sparse: "[ended]",
      solved: "[scored]",
    },
    symbols:
      "scored: the ball's centre at x ≥ 50 m, |y| ≤ 3.3 m and 0 ≤ z ≤ 2.2 m; ended: the task ends the episode; limit force in N m",
    start: `\`reset_type\` \`none\`, \`init\`: keyframe 0; \`random\`: to every joint of trunk and legs a number uniform in ± \`rnd_joint_noise\` is added, then to the root's x one from [−\`rnd_pos_noise\`, 0] and to its y one from ± \`rnd_pos_noise\`. Then the keeper: its policy (with these ids it follows the ball, moves at random, stands with probabilities ${follows}, ${moves}, ${stands}), its y uniform in ± 3.3 m, its speed from \`random_vel_range\`, and noise of power f⁻² for the random policy.`,
    end: "Scored, `max_time_sec` of simulated time over, or the pelvis below 0.2 m.",
    groups: {
      internal_qpos: "joints of trunk and legs",
      internal_qvel: "their velocities times the control step",
      grf: "ground reaction forces",
      torso_angle: "rotation of the torso",
      pelvis_angle: "rotation of the pelvis",
      model_root_pos: "place and rotation of the root, quaternion dimensionless",
      model_root_vel: "velocity of the root",
      muscle_velocity: "clipped to ± 100",
      muscle_force: "clipped to ± 100",
      goal_bounds: "corners of the goal, x, y, z each",
      goalkeeper_pos: "place of the keeper",
    },
  };
}
