import { readFileSync } from "node:fs";
import type { JsonObject } from "../../protocol/env.ts";
import type { Model } from "../engine/physics.ts";
import type { EnvDefinition, Kwargs, MuscleStage } from "../task.ts";
import { applySarcopenia, FatigueStage, RerouteStage, type FatigueTable } from "./conditions.ts";
import { docsOf } from "./family-docs.ts";
import { obsDictOf, refusedKwarg } from "./drop-in.ts";
import { CONDITIONS, type Condition, type IdRow } from "./id-row.ts";
import { ID_ROWS } from "./ids.ts";
import { CLIP_ROWS } from "./ids/clip.ts";
import { dataPath, modelSource } from "./pack-files.ts";
import { numberOf, type Episode } from "./recipe.ts";

function schemaOf({ recipe }: IdRow): JsonObject {
  const normalize = recipe.normalizeAct;
  const properties = {
    ...recipe.kwargs,
    frame_skip: {
      type: "integer",
      minimum: 1,
      default: recipe.frameSkip,
      description: "Simulation steps a control step.",
    },
    ...(normalize === undefined
      ? {}
      : {
          normalize_act: {
            type: "boolean",
            default: normalize,
            description:
              "Actions in [-1, 1] go through the muscle sigmoid or onto the ctrl range; false: they are ctrl.",
          },
        }),
  };
  return { type: "object", additionalProperties: false, properties };
}

function episodeOf(row: IdRow, kwargs: Kwargs): Episode {
  return {
    maxEpisodeSteps: row.maxEpisodeSteps,
    frameSkip: numberOf(kwargs, "frame_skip"),
    normalizeAct: kwargs["normalize_act"] === true,
    dataPath,
  };
}

function stagesOf(row: IdRow, condition: Condition | null, model: Model, kwargs: Kwargs): MuscleStage[] {
  const { precision } = row.recipe;
  const frameSkip = numberOf(kwargs, "frame_skip");
  if (condition === "Reaf") return [new RerouteStage(model)];
  if (condition !== "Fati") return [];
  const table = JSON.parse(readFileSync(dataPath("fatigue"), "utf8")) as FatigueTable;
  return [new FatigueStage(model, table, model.timestep * frameSkip, precision)];
}

function definitionOf(row: IdRow, condition: Condition | null): EnvDefinition {
  const { recipe } = row;
  const sarcopenia = condition === "Sarc";
  const id = condition === null ? row.id : row.id.replace(/^myo/, `myo${condition}`);
  return {
    id,
    title: condition === null ? row.title : `${row.title} (${CONDITIONS[condition]})`,
    family: recipe.family,
    pack: "myosuite",
    ...docsOf(row, id, condition),
    kwargsSchema: schemaOf(row),
    obsDict: obsDictOf(row),
    refusedKwarg: (name, value) => refusedKwarg(row, name, value),
    source: (kwargs, variant) => recipe.source?.(kwargs, variant) ?? modelSource(row.model, variant),
    variantKey: (kwargs) => {
      const edits = typeof recipe.edits === "string" ? recipe.edits : recipe.edits(kwargs);
      return sarcopenia ? `${edits}+sarcopenia` : edits;
    },
    prepare: (model, kwargs) => {
      recipe.prepare?.(model, kwargs);
      if (sarcopenia) applySarcopenia(model);
    },
    task: (model, kwargs) => recipe.task(model, kwargs, episodeOf(row, kwargs)),
    stages: (model, kwargs) => stagesOf(row, condition, model, kwargs),
  };
}

/** MyoSuite's environments: every base id, then its muscle-condition variants. */
export const MYOSUITE_ENVS: readonly EnvDefinition[] = ID_ROWS.flatMap((row) =>
  [null, ...row.variants].map((condition) => definitionOf(row, condition)),
);

/** Those that imitate a motion clip which the user gives: MyoSuite itself has to download one. */
export const MYOSUITE_CLIP_ENVS: readonly EnvDefinition[] = CLIP_ROWS.map((row) => definitionOf(row, null));
