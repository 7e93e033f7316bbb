import { keyTurn } from "../basic/key-turn.ts";
import { objHold } from "../basic/obj-hold.ts";
import { penTwirl } from "../basic/pen-twirl.ts";
import { HAND, type IdRow } from "../id-row.ts";

const KEY_MODEL = { model: "myoHandKeyTurnFixed", maxEpisodeSteps: 200, variants: HAND };
const HOLD_MODEL = { model: "myoHandObjHoldFixed", maxEpisodeSteps: 75, variants: HAND };
const PEN_MODEL = { model: "myoHandPenTwirlFixed", maxEpisodeSteps: 50, variants: HAND };

/** Base ids of a hand with something in it. */
export const HAND_OBJECT_ROWS: readonly IdRow[] = [
  {
    ...KEY_MODEL,
    id: "myoHandKeyTurnFixed-v0",
    title: "Hand with 39 muscles, turn a key by half a turn",
    recipe: keyTurn({ goal: 3.14, start: [0, 0] }),
  },
  {
    ...KEY_MODEL,
    id: "myoHandKeyTurnRandom-v0",
    title: "Hand with 39 muscles, turn a key of drawn angle and place to a full turn",
    recipe: keyTurn({ goal: 2 * Math.PI, start: [-Math.PI / 2, Math.PI / 2] }),
  },
  {
    ...HOLD_MODEL,
    id: "myoHandObjHoldFixed-v0",
    title: "Hand with 39 muscles, hold an object at a fixed place",
    recipe: objHold({ drawn: false }),
  },
  {
    ...HOLD_MODEL,
    id: "myoHandObjHoldRandom-v0",
    title: "Hand with 39 muscles, hold an object of drawn size at a drawn place",
    recipe: objHold({ drawn: true }),
  },
  {
    ...PEN_MODEL,
    id: "myoHandPenTwirlFixed-v0",
    title: "Hand with 39 muscles, turn a pen to a fixed direction",
    recipe: penTwirl({ tilt: 0 }),
  },
  {
    ...PEN_MODEL,
    id: "myoHandPenTwirlRandom-v0",
    title: "Hand with 39 muscles, turn a pen to a drawn direction",
    recipe: penTwirl({ tilt: 1 }),
  },
];
