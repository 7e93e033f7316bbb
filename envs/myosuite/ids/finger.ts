import { pose, type PoseSettings } from "../basic/pose.ts";
import { FINGER_TARGET, FINGER_TARGET_BOX } from "../basic/reach-targets.ts";
import { reach, type ReachSettings } from "../basic/reach.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

type PoseShape = Omit<PoseSettings, "target">;

const FINGER: PoseShape = { threshold: 0.35, reset: "init" };
/** Adduction, mcp, pip and dip flexion, rad. */
const FINGER_FIXED = { low: [0, 0, 0.75, 0.75], high: [0, 0, 0.75, 0.75] };
const FINGER_RANDOM = { low: [-0.2, -0.4, 0.1, 0.1], high: [0.2, 1, 1, 1] };
const FINGER_REACH: ReachSettings = { sites: FINGER_TARGET_BOX, workspace: "workspace_finger" };
/** The motor-driven finger has half the control step. */
const MOTOR = { frameSkip: 5 };
const FINGER_MODEL = { model: "myoFingerPoseFixed", maxEpisodeSteps: 100, variants: MUSCLE };
const MOTOR_MODEL = { model: "motorFingerPoseFixed", maxEpisodeSteps: 200, variants: [] };

/** Base ids of this body. */
export const FINGER_ROWS: readonly IdRow[] = [
  {
    ...FINGER_MODEL,
    id: "myoFingerPoseFixed-v0",
    title: "Finger with 5 muscles, fixed pose",
    recipe: pose({ ...FINGER, target: FINGER_FIXED }),
  },
  {
    ...FINGER_MODEL,
    id: "myoFingerPoseRandom-v0",
    title: "Finger with 5 muscles, drawn pose",
    recipe: pose({ ...FINGER, target: FINGER_RANDOM }),
  },
  {
    ...FINGER_MODEL,
    id: "myoFingerReachFixed-v0",
    title: "Finger with 5 muscles, fixed fingertip target",
    recipe: reach({ sites: FINGER_TARGET }),
  },
  {
    ...FINGER_MODEL,
    id: "myoFingerReachRandom-v0",
    title: "Finger with 5 muscles, drawn fingertip target",
    recipe: reach(FINGER_REACH),
  },
  {
    ...MOTOR_MODEL,
    id: "motorFingerPoseFixed-v0",
    title: "Finger with 5 motors, fixed pose",
    recipe: pose({ ...FINGER, ...MOTOR, target: FINGER_FIXED }),
  },
  {
    ...MOTOR_MODEL,
    id: "motorFingerPoseRandom-v0",
    title: "Finger with 5 motors, drawn pose",
    recipe: pose({ ...FINGER, ...MOTOR, target: FINGER_RANDOM }),
  },
  {
    ...MOTOR_MODEL,
    id: "motorFingerReachFixed-v0",
    title: "Finger with 5 motors, fixed fingertip target",
    recipe: reach({ ...MOTOR, sites: FINGER_TARGET }),
  },
  {
    ...MOTOR_MODEL,
    id: "motorFingerReachRandom-v0",
    title: "Finger with 5 motors, drawn fingertip target",
    recipe: reach({ ...FINGER_REACH, ...MOTOR }),
  },
];
