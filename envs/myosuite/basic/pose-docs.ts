import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION, rangeText } from "../family-docs.ts";
import type { PoseSettings, PoseTarget } from "./pose.ts";

function targetText(target: PoseTarget): string {
  if (!("low" in target)) return `The target is (${target.join(", ")}) rad`;
  const bounds = target.low.map((low, i) => rangeText(low, target.high[i] ?? low));
  return `Every element of the target is drawn uniformly from its range (one of width zero draws all the same): (${bounds.join(", ")}) rad`;
}

/** Page of `pose.ts`. */
export function poseDocs({ target, carried }: PoseSettings): TaskDocs {
  const weight =
    carried === undefined
      ? ""
      : ` Before that the mass of the ball in the hand is drawn uniformly from ${rangeText(carried.low, carried.high)} kg; its radius is 0.01 m + 0.025 m/kg.`;
  return {
    goal: "Bring every joint to its target angle and hold it there.",
    action: SIGMOID_ACTION,
    terms: {
      pose: "−d",
      bonus: "[d < `pose_thd`] + [d < 1.5 `pose_thd`]",
      penalty: "−[d > 2π]",
      act_reg: "−|act| / na (0 without muscles)",
      sparse: "−d",
      solved: "[d < `pose_thd`]",
    },
    symbols: "d = |target − qpos|, rad: distance of the joint angles from the target pose",
    start: `${targetText(target)}.${weight} Then \`reset_type\` \`init\`: every joint at qpos0, one that a motor drives directly in the middle of its range; \`random\`: each drawn uniformly from its range. Velocities and activations are 0.`,
    end: "d > 2π.",
    groups: { pose_err: "target − qpos" },
  };
}
