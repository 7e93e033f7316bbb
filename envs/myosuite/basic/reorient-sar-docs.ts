import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";
import type { SarSettings } from "./sar-shapes.ts";

/** Page of `reorient-sar.ts`. */
export function reorientSarDocs({ table }: SarSettings): TaskDocs {
  return {
    goal: "Turn an object in the hand until it points as its target does.",
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
      "d: distance of the object from its place over the palm, m; c: cosine of the angle between object and target, each from its lower to its upper mark",
    start: `Kind (capsule, ellipsoid, cylinder, box) and size of object and target are drawn from the table \`${table}\`, then the target's first two Euler angles uniformly from [−1, 1] and [−0.8, 1.2] rad. The hand is at 0 but for the forearm at −1.5 rad (palm up), at rest.`,
    end: "d > 0.075 m.",
    groups: {
      hand_jnt: "joints of the hand",
      obj_vel: "velocity times the control step",
      obj_rot: "direction of the object",
      obj_des_rot: "direction of the target",
      obj_err_pos: "object − its place",
      obj_err_rot: "obj_rot − obj_des_rot",
    },
  };
}
