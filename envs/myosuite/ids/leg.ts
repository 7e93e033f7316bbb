import { legStand } from "../basic/leg-stand.ts";
import { legWalk } from "../basic/leg-walk.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

const LEG_MODEL = { model: "myoLegHillyTerrainWalk", maxEpisodeSteps: 1000, variants: MUSCLE };

/** Base ids of this body. */
export const LEG_ROWS: readonly IdRow[] = [
  {
    ...LEG_MODEL,
    id: "myoLegStandRandom-v0",
    title: "Legs with 80 muscles, stand over a drawn point",
    maxEpisodeSteps: 150,
    recipe: legStand({ jointNoise: [-0.2, 0.2], targetSpread: [0.05, 0.05, 0], farThreshold: 0.44 }),
  },
  { ...LEG_MODEL, id: "myoLegWalk-v0", title: "Legs with 80 muscles, walk", recipe: legWalk("flat") },
  {
    ...LEG_MODEL,
    id: "myoLegRoughTerrainWalk-v0",
    title: "Legs with 80 muscles, walk on rough ground",
    recipe: legWalk("rough"),
  },
  {
    ...LEG_MODEL,
    id: "myoLegHillyTerrainWalk-v0",
    title: "Legs with 80 muscles, walk over hills",
    recipe: legWalk("hilly"),
  },
  {
    ...LEG_MODEL,
    id: "myoLegStairTerrainWalk-v0",
    title: "Legs with 80 muscles, climb stairs",
    recipe: legWalk("stairs"),
  },
];
