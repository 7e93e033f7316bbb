import type { IdRow } from "./id-row.ts";
import { ELBOW_ROWS } from "./ids/elbow.ts";
import { FINGER_ROWS } from "./ids/finger.ts";
import { HAND_ROWS } from "./ids/hand.ts";
import { LEG_ROWS } from "./ids/leg.ts";
import { REORIENT_ROWS } from "./ids/reorient.ts";

/** Every base id. */
export const ID_ROWS: readonly IdRow[] = [...ELBOW_ROWS, ...FINGER_ROWS, ...HAND_ROWS, ...LEG_ROWS, ...REORIENT_ROWS];
