import { openEngine } from "../envs/engine/select.ts";
import { openPack } from "../envs/packs/manifest.ts";
import { needsFolder, pullCommand } from "../envs/packs/pack-error.ts";
import { findEnv, listEnvs, rowMaker, validateKwargs } from "../envs/registry.ts";
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
    if (needsFolder(pack)) {
      const sentence = "is made out of files that you fetch yourself";
      throw new MyoError("MODEL_MISSING", `The model pack ${pack} ${sentence}; run: ${pullCommand(pack)}`);
    }
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
    // Rows of one session come one after the other: what they share is looked up once.
    let last: { readonly key: string; readonly make: ReturnType<typeof rowMaker> } | null = null;
    return {
      engine: `${engine.id} ${engine.version}`,
      create(id, kwargs, seed) {
        const key = `${id} ${JSON.stringify(kwargs)}`;
        if (last?.key !== key) last = { key, make: rowMaker(findEnv(id), kwargs, engine) };
        return last.make(seed);
      },
    };
  },
};
