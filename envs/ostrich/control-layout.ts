import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Model, Physics } from "../engine/physics.ts";
import type { ObsGroupSpec, TaskLayout } from "../task.ts";
import { controlBox, muscleNames } from "./groups.ts";

/** Simulation steps of 0.0025 s a control step of 0.025 s. */
const FRAME_SKIP = 10;

/** What dm_control's environment and OstrichRL's tasks have in common. */
export function controlLayout(
  model: Model,
  groups: readonly ObsGroupSpec[],
  own: Pick<TaskLayout, "terms" | "weights" | "hiddenTerms" | "maxEpisodeSteps" | "sensors">,
): TaskLayout {
  return {
    ...own,
    actionSpace: controlBox(model),
    groups,
    defaultObsKeys: groups.map(({ name }) => name),
    frameSkip: FRAME_SKIP,
    movesBeforeStep: false,
    muscles: muscleNames(model),
    appendsAct: false,
    legacyStep: true,
    legacyRandom: true,
  };
}

/** Actions are ctrl: MuJoCo's muscles clamp excitations to [0, 1], so that a negative one is none. */
export function directControl(action: NumericArray, ctrl: Float64Array): void {
  for (let i = 0; i < ctrl.length; i++) ctrl[i] = Number(action[i]);
}

/**
 * dm_control's reset: a forward without actuators before and after the start state is set. The first one matters to the
 * last digits, as the second begins with its accelerations.
 */
export function startEpisode(p: Physics, setState: () => void): void {
  p.resetData();
  p.forwardPassive();
  setState();
  p.forwardPassive();
}
