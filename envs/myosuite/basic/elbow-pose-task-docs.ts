import type { TaskDocs } from "../../docs/task-docs.ts";
import { DIRECT_ACTION, rangeText } from "../family-docs.ts";
import type { ElbowPoseTaskSettings } from "./elbow-pose-task.ts";

/** Page of `elbow-pose-task.ts`. */
export function elbowPoseTaskDocs({ low, high }: ElbowPoseTaskSettings): TaskDocs {
  return {
    goal: "Bring the elbow to its target angle and hold it there.",
    action: DIRECT_ACTION,
    terms: {
      "pose/pose": "−d",
      "pose/bonus": "[d < `pose_thd`] + [d < 1.5 `pose_thd`]",
      "pose/penalty": "−[d > 2π]",
      "pose/solved": "[d < `pose_thd`]",
      "act_reg/act_reg": "−mean(act²)",
      "act_reg/solved": "0",
      solved: "[d < `pose_thd`]",
    },
    symbols: "d = |target − qpos|, rad: distance of the elbow from its target",
    start: `The elbow at qpos0, at rest, activations 0. ${low < high ? `The target is drawn uniformly from ${rangeText(low, high)} rad` : `The target is ${low} rad, without a draw`}.`,
    end: "d > 2π.",
    groups: { joint_vel: "velocity times the control step", pose_error: "target − qpos" },
  };
}
