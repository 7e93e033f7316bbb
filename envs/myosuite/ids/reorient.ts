import { reorientSar } from "../basic/reorient-sar.ts";
import { HAND, type IdRow } from "../id-row.ts";

const SAR_MODEL = { model: "myoHandReorient100", maxEpisodeSteps: 50, variants: HAND };

/** Base ids of objects that a hand turns. */
export const REORIENT_ROWS: readonly IdRow[] = [
  {
    ...SAR_MODEL,
    id: "myoHandReorient8-v0",
    title: "Hand with 39 muscles, turn one of 8 objects",
    recipe: reorientSar({ table: "GEOMETRIES_8", twoDraws: false, sliding: false }),
  },
  {
    ...SAR_MODEL,
    id: "myoHandReorient100-v0",
    title: "Hand with 39 muscles, turn one of 100 objects",
    recipe: reorientSar({ table: "GEOMETRIES_100", twoDraws: false, sliding: true }),
  },
  {
    ...SAR_MODEL,
    id: "myoHandReorientID-v0",
    title: "Hand with 39 muscles, turn one of 1000 objects like the 100",
    recipe: reorientSar({ table: "GEOMETRIES_ID", twoDraws: true, sliding: true }),
  },
  {
    ...SAR_MODEL,
    id: "myoHandReorientOOD-v0",
    title: "Hand with 39 muscles, turn one of 1000 objects unlike the 100",
    recipe: reorientSar({ table: "GEOMETRIES_OOD", twoDraws: true, sliding: true }),
  },
];
