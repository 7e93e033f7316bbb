import { chaseTag, type ChaseTagRecipe } from "../challenge/chase-tag.ts";
import { FULL_BODY_KEYS, LEG_KEYS } from "../challenge/chase-tag-groups.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const ROW = { model: "myoChallengeChaseTagP1", maxEpisodeSteps: 2000, variants: MUSCLE };
const WEIGHTS = { distance: -0.5, alive: 0.5, solved: 1000, lose: -100 };
/** Static, stationary, random. */
const PROBABILITIES = [0.1, 0.45, 0.45];

const FIRST_PHASE: ChaseTagRecipe = {
  frameSkip: 10,
  normalizeAct: true,
  obsKeys: LEG_KEYS,
  weights: WEIGHTS,
  resetType: "init",
  taskChoice: "CHASE",
  terrain: "FLAT",
  ranges: {
    hills_range: [0, 0],
    rough_range: [0, 0],
    relief_range: [0, 0],
    chase_vel_range: [1, 1],
    random_vel_range: [1, 1],
    repeller_vel_range: [1, 1],
  },
  repeller: false,
  probabilities: PROBABILITIES,
};

const SECOND_PHASE: ChaseTagRecipe = {
  ...FIRST_PHASE,
  resetType: "random",
  taskChoice: "random",
  terrain: "random",
  ranges: {
    ...FIRST_PHASE.ranges,
    hills_range: [0.03, 0.23],
    rough_range: [0.05, 0.1],
    relief_range: [0.1, 0.3],
    random_vel_range: [-2, 2],
  },
};

/** Base ids of this challenge. */
export const CHASE_TAG_ROWS: readonly IdRow[] = [
  {
    ...ROW,
    id: "myoChallengeChaseTagP1-v0",
    title: "Legs with 80 muscles, tag an opponent on flat ground",
    recipe: chaseTag(FIRST_PHASE),
  },
  {
    ...ROW,
    id: "myoChallengeChaseTagP2-v0",
    title: "Legs with 80 muscles, tag or escape an opponent on drawn ground",
    recipe: chaseTag(SECOND_PHASE),
  },
  {
    ...ROW,
    id: "myoChallengeChaseTagP2eval-v0",
    title: "Legs with 80 muscles, tag or escape a nimbler opponent on drawn ground",
    recipe: chaseTag({
      ...SECOND_PHASE,
      repeller: true,
      ranges: { ...SECOND_PHASE.ranges, chase_vel_range: [1, 5], repeller_vel_range: [0.3, 1] },
      probabilities: [0.1, 0.35, 0.35, 0.2],
    }),
  },
  {
    ...ROW,
    id: "myoChallengeChaseTagFBP2-v0",
    title: "Full body with 354 muscles, tag an opponent on flat ground",
    model: "myoChallengeChaseTagFBP2",
    recipe: chaseTag({
      ...FIRST_PHASE,
      frameSkip: 5,
      normalizeAct: false,
      obsKeys: FULL_BODY_KEYS,
      weights: { ...WEIGHTS, act_reg: -0.1 },
      resetType: "none",
      stances: false,
      ranges: { ...FIRST_PHASE.ranges, random_vel_range: [-2, 2] },
    }),
  },
];
