import { mimicSites, type MimicSettings } from "../basic/mimic-sites.ts";
import type { IdRow } from "../id-row.ts";

const ARM_SITES = ["shoulder", "elbow", "hand"];
const LEG_SITES = ["hip", "knee", "ankle", "toes"];
const sideSites = (side: "left" | "right", parts: readonly string[]): string[] =>
  parts.map((part) => `${side}_${part}_mimic`);

const BIMANUAL: MimicSettings = {
  sites: ["upper_body_mimic", ...sideSites("left", ARM_SITES), ...sideSites("right", ARM_SITES)],
  low: [-0.3, -0.85, 0.95],
  high: [0.3, -0.25, 1.45],
  // mjDSBL_EULERDAMP
  solver: { iterations: 4, ls_iterations: 8, disableflags: 1 << 15 },
};
const FULL_BODY: MimicSettings = {
  sites: [
    "pelvis_mimic",
    "upper_body_mimic",
    "head_mimic",
    ...sideSites("left", ARM_SITES),
    ...sideSites("right", ARM_SITES),
    ...sideSites("left", LEG_SITES),
    ...sideSites("right", LEG_SITES),
  ],
  low: [-0.5, -0.5, 0.2],
  high: [0.5, 0.5, 1.9],
};

/** Each environment has a second, older id. */
const rows = (names: readonly string[], row: Omit<IdRow, "id">): IdRow[] => names.map((id) => ({ ...row, id }));

/** Base ids of the mimic models, without a motion clip. */
export const MIMIC_ROWS: readonly IdRow[] = [
  ...rows(["myoMimicBimanual-v0", "myoMuscleMimicBimanual-v0"], {
    title: "Two arms with 64 muscles, bring 7 sites to drawn places",
    model: "myoMimicBimanual",
    maxEpisodeSteps: 1000,
    variants: [],
    recipe: mimicSites(BIMANUAL),
  }),
  ...rows(["myoMimicFullbody-v0", "myoMuscleMimicFullbody-v0"], {
    title: "Full body with 354 muscles, bring 17 sites to drawn places",
    model: "myoMimicFullbody",
    maxEpisodeSteps: 1000,
    variants: [],
    recipe: mimicSites(FULL_BODY),
  }),
];
