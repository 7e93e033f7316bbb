import { elbowPoseTask } from "../basic/elbow-pose-task.ts";
import { pose, type PoseSettings } from "../basic/pose.ts";
import { MUSCLE, type IdRow } from "../id-row.ts";

type PoseShape = Omit<PoseSettings, "target">;

const ELBOW: PoseShape = { threshold: 0.175, reset: "random" };
const EXO: PoseShape = { ...ELBOW, actWeight: 5 };
/** Elbow flexion, rad. */
const ELBOW_FIXED = { low: [2], high: [2] };
const ELBOW_RANDOM = { low: [0], high: [2.27] };
const ELBOW_MODEL = { model: "myoElbowPose1D6MFixed", maxEpisodeSteps: 100, variants: MUSCLE };
const EXO_MODEL = { ...ELBOW_MODEL, model: "myoElbowPose1D6MExoFixed" };
const ELBOW_TASK_MODEL = { ...ELBOW_MODEL, model: "myoElbowPoseTaskFixed" };

/** Base ids of this body. */
export const ELBOW_ROWS: readonly IdRow[] = [
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
