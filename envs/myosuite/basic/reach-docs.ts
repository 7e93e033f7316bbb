import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION, rangeText } from "../family-docs.ts";
import type { ReachSettings } from "./reach.ts";

/** Page of `reach.ts`. */
export function reachDocs({ sites, workspace }: ReachSettings): TaskDocs {
  const boxes = Object.entries(sites).map(([site, [low, high]]) => {
    const ranges = low.map((from, i) => rangeText(from, high[i] ?? from));
    return `\`${site}\` (${ranges.join(", ")})`;
  });
  const drawn = `Targets are drawn uniformly, coordinate by coordinate, from these ranges (one of width zero draws all the same), m: ${boxes.join("; ")}.`;
  const picked = `The target is one row, drawn uniformly, of the table \`${workspace ?? ""}\`: tip places of random poses within the box ${boxes.join("; ")} m.`;
  return {
    goal: "Bring the tips to their targets in space.",
    action: SIGMOID_ACTION,
    terms: {
      reach: "−d",
      bonus: "[d < 0.025 k] + [d < 0.0125 k]",
      act_reg: "−|act| / na (0 without muscles)",
      penalty: "−[d > `far_th` k], from the third control step on",
      sparse: "−d",
      solved: "[d < 0.0125 k]",
    },
    symbols: "d, m: norm of the vector of all target − tip coordinates; k: number of tips",
    start: `Every joint at qpos0, one that a motor drives directly in the middle of its range; at rest, activations 0. ${workspace === undefined ? drawn : picked}`,
    end: "d > `far_th` k, from the third control step on.",
    groups: { reach_err: "target − tip" },
  };
}
