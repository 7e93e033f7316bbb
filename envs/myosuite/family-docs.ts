import type { EnvDocs, TaskDocs } from "../docs/task-docs.ts";
import type { Condition, IdRow } from "./id-row.ts";
import { parityMarkdown } from "../tolerances.ts";

/** `TaskDocs.action` of families with `actionControl`. */
export const SIGMOID_ACTION =
  "An action a in [−1, 1] gives a muscle the excitation 1 / (1 + exp(−5 (a − 0.5))); a motor beside muscles takes a as it is, a model without muscles maps it affinely onto the ctrl range. `normalize_act=false`: actions are ctrl, in its range.";

/** `TaskDocs.action` of families with `mixedControl`. */
export const MIXED_ACTION =
  "An action a in [−1, 1] gives a muscle the excitation 1 / (1 + exp(−5 (a − 0.5))); for a motor it is mapped affinely onto the ctrl range. `normalize_act=false`: actions are ctrl, in its range.";

/** `TaskDocs.action` of families with `directMap`. */
export const DIRECT_ACTION = "An action in [0, 1] is the excitation of its muscle.";

/** Groups that mean the same in every family; a family's own `groups` come first. */
const COMMON_GROUPS: Readonly<Record<string, string>> = {
  qvel: "velocity times the control step",
};

/** What a muscle condition changes, for pages. */
const DIFFERENCES: Readonly<Record<Condition, string>> = {
  Sarc: "sarcopenia: half the peak force of every actuator",
  Fati: "fatigue: the 3CC-r model (active, resting and fatigued share a muscle) stands between excitation and ctrl",
  Reaf: "tendon transfer: the thumb extensor EPL gets the excitation of the index extensor EIP, which gets 0",
};

const MYOSUITE_LICENCE = "Apache-2.0 (MyoSuite 3.0.0, myo-sim 0.2.3)";

/** Licences of models that hold other people's parts, by the beginning of the model's name. */
const OTHER_LICENCES: Readonly<Record<string, string>> = {
  myoChallengeTableTennis: `${MYOSUITE_LICENCE}; the table CC BY 4.0 (marvirab, Sketchfab)`,
  myoChallengeSoccer: `${MYOSUITE_LICENCE}; for the pitch MyoSuite states none`,
};

function licenceOf(model: string): string {
  const other = Object.keys(OTHER_LICENCES).find((prefix) => model.startsWith(prefix));
  return (other === undefined ? undefined : OTHER_LICENCES[other]) ?? MYOSUITE_LICENCE;
}

/** A range as a page shows it; one number where it has no width. */
export function rangeText(low: number, high: number): string {
  return low === high ? String(low) : `[${low}, ${high}]`;
}

/** The docs of one id; undefined where its family states none. */
export function docsOf(row: IdRow, id: string, condition: Condition | null): { readonly docs?: EnvDocs } {
  const own: TaskDocs | undefined = row.recipe.docs;
  if (own === undefined) return {};
  const variant = condition === null ? {} : { variant: { of: row.id, differs: DIFFERENCES[condition] } };
  return {
    docs: {
      ...own,
      groups: { ...COMMON_GROUPS, ...own.groups },
      model: `\`${row.model}\` of the pack \`myosuite\``,
      licence: licenceOf(row.model),
      parity: () => parityMarkdown(id, "MyoSuite 3.0.0 on MuJoCo 3.4.0"),
      ...variant,
    },
  };
}
