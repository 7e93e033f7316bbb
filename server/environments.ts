import { openEngine } from "../envs/engine/select.ts";
import { openPack } from "../envs/packs/manifest.ts";
import { findEnv, listEnvs, validateKwargs } from "../envs/registry.ts";
import { createEnv } from "../envs/registry.ts";
import type { EnvDefinition } from "../envs/task.ts";
import { MyoError } from "../protocol/errors.ts";
import type { Catalog, CatalogEntry } from "./catalog.ts";

function entryOf({ id, title, family, pack }: EnvDefinition): CatalogEntry {
  return { id, title, family, pack };
}

/** The environments of this project: built-in ones and those of model packs. */
export const catalog: Catalog = {
  list: () => listEnvs().map(entryOf),
  find: (id) => entryOf(findEnv(id)),
  kwargs: (id, kwargs) => validateKwargs(findEnv(id), kwargs),
  installed: (pack) => openPack(pack) !== null,
  async pull(pack, progress) {
    const { pullPack } = await import("../envs/packs/pull.ts");
    if (pack !== "myosuite") throw new MyoError("MODEL_MISSING", `There is no model pack "${pack}"; known: myosuite.`);
    try {
      await pullPack(pack, { onProgress: ({ message }) => progress(message) });
    } catch (error) {
      throw new MyoError("MODEL_MISSING", error instanceof Error ? error.message : String(error));
    }
  },
  model: (id, kwargs) => findEnv(id).source(kwargs, "full"),
  async openHost(engineId) {
    const engine = await openEngine(engineId);
    return {
      engine: `${engine.id} ${engine.version}`,
      create: (id, kwargs, seed) => createEnv(findEnv(id), kwargs, engine, { seed }),
    };
  },
};
