import { legDirectional } from "../basic/leg-directional.ts";
import { legStand } from "../basic/leg-stand.ts";
import { legWalk } from "../basic/leg-walk.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

/** ± y of the world. */
const FORWARD = [0, 1] as const;
const BACKWARD = [0, -1] as const;
const LEG_MODEL = { model: "myoLegHillyTerrainWalk", maxEpisodeSteps: 1000, variants: MUSCLE };

const DIRECTIONAL_MODEL = { ...LEG_MODEL, maxEpisodeSteps: 500, variants: [] };

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
  {
    ...DIRECTIONAL_MODEL,
    id: "myoLegDirectionalForward-v0",
    title: "Legs with 80 muscles, walk along y at 1.2 m/s",
    recipe: legDirectional({ heading: FORWARD, drawn: false, speed: 1.2 }),
  },
  {
    ...DIRECTIONAL_MODEL,
    id: "myoLegDirectionalBackward-v0",
    title: "Legs with 80 muscles, walk against y at 1 m/s",
    recipe: legDirectional({ heading: BACKWARD, drawn: false, speed: 1 }),
  },
  {
    ...DIRECTIONAL_MODEL,
    id: "myoLegDirectionalRandom-v0",
    title: "Legs with 80 muscles, walk in a drawn direction at 1.2 m/s",
    recipe: legDirectional({ heading: FORWARD, drawn: true, speed: 1.2 }),
  },
];
