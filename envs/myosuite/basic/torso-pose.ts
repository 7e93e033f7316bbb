import { pose } from "./pose.ts";
import type { Recipe } from "../recipe.ts";

/** Joints of the back whose angles count, the first ones of the model. */
const BACK_JOINTS = 18;
/** Distance that counts as solved, rad. */
const THRESHOLD = 0.25;

/**
 * MyoSuite's TorsoEnvV0: bring every joint of the back to 0 rad.
 * @param freeBodies the model has free bodies (the exoskeleton's), for which no start pose can be drawn.
 */
export function torsoPose(freeBodies: boolean): Recipe {
  const recipe = pose({
    target: Array.from({ length: BACK_JOINTS }, () => 0),
    threshold: THRESHOLD,
    failure: Math.PI,
    reset: "init",
    frameSkip: 5,
    moreWeights: { done: 0 },
  });
  const { reset_type, ...kwargs } = recipe.kwargs;
  const start = freeBodies || reset_type === undefined ? {} : { reset_type };
  return { ...recipe, family: "myosuite/torso-pose", kwargs: { ...kwargs, ...start } };
}
