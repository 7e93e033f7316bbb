import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION, rangeText } from "../family-docs.ts";
import type { LegStandSettings } from "./leg-stand.ts";

/** Page of `leg-stand.ts`. */
export function legStandDocs({ jointNoise, targetSpread }: LegStandSettings): TaskDocs {
  return {
    goal: "Stand still with the pelvis on a target near its start.",
    action: SIGMOID_ACTION,
    terms: {
      reach: "10 − d − 10 |qvel| dt",
      bonus: "[d < 0.1] + [d < 0.05]",
      act_reg: "−100 |act| / na",
      penalty: "−[d > `far_th`], from the third control step on",
      sparse: "−d",
      solved: "[d < 0.05]",
    },
    symbols: "d: distance of the pelvis from its target, m; dt: control step, s",
    start: `Keyframe 0 of the model, positions and velocities. To every joint a number drawn uniformly from ${rangeText(...jointNoise)} rad is added, the result clipped to the joint's range; the root's x becomes 0 and its other coordinates stay (as many numbers are drawn as qpos has elements). Then the target: the pelvis plus numbers drawn uniformly within ± (${targetSpread.join(", ")}) m.`,
    end: "d > `far_th`, from the third control step on.",
    groups: { reach_err: "target − pelvis" },
  };
}
