import type { IdRow } from "./id-row.ts";
import { BIMANUAL_ROWS } from "./ids/bimanual.ts";
import { ELBOW_ROWS } from "./ids/elbow.ts";
import { FINGER_ROWS } from "./ids/finger.ts";
import { HAND_ROWS } from "./ids/hand.ts";
import { LEG_ROWS } from "./ids/leg.ts";
import { TABLE_TENNIS_ROWS } from "./ids/table-tennis.ts";

/** Every base id. */
export const ID_ROWS: readonly IdRow[] = [
  ...ELBOW_ROWS,
  ...FINGER_ROWS,
  ...HAND_ROWS,
  ...LEG_ROWS,
  ...BIMANUAL_ROWS,
  ...TABLE_TENNIS_ROWS,
];
