import { reorientSar } from "../basic/reorient-sar.ts";
import { baoding } from "../challenge/baoding.ts";
import { dieReorient, type DieReorientSettings } from "../challenge/die-reorient.ts";
import { HAND, MUSCLE, type IdRow } from "../id-row.ts";

const SAR_MODEL = { model: "myoHandReorient100", maxEpisodeSteps: 50, variants: HAND };
const DIE_MODEL = { model: "myoChallengeDieReorientDemo", maxEpisodeSteps: 150, variants: MUSCLE };
const PLAIN_DIE: DieReorientSettings = {
  goalPos: [0, 0],
  goalRot: [-0.785, 0.785],
  positionThreshold: 0.025,
  sizeChange: 0,
  massRange: [0.108, 0.108],
  frictionChange: [0, 0, 0],
};
const BAODING_MODEL = { model: "myoChallengeBaodingP1", maxEpisodeSteps: 200, variants: MUSCLE };

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
  {
    ...DIE_MODEL,
    id: "myoChallengeDieReorientDemo-v0",
    title: "MyoChallenge 2022: hand with 39 muscles, turn a die",
    recipe: dieReorient({ ...PLAIN_DIE, positionThreshold: null }),
  },
  {
    ...DIE_MODEL,
    id: "myoChallengeDieReorientP1-v0",
    title: "MyoChallenge 2022 phase 1: hand with 39 muscles, turn and shift a die",
    recipe: dieReorient({ ...PLAIN_DIE, goalPos: [-0.01, 0.01], goalRot: [-1.57, 1.57] }),
  },
  {
    ...DIE_MODEL,
    id: "myoChallengeDieReorientP2-v0",
    title: "MyoChallenge 2022 phase 2: hand with 39 muscles, turn and shift a die of drawn size, mass and friction",
    recipe: dieReorient({
      ...PLAIN_DIE,
      goalPos: [-0.02, 0.02],
      goalRot: [-3.14, 3.14],
      sizeChange: 0.007,
      massRange: [0.05, 0.25],
      frictionChange: [0.2, 0.001, 0.00002],
    }),
  },
  {
    ...BAODING_MODEL,
    id: "myoChallengeBaodingP1-v1",
    title: "MyoChallenge 2022 phase 1: hand with 39 muscles, turn two balls around each other",
    recipe: baoding({
      xRange: [0.025, 0.025],
      yRange: [0.028, 0.028],
      period: [5, 5],
      task: "fixed",
      massRange: null,
      sizeRange: null,
      frictionChange: null,
    }),
  },
  {
    ...BAODING_MODEL,
    id: "myoChallengeBaodingP2-v1",
    title: "MyoChallenge 2022 phase 2: hand with 39 muscles, hold or turn two balls of drawn size, mass and friction",
    recipe: baoding({
      xRange: [0.02, 0.03],
      yRange: [0.022, 0.032],
      period: [4, 6],
      task: "random",
      massRange: [0.03, 0.3],
      sizeRange: [0.018, 0.024],
      frictionChange: [0.2, 0.001, 0.00002],
    }),
  },
];
