import type { Json, JsonObject } from "../../protocol/env.ts";
import type { TaskDocs } from "../docs/task-docs.ts";
import type { Model, ModelSource } from "../engine/physics.ts";
import type { Kwargs, Task } from "../task.ts";
import type { Precision } from "./muscle-map.ts";

/** How a row of the table of ids becomes an environment: a task family with its settings filled in. */
export interface Recipe {
  readonly family: string;
  /** Reward formula, start and end for the page; test/envs/pages.test.ts fails for a registered family without it. */
  readonly docs?: TaskDocs;
  /** Properties of the kwargs schema, each with its default. */
  readonly kwargs: Readonly<Record<string, JsonObject>>;
  readonly precision: Precision;
  /** Control step's number of simulation steps; the kwarg `frame_skip` overrides it. */
  readonly frameSkip: number;
  /** Default of the kwarg `normalize_act`, where the family has it. */
  readonly normalizeAct?: boolean;
  /** Names the constructor edits, those that kwargs decide too; equal keys mean equal edits. */
  readonly edits: string | ((kwargs: Kwargs) => string);
  /** Model text where it is not the row's model of the pack as it is. @throws MyoError where a needed kwarg is absent. */
  source?(kwargs: Kwargs, variant: "light" | "full"): ModelSource;
  /** Constructor edits, shared by every row. */
  prepare?(model: Model, kwargs: Kwargs): void;
  task(model: Model, kwargs: Kwargs, episode: Episode): Task;
}

/** What the table of ids and the kwargs of every family say. */
export interface Episode {
  /** Simulation steps a control step. */
  readonly frameSkip: number;
  /** Actions in [-1, 1] that a map turns into ctrl; false: the actions are ctrl. */
  readonly normalizeAct: boolean;
  readonly maxEpisodeSteps: number;
  /** Path of a data table of the pack. @throws MyoError MODEL_MISSING where it is absent. */
  dataPath(name: string): string;
}

/** Value of a numeric kwarg after validation. */
export function numberOf(kwargs: Kwargs, name: string): number {
  const value = kwargs[name];
  return typeof value === "number" ? value : NaN;
}

/** Schema of a numeric kwarg. */
export function numberKwarg(fallback: number, description: string, bounds: JsonObject = {}): JsonObject {
  return { type: "number", default: fallback, description, ...bounds };
}

/** Schema of a kwarg that is one of a few words. */
export function choiceKwarg(choices: readonly string[], fallback: string, description: string): JsonObject {
  return { enum: [...choices], default: fallback, description };
}

/** Numbers of a saved state written into an array of the same length. */
export function loadNumbers(state: Json | undefined, out: Float64Array): void {
  if (!Array.isArray(state)) return;
  for (let i = 0; i < out.length; i++) out[i] = Number(state[i]);
}

/** A saved state as a map, empty where it is none. */
export function mapOf(state: Json): JsonObject {
  return typeof state === "object" && state !== null && !Array.isArray(state) ? state : {};
}
