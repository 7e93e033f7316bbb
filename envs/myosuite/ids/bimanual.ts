import { bimanual } from "../challenge/bimanual.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

/** Base ids of this body. */
export const BIMANUAL_ROWS: readonly IdRow[] = [
  {
    id: "myoChallengeBimanual-v0",
    title: "Muscle-driven arm that hands a box to a prosthesis",
    model: "myoChallengeBimanual",
    maxEpisodeSteps: 1000,
    variants: MUSCLE,
    recipe: bimanual(),
  },
];
