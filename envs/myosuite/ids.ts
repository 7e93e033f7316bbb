import type { IdRow } from "./id-row.ts";
import { CHASE_TAG_ROWS } from "./ids/chase-tag.ts";
import { ELBOW_ROWS } from "./ids/elbow.ts";
import { FINGER_ROWS } from "./ids/finger.ts";
import { HAND_ROWS } from "./ids/hand.ts";
import { LEG_ROWS } from "./ids/leg.ts";

/** Every base id. */
export const ID_ROWS: readonly IdRow[] = [...ELBOW_ROWS, ...FINGER_ROWS, ...HAND_ROWS, ...LEG_ROWS, ...CHASE_TAG_ROWS];
