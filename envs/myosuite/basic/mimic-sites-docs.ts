import type { TaskDocs } from "../../docs/task-docs.ts";
import type { MimicSettings } from "./mimic-sites.ts";

/** Page of `mimic-sites.ts`. */
export function mimicSitesDocs({ sites, solver }: MimicSettings): TaskDocs {
  const options =
    solver === undefined
      ? []
      : [
          `The solver has ${solver.iterations} iterations and ${solver.ls_iterations} of its line search, as MyoSuite's constructor sets it.`,
        ];
  return {
    goal: `Bring ${sites.length} sites of the body to drawn places.`,
    action:
      "An action a gives a muscle the excitation 1 / (1 + exp(−5 (a − 0.5))). Actions outside the Box are not clipped: the sigmoid saturates.",
    terms: { track_err: "e", dense: "exp(−2 e)", sparse: "−e", solved: "[e < 0.04]" },
    symbols: "e: mean distance of the sites from their targets, m",
    start: `The model's zero pose, at rest. Targets of ${sites.map((site) => `\`${site}\``).join(", ")} are drawn in this order, coordinate by coordinate, uniformly between \`mimic_target_low\` and \`mimic_target_high\`.`,
    end: "Never.",
    groups: { mimic_site_pos: "sites", mimic_site_target: "targets", mimic_site_err: "target − site" },
    deviations: options,
  };
}
