import { torsoPose } from "../basic/torso-pose.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const TORSO = { maxEpisodeSteps: 200, variants: MUSCLE };

/** Base ids of this body. */
export const TORSO_ROWS: readonly IdRow[] = [
  {
    ...TORSO,
    id: "myoTorsoPoseFixed-v0",
    title: "Torso with 216 muscles, upright pose",
    model: "myoTorsoPoseFixed",
    recipe: torsoPose(false),
  },
  {
    ...TORSO,
    id: "myoTorsoExoPoseFixed-v0",
    title: "Torso with 216 muscles and an exosuit, upright pose",
    model: "myoTorsoExoPoseFixed",
    recipe: torsoPose(true),
  },
];
