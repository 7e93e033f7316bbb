import type { TaskDocs } from "../../docs/task-docs.ts";
import { DIRECT_ACTION } from "../family-docs.ts";
import type { Terrain } from "./terrain.ts";

const GROUNDS: Readonly<Record<Terrain | "flat", string>> = {
  flat: "The ground is flat.",
  rough: "The ground is a height field, 100 × 100 numbers drawn uniformly and stretched onto −0.02 … 0.06 m.",
  hilly: "The ground is flat at the start, then hills of 0.63 m, three half-waves of a sine along −y.",
  stairs: "The ground is flat at the start, then stairs upwards along −y, four rows of the height field a step.",
};

/** Page of `leg-walk.ts`. */
export function legWalkDocs(terrain: Terrain | "flat"): TaskDocs {
  const speed = "exp(−(`target_y_vel` − v_y)²) + exp(−(`target_x_vel` − v_x)²)";
  const near = terrain === "flat" ? "" : ` or the centre of mass is less than 0.61 m above the mean of the feet`;
  return {
    goal: "Walk along −y at a wanted speed, with hips that flex in a cycle.",
    action: DIRECT_ACTION,
    terms: {
      vel_reward: speed,
      cyclic_hip: "|0.8 (cos(2πφ + π), cos(2πφ)) − (left, right hip flexion)|",
      ref_rot: "exp(−5 |q − q_ref|)",
      joint_angle_rew: "exp(−5 mean |hip adduction, hip rotation of both sides|)",
      act_mag: "|act| / na",
      sparse: speed,
      solved: "[|(`target_x_vel`, `target_y_vel`) − v| < 0.5 and not done]",
      done: "[the task ends the episode]",
    },
    symbols:
      "v: velocity of the centre of mass, m/s, negated as MyoSuite has it, so that walking along −y is positive; φ: control steps / `hip_period`, modulo 1; q: rotation of the root (unit quaternion), q_ref: that of keyframe 0",
    start: `\`reset_type\` \`init\`: keyframe 2 (right stance), positions and velocities; \`random\`: this or keyframe 3 (left stance), equally likely, and normal noise of 0.02 rad on every coordinate but the root's height and rotation; \`none\`: keyframe 0 at rest. ${GROUNDS[terrain]}`,
    end: `The centre of mass is below \`min_height\`, |R₀₀| of the root's rotation matrix R is above \`max_rot\`${near}. With \`hold_pelvis\` never.`,
    groups: {
      qpos_without_xy: "qpos without the root's x and y",
      com_vel: "v",
      torso_angle: "rotation of the torso",
      height: "height of the centre of mass",
      phase_var: "φ",
      feet_rel_positions: "feet − pelvis",
      muscle_velocity: "clipped to ± 100",
      muscle_force: "clipped to ± 100",
    },
  };
}
