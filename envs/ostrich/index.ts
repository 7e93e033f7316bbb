import type { JsonObject } from "../../protocol/env.ts";
import type { Model } from "../engine/physics.ts";
import { fromPack } from "../packs/from-pack.ts";
import { OSTRICH_IDS, OSTRICH_PACK } from "../packs/ostrich/models.ts";
import { packModelSource } from "../packs/pack-source.ts";
import type { EnvDefinition, Kwargs, Task } from "../task.ts";
import { ostrichDocs } from "./docs.ts";
import { Foraging } from "./foraging.ts";
import { MOCAP_KWARGS, MocapTracking } from "./mocap-tracking.ts";
import { Run } from "./run.ts";

type Id = keyof typeof OSTRICH_IDS;

function definitionOf(
  id: Id,
  title: string,
  task: (model: Model, kwargs: Kwargs) => Task,
  properties: JsonObject = {},
): EnvDefinition {
  return {
    id,
    title,
    family: "ostrich",
    pack: OSTRICH_PACK,
    docs: ostrichDocs(id),
    kwargsSchema: { type: "object", additionalProperties: false, properties },
    source: (_kwargs, variant) => fromPack(OSTRICH_PACK, (pack) => packModelSource(pack, OSTRICH_IDS[id], variant)),
    task,
  };
}

/** OstrichRL's environments; README.md gives units and sources. */
export const OSTRICH_ENVS: readonly EnvDefinition[] = [
  definitionOf("ostrich-run-v0", "Ostrich runs with 120 muscles", (model) => new Run(model)),
  definitionOf("ostrich-run-torque-v0", "Ostrich legs run with 12 motors", (model) => new Run(model)),
  definitionOf("ostrich-foraging-v0", "Ostrich neck brings its beak to a target", (model) => new Foraging(model)),
  definitionOf(
    "ostrich-mocap-tracking-v0",
    "Ostrich tracks a recorded motion",
    (model, kwargs) => new MocapTracking(model, kwargs),
    MOCAP_KWARGS,
  ),
];
