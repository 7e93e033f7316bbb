import { elbowPoseTask } from "./elbow-pose-task.ts";
import { RELAXED_HAND, SIGN_DIGIT_BOUNDS, SIGN_DIGITS } from "./hand-poses.ts";
import { legStand } from "./leg-stand.ts";
import { legWalk } from "./leg-walk.ts";
import { pose, type PoseSettings } from "./pose.ts";
import { FINGER_TARGET, FINGER_TARGET_BOX, HAND_TARGET_BOXES, HAND_TARGETS } from "./reach-targets.ts";
import { reach, type ReachSettings } from "./reach.ts";
import type { Recipe } from "./recipe.ts";

/** Muscle conditions, by the letters that follow `myo` in an id. */
export const CONDITIONS = { Sarc: "sarcopenia", Fati: "fatigue", Reaf: "tendon transfer" } as const;
export type Condition = keyof typeof CONDITIONS;

/** One base id; each variant makes another id. Adding an environment is adding a row. */
export interface IdRow {
  readonly id: string;
  readonly title: string;
  /** Model of the pack. */
  readonly model: string;
  readonly maxEpisodeSteps: number;
  readonly variants: readonly Condition[];
  readonly recipe: Recipe;
}

type PoseShape = Omit<PoseSettings, "target">;

const MUSCLE: readonly Condition[] = ["Sarc", "Fati"];
const HAND: readonly Condition[] = ["Sarc", "Fati", "Reaf"];

const ELBOW: PoseShape = { threshold: 0.175, reset: "random" };
const EXO: PoseShape = { ...ELBOW, actWeight: 5 };
/** Elbow flexion, rad. */
const ELBOW_FIXED = { low: [2], high: [2] };
const ELBOW_RANDOM = { low: [0], high: [2.27] };

const FINGER: PoseShape = { threshold: 0.35, reset: "init" };
/** Adduction, mcp, pip and dip flexion, rad. */
const FINGER_FIXED = { low: [0, 0, 0.75, 0.75], high: [0, 0, 0.75, 0.75] };
const FINGER_RANDOM = { low: [-0.2, -0.4, 0.1, 0.1], high: [0.2, 1, 1, 1] };
const FINGER_REACH: ReachSettings = { sites: FINGER_TARGET_BOX, workspace: "workspace_finger" };
const HAND_POSE: PoseShape = { threshold: 0.7, reset: "init" };
/** The motor-driven finger has half the control step. */
const MOTOR = { frameSkip: 5 };

const ELBOW_MODEL = { model: "myoElbowPose1D6MFixed", maxEpisodeSteps: 100, variants: MUSCLE };
const EXO_MODEL = { ...ELBOW_MODEL, model: "myoElbowPose1D6MExoFixed" };
const ELBOW_TASK_MODEL = { ...ELBOW_MODEL, model: "myoElbowPoseTaskFixed" };
const FINGER_MODEL = { ...ELBOW_MODEL, model: "myoFingerPoseFixed" };
const MOTOR_MODEL = { model: "motorFingerPoseFixed", maxEpisodeSteps: 200, variants: [] };
const HAND_MODEL = { model: "myoHandPose0Fixed", maxEpisodeSteps: 100, variants: HAND };
const LEG_MODEL = { model: "myoLegHillyTerrainWalk", maxEpisodeSteps: 1000, variants: MUSCLE };

const ELBOW_ROWS: readonly IdRow[] = [
  {
    ...ELBOW_MODEL,
    id: "myoElbowPose1D6MFixed-v0",
    title: "Elbow with 6 muscles, flex to 2 rad",
    recipe: pose({ ...ELBOW, target: ELBOW_FIXED }),
  },
  {
    ...ELBOW_MODEL,
    id: "myoElbowPose1D6MRandom-v0",
    title: "Elbow with 6 muscles, flex to a drawn angle",
    recipe: pose({ ...ELBOW, target: ELBOW_RANDOM }),
  },
  {
    ...EXO_MODEL,
    id: "myoElbowPose1D6MExoFixed-v0",
    title: "Elbow with 6 muscles and an exoskeleton, flex to 2 rad",
    recipe: pose({ ...EXO, target: ELBOW_FIXED }),
  },
  {
    ...EXO_MODEL,
    id: "myoElbowPose1D6MExoRandom-v0",
    title: "Elbow with 6 muscles, an exoskeleton and a drawn weight, flex to a drawn angle",
    recipe: pose({ ...EXO, target: ELBOW_RANDOM, carried: { body: "carry_weight", low: 0.1, high: 2 } }),
  },
  {
    ...ELBOW_TASK_MODEL,
    id: "myoElbowPoseTaskFixed-v0",
    title: "Elbow with 6 muscles, data-driven task, flex to 2 rad",
    recipe: elbowPoseTask({ low: 2, high: 2 }),
  },
  {
    ...ELBOW_TASK_MODEL,
    id: "myoElbowPoseTaskRandom-v0",
    title: "Elbow with 6 muscles, data-driven task, flex to a drawn angle",
    recipe: elbowPoseTask({ low: 0, high: 2.27 }),
  },
];

const FINGER_ROWS: readonly IdRow[] = [
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

const HAND_ROWS: readonly IdRow[] = [
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

const LEG_ROWS: readonly IdRow[] = [
  {
    ...LEG_MODEL,
    id: "myoLegStandRandom-v0",
    title: "Legs with 80 muscles, stand over a drawn point",
    maxEpisodeSteps: 150,
    recipe: legStand({ jointNoise: [-0.2, 0.2], targetSpread: [0.05, 0.05, 0], farThreshold: 0.44 }),
  },
  { ...LEG_MODEL, id: "myoLegWalk-v0", title: "Legs with 80 muscles, walk", recipe: legWalk("flat") },
  {
    ...LEG_MODEL,
    id: "myoLegRoughTerrainWalk-v0",
    title: "Legs with 80 muscles, walk on rough ground",
    recipe: legWalk("rough"),
  },
  {
    ...LEG_MODEL,
    id: "myoLegHillyTerrainWalk-v0",
    title: "Legs with 80 muscles, walk over hills",
    recipe: legWalk("hilly"),
  },
  {
    ...LEG_MODEL,
    id: "myoLegStairTerrainWalk-v0",
    title: "Legs with 80 muscles, climb stairs",
    recipe: legWalk("stairs"),
  },
];

/** Every base id. */
export const ID_ROWS: readonly IdRow[] = [...ELBOW_ROWS, ...FINGER_ROWS, ...HAND_ROWS, ...LEG_ROWS];
