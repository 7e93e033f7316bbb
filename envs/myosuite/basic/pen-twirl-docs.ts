import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";
import type { PenTwirlSettings } from "./pen-twirl.ts";

/** Page of `pen-twirl.ts`. */
export function penTwirlDocs({ tilt }: PenTwirlSettings): TaskDocs {
  const target =
    tilt > 0
      ? `The target's first two Euler angles are drawn uniformly from ± ${tilt} rad.`
      : "The target is that of the model.";
  return {
    goal: "Turn a pen in the hand until it points as its target does.",
    action: SIGMOID_ACTION,
    terms: {
      pos_align: "−d",
      rot_align: "c",
      act_reg: "−|act| / na",
      drop: "−[d > 0.075]",
      bonus: "[d < 0.075] ([c > 0.9] + 5 [c > 0.95])",
      sparse: "c − d",
      solved: "[c > 0.95 and d ≤ 0.075]",
    },
    symbols:
      "d: distance of the pen from the middle of the grasp zone, m; c: cosine of the angle between pen and target",
    start: `${target} The hand is at 0 but for its first joint at −1.5 rad (palm up), at rest.`,
    end: "d > 0.075 m.",
    groups: {
      hand_jnt: "joints of the hand",
      obj_vel: "velocity times the control step",
      obj_rot: "direction of the pen",
      obj_des_pos: "middle of the grasp zone",
      obj_des_rot: "direction of the target",
      obj_err_pos: "pen − middle of the grasp zone",
      obj_err_rot: "obj_rot − obj_des_rot",
    },
  };
}
