import { tableTennis } from "../challenge/table-tennis.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const MODEL = { model: "myoChallengeTableTennisP0", maxEpisodeSteps: 300, variants: MUSCLE };
/** m */
const NEAR_SERVE = { low: [-1.25, -0.5, 1.4], high: [-1.2, -0.45, 1.5] };
const ANY_SERVE = { low: [-1.25, -0.5, 1.4], high: [-0.8, 0.5, 1.5] };

/** Base ids of this body. */
export const TABLE_TENNIS_ROWS: readonly IdRow[] = [
  {
    ...MODEL,
    id: "myoChallengeTableTennisP0-v0",
    title: "Table tennis, always the same serve",
    recipe: tableTennis({}),
  },
  {
    ...MODEL,
    id: "myoChallengeTableTennisP1-v0",
    title: "Table tennis, serves from a small box",
    recipe: tableTennis({ ball_xyz_range: NEAR_SERVE }),
  },
  {
    ...MODEL,
    id: "myoChallengeTableTennisP2-v0",
    title: "Table tennis, drawn serves, paddles and balls",
    recipe: tableTennis({
      ball_xyz_range: ANY_SERVE,
      ball_qvel: true,
      paddle_mass_range: [0.1, 0.15],
      ball_friction_range: { low: [0.9, 0.004, 0.00001], high: [1.1, 0.006, 0.00003] },
    }),
  },
];
