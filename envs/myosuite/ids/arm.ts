import { ARM_TARGET, ARM_TARGET_BOX } from "../basic/reach-targets.ts";
import { reach } from "../basic/reach.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const ARM_MODEL = { model: "myoArmReachFixed", maxEpisodeSteps: 150, variants: MUSCLE };

/** Base ids of this body. */
export const ARM_ROWS: readonly IdRow[] = [
  {
    ...ARM_MODEL,
    id: "myoArmReachFixed-v0",
    title: "Arm with 50 muscles, fixed target of the index fingertip",
    recipe: reach({ sites: ARM_TARGET, farThreshold: 1 }),
  },
  {
    ...ARM_MODEL,
    id: "myoArmReachRandom-v0",
    title: "Arm with 50 muscles, drawn target of the index fingertip",
    recipe: reach({ sites: ARM_TARGET_BOX, farThreshold: 1.3 }),
  },
];
