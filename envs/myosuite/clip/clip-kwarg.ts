import type { JsonObject } from "../../../protocol/env.ts";
import { MyoError } from "../../../protocol/errors.ts";
import type { Kwargs } from "../../task.ts";

/** The public data set of motions retargeted to MyoSuite's full body, on Hugging Face. */
const DATA_SET = "amathislab/musclemimic-retargeted";
/** The gait that MyoSuite imitates, in that data set. */
export const GAIT = "MyoFullBody/gmr/KIT/167/walking_medium06_poses.npz";
/** Walks in a circle, from which MyoSuite starts: clockwise, counter-clockwise. */
export const CIRCLES = [
  "MyoFullBody/gmr/KIT/4/WalkInClockwiseCircle01_poses.npz",
  "MyoFullBody/gmr/KIT/4/WalkInCounterClockwiseCircle08_poses.npz",
] as const;

const PATH = { type: "string", pattern: "\\.npz$", maxLength: 4096 };

/** Path of the motion clip that a task imitates. */
export const CLIP_KWARG: JsonObject = {
  ...PATH,
  description: `Motion clip to imitate, a path on the server's machine; required. MyoSuite's is ${GAIT} of ${DATA_SET}.`,
};

/** Paths of motion clips in which episodes start. */
export const START_CLIPS_KWARG: JsonObject = {
  type: "array",
  items: PATH,
  default: [],
  description: `Motion clips whose frames episodes start from; none: the first frame of the clip. MyoSuite's are ${CIRCLES.join(" and ")}.`,
};

/**
 * The path of the clip.
 * @throws MyoError BAD_OPTIONS with the command that gets the clip and the kwarg that takes it.
 */
export function requireClip(id: string, kwargs: Kwargs): string {
  const path = kwargs["clip"];
  if (typeof path === "string") return path;
  throw new MyoError(
    "BAD_OPTIONS",
    `${id} imitates a recorded gait that no package brings: run "hf download ${DATA_SET} ${GAIT} --repo-type dataset --local-dir clips" and make it with the kwarg clip="clips/${GAIT}".`,
  );
}
