import { chaseTagVs, fullBodyDirectional } from "../clip/full-body-recipe.ts";
import type { IdRow } from "../id-row.ts";

const DIRECTIONAL = "myoFullBodyDirectional-v0";
const CHASE = "myoChallengeChaseTagFBVs-v0";
const FULL_BODY = "myoMimicFullbody";

/** Base ids that need a motion clip from the user. */
export const CLIP_ROWS: readonly IdRow[] = [
  {
    id: DIRECTIONAL,
    title: "Full body with 354 muscles, walk in a drawn direction in the style of a motion clip",
    model: FULL_BODY,
    maxEpisodeSteps: 500,
    variants: [],
    recipe: fullBodyDirectional(DIRECTIONAL, FULL_BODY),
  },
  {
    id: CHASE,
    title: "Two full bodies with 354 muscles each, one chases the other, in the style of a motion clip",
    model: FULL_BODY,
    maxEpisodeSteps: 2000,
    variants: [],
    recipe: chaseTagVs(CHASE, FULL_BODY),
  },
];
