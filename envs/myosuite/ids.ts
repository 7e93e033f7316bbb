import type { IdRow } from "./id-row.ts";
import { BIMANUAL_ROWS } from "./ids/bimanual.ts";
import { CHASE_TAG_ROWS } from "./ids/chase-tag.ts";
import { ELBOW_ROWS } from "./ids/elbow.ts";
import { FINGER_ROWS } from "./ids/finger.ts";
import { HAND_ROWS } from "./ids/hand.ts";
import { LEG_ROWS } from "./ids/leg.ts";
import { TABLE_TENNIS_ROWS } from "./ids/table-tennis.ts";
import { OSL_RUN_ROWS } from "./ids/osl-run.ts";
import { SOCCER_ROWS } from "./ids/soccer.ts";

/** Every base id. */
export const ID_ROWS: readonly IdRow[] = [
  ...ELBOW_ROWS,
  ...FINGER_ROWS,
  ...HAND_ROWS,
  ...LEG_ROWS,
  ...BIMANUAL_ROWS,
  ...TABLE_TENNIS_ROWS,
  ...CHASE_TAG_ROWS,
  ...OSL_RUN_ROWS,
  ...SOCCER_ROWS,
];
