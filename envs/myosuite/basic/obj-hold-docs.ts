import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";
import type { ObjHoldSettings } from "./obj-hold.ts";

/** Page of `obj-hold.ts`. */
export function objHoldDocs({ drawn }: ObjHoldSettings): TaskDocs {
  const draw = drawn
    ? "The goal is drawn uniformly in ± 0.03 m around the object's start on every axis, then the half-axes of the ellipsoid uniformly from [0.02, 0.03] m."
    : "Goal and object are those of the model.";
  return {
    goal: "Hold an object at a place above the open hand.",
    action: SIGMOID_ACTION,
    terms: {
      goal_dist: "−d",
      bonus: "[d < 0.02] + [d < 0.01]",
      act_reg: "−|act| / na",
      penalty: "−[d > 0.3]",
      sparse: "−d",
      solved: "[d < 0.01]",
    },
    symbols: "d = |goal − object|, m",
    start: `${draw} The hand is at 0 but for its first joint at −1.5 rad (palm up), at rest.`,
    end: "d > 0.3 m.",
    groups: {
      hand_qpos: "joints of the hand",
      hand_qvel: "their velocities times the control step",
      obj_err: "goal − object",
    },
  };
}
