import { RELAXED_HAND, SIGN_DIGIT_BOUNDS, SIGN_DIGITS } from "../basic/hand-poses.ts";
import { pose, type PoseSettings } from "../basic/pose.ts";
import { HAND_TARGET_BOXES, HAND_TARGETS } from "../basic/reach-targets.ts";
import { reach } from "../basic/reach.ts";
import { HAND, type IdRow } from "../id-row.ts";

type PoseShape = Omit<PoseSettings, "target">;

const HAND_POSE: PoseShape = { threshold: 0.7, reset: "init" };
const HAND_MODEL = { model: "myoHandPose0Fixed", maxEpisodeSteps: 100, variants: HAND };

/** Base ids of this body. */
export const HAND_ROWS: readonly IdRow[] = [
  ...SIGN_DIGITS.map((target, digit) => ({
    ...HAND_MODEL,
    id: `myoHandPose${digit}Fixed-v0`,
    title: `Hand with 39 muscles, sign of the digit ${digit}`,
    recipe: pose({ ...HAND_POSE, target }),
  })),
  {
    ...HAND_MODEL,
    id: "myoHandPoseFixed-v0",
    title: "Hand with 39 muscles, fixed pose",
    recipe: pose({ ...HAND_POSE, target: RELAXED_HAND }),
  },
  {
    ...HAND_MODEL,
    id: "myoHandPoseRandom-v0",
    title: "Hand with 39 muscles, drawn pose",
    recipe: pose({ ...HAND_POSE, reset: "random", target: SIGN_DIGIT_BOUNDS }),
  },
  {
    ...HAND_MODEL,
    id: "myoHandReachFixed-v0",
    title: "Hand with 39 muscles, fixed targets of five fingertips",
    recipe: reach({ sites: HAND_TARGETS, farThreshold: 0.044 }),
  },
  {
    ...HAND_MODEL,
    id: "myoHandReachRandom-v0",
    title: "Hand with 39 muscles, drawn targets of five fingertips",
    recipe: reach({ sites: HAND_TARGET_BOXES, farThreshold: 0.075 }),
  },
];
