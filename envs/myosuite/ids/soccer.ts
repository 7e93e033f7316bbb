import { soccer } from "../challenge/soccer.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const SOCCER_MODEL = { model: "myoChallengeSoccerP1", maxEpisodeSteps: 2000, variants: MUSCLE };

/** Base ids of this body. */
export const SOCCER_ROWS: readonly IdRow[] = [
  {
    ...SOCCER_MODEL,
    id: "myoChallengeSoccerP1-v0",
    title: "Trunk and legs with 290 muscles, kick a ball into a goal whose keeper stands",
    recipe: soccer({ reset: "none", goalkeeper: [0, 0, 1] }),
  },
  {
    ...SOCCER_MODEL,
    id: "myoChallengeSoccerP2-v0",
    title: "Trunk and legs with 290 muscles, kick a ball past a keeper, drawn start",
    recipe: soccer({ reset: "random", goalkeeper: [0.1, 0.3, 0.6] }),
  },
];
