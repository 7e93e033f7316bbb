import type { Model } from "../engine/physics.ts";
import type { TaskLayout } from "../task.ts";
import { muscleNames } from "./muscle-map.ts";
import type { Episode } from "./recipe.ts";

/** What most tasks have alike. */
type Common = "hiddenTerms" | "sensors" | "movesBeforeStep" | "muscles";
/** What the table of ids and the kwargs of every family decide. */
type OfEpisode = "frameSkip" | "maxEpisodeSteps";
/** What a task says of itself. */
type Own = Omit<TaskLayout, Common | OfEpisode> & Partial<Pick<TaskLayout, Common>>;

/** Layout of a task in which only the term `done` is hidden, no sensor is read and nothing moves before a step, unless it says so. */
export function episodeLayout(model: Model, { frameSkip, maxEpisodeSteps }: Episode, own: Own): TaskLayout {
  return {
    hiddenTerms: ["done"],
    sensors: false,
    movesBeforeStep: false,
    muscles: muscleNames(model),
    ...own,
    frameSkip,
    maxEpisodeSteps,
  };
}
