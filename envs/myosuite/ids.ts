import type { IdRow } from "./id-row.ts";
import { BIMANUAL_ROWS } from "./ids/bimanual.ts";
import { CHASE_TAG_ROWS } from "./ids/chase-tag.ts";
import { ARM_ROWS } from "./ids/arm.ts";
import { ELBOW_ROWS } from "./ids/elbow.ts";
import { FINGER_ROWS } from "./ids/finger.ts";
import { HAND_OBJECT_ROWS } from "./ids/hand-object.ts";
import { HAND_ROWS } from "./ids/hand.ts";
import { LEG_ROWS } from "./ids/leg.ts";
import { TABLE_TENNIS_ROWS } from "./ids/table-tennis.ts";
import { MIMIC_ROWS } from "./ids/mimic.ts";
import { OSL_RUN_ROWS } from "./ids/osl-run.ts";
import { REORIENT_ROWS } from "./ids/reorient.ts";
import { SOCCER_ROWS } from "./ids/soccer.ts";
import { TORSO_ROWS } from "./ids/torso.ts";

/** Every base id. */
export const ID_ROWS: readonly IdRow[] = [
  ...ELBOW_ROWS,
  ...FINGER_ROWS,
  ...ARM_ROWS,
  ...HAND_ROWS,
  ...HAND_OBJECT_ROWS,
  ...TORSO_ROWS,
  ...LEG_ROWS,
  ...BIMANUAL_ROWS,
  ...TABLE_TENNIS_ROWS,
  ...CHASE_TAG_ROWS,
  ...OSL_RUN_ROWS,
  ...REORIENT_ROWS,
  ...SOCCER_ROWS,
  ...MIMIC_ROWS,
];
