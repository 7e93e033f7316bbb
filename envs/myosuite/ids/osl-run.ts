import { runTrack } from "../challenge/run-track.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const OSL_MODEL = { model: "myoChallengeOslRunFixed", variants: MUSCLE };
/** Heights of the patches of a drawn track in walking order, m. */
const RISING = [0, 0, 0, 0, 0, 0.03, 0, 0.06, 0, 0.09, 0, 0.12, 0, 0.15, 0, 0.18, 0, 0.21, 0, 0.24, 0, 0, 0, 0];

/** Base ids of this body. */
export const OSL_RUN_ROWS: readonly IdRow[] = [
  {
    ...OSL_MODEL,
    id: "myoChallengeOslRunFixed-v0",
    title: "Legs with a prosthesis, run along a flat track",
    maxEpisodeSteps: 1000,
    recipe: runTrack({
      track: "flat",
      difficulties: {
        hilly: [0, 0.1, 0, 0.5, 0, 0.8, 0, 1],
        rough: [0, 0.1, 0, 0.15, 0, 0.2, 0, 0.3],
        stairs: [0, 0.05, 0, 0.1, 0, 0.2, 0, 0.3],
      },
      start: 14,
      finish: -15,
    }),
  },
  {
    ...OSL_MODEL,
    id: "myoChallengeOslRunRandom-v0",
    title: "Legs with a prosthesis, run along a drawn track",
    maxEpisodeSteps: 60_000,
    recipe: runTrack({
      track: "random",
      difficulties: { hilly: RISING, rough: RISING, stairs: RISING },
      start: 58,
      finish: -45,
    }),
  },
];
