import { readFileSync } from "node:fs";
import type { JsonObject } from "../../protocol/env.ts";
import type { Model } from "../engine/physics.ts";
import type { EnvDefinition, MuscleStage } from "../task.ts";
import { applySarcopenia, FatigueStage, RerouteStage, type FatigueTable } from "./conditions.ts";
import { CONDITIONS, ID_ROWS, type Condition, type IdRow } from "./ids.ts";
import { dataPath, modelSource } from "./pack-files.ts";

function schemaOf(row: IdRow): JsonObject {
  return { type: "object", additionalProperties: false, properties: { ...row.recipe.kwargs } };
}

function stagesOf(row: IdRow, condition: Condition | null, model: Model): MuscleStage[] {
  const { frameSkip, precision } = row.recipe;
  if (condition === "Reaf") return [new RerouteStage(model)];
  if (condition !== "Fati") return [];
  const table = JSON.parse(readFileSync(dataPath("fatigue"), "utf8")) as FatigueTable;
  return [new FatigueStage(model, table, model.timestep * frameSkip, precision)];
}

function definitionOf(row: IdRow, condition: Condition | null): EnvDefinition {
  const { recipe } = row;
  const sarcopenia = condition === "Sarc";
  return {
    id: condition === null ? row.id : row.id.replace(/^myo/, `myo${condition}`),
    title: condition === null ? row.title : `${row.title} (${CONDITIONS[condition]})`,
    family: recipe.family,
    pack: "myosuite",
    kwargsSchema: schemaOf(row),
    source: (_kwargs, variant) => modelSource(row.model, variant),
    variantKey: () => (sarcopenia ? `${recipe.edits}+sarcopenia` : recipe.edits),
    prepare: (model) => {
      recipe.prepare?.(model);
      if (sarcopenia) applySarcopenia(model);
    },
    task: (model, kwargs) => recipe.task(model, kwargs, { maxEpisodeSteps: row.maxEpisodeSteps, dataPath }),
    stages: (model) => stagesOf(row, condition, model),
  };
}

/** MyoSuite's environments: every base id, then its muscle-condition variants. */
export const MYOSUITE_ENVS: readonly EnvDefinition[] = ID_ROWS.flatMap((row) =>
  [null, ...row.variants].map((condition) => definitionOf(row, condition)),
);
