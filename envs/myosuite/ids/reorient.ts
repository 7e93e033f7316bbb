import { reorientSar } from "../basic/reorient-sar.ts";
import { baoding } from "../challenge/baoding.ts";
import { dieReorient, type DieReorientSettings } from "../challenge/die-reorient.ts";
import { relocate } from "../challenge/relocate.ts";
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
const RELOCATE_MODEL = { model: "myoChallengeRelocateP1", maxEpisodeSteps: 150, variants: MUSCLE };
const OBJECT_FRICTION = { low: [0.8, 0.004, 0.00008], high: [1.2, 0.006, 0.00012] };

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
  {
    ...RELOCATE_MODEL,
    id: "myoChallengeRelocateP1-v0",
    title: "MyoChallenge 2023 phase 1: arm with 63 muscles, carry a box into a bin",
    recipe: relocate({
      target: { low: [0, -0.35, 0.9], high: [0.2, -0.1, 0.9] },
      targetRotation: { low: [0, 0, 0], high: [0, 0, 0] },
      place: null,
      size: null,
      mass: null,
      friction: null,
      noise: null,
    }),
  },
  {
    ...RELOCATE_MODEL,
    id: "myoChallengeRelocateP2-v0",
    title: "MyoChallenge 2023 phase 2: arm with 63 muscles, carry a drawn object into a bin",
    recipe: relocate({
      target: { low: [0, -0.45, 0.9], high: [0.3, -0.1, 1.05] },
      targetRotation: { low: [-0.2, -0.2, -0.2], high: [0.2, 0.2, 0.2] },
      place: { low: [-0.1, -0.35, 1], high: [0.1, -0.15, 1] },
      size: { low: [0.015, 0.015, 0.015], high: [0.025, 0.025, 0.025] },
      mass: { low: 0.05, high: 0.2 },
      friction: OBJECT_FRICTION,
      noise: 0.01,
    }),
  },
  {
    ...RELOCATE_MODEL,
    id: "myoChallengeRelocateP2eval-v0",
    title: "MyoChallenge 2023 phase 2, evaluation: arm with 63 muscles, carry a drawn object into a bin further off",
    recipe: relocate({
      target: { low: [-0.5, -0.5, 0.9], high: [0.4, -0.1, 1.1] },
      targetRotation: { low: [-0.3, -0.3, -0.3], high: [0.3, 0.3, 0.3] },
      place: { low: [-0.2, -0.4, 1], high: [0.15, -0.1, 1] },
      size: { low: [0.015, 0.015, 0.015], high: [0.025, 0.025, 0.035] },
      mass: { low: 0.05, high: 0.3 },
      friction: OBJECT_FRICTION,
      noise: 0.015,
    }),
  },
];
