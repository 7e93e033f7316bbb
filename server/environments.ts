import { userDefinition, type UserTask } from "../envs/declarative/definition.ts";
import type { UserFault, UserFolder } from "../envs/declarative/user-folder.ts";
import { openEngine } from "../envs/engine/select.ts";
import { openPack } from "../envs/packs/manifest.ts";
import { needsFolder, pullCommand } from "../envs/packs/pack-error.ts";
import { listEnvs, Registry, rowMaker, validateKwargs } from "../envs/registry.ts";
import type { EnvDefinition } from "../envs/task.ts";
import type { EngineId } from "../envs/engine/physics.ts";
import { MyoError } from "../protocol/errors.ts";
import type { Catalog, CatalogEntry, EnvHost } from "./catalog.ts";

function entryOf({ id, title, family, pack }: EnvDefinition): CatalogEntry {
  return { id, title, family, pack };
}

async function pull(pack: string, progress: (line: string) => void): Promise<void> {
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
}

async function openHost(registry: Registry, engineId: EngineId): Promise<EnvHost> {
  const engine = await openEngine(engineId);
  // Rows of one session come one after the other: what they share is looked up once.
  let last: { readonly key: string; readonly make: ReturnType<typeof rowMaker> } | null = null;
  return {
    engine: `${engine.id} ${engine.version}`,
    create(id, kwargs, seed) {
      const key = `${id} ${JSON.stringify(kwargs)}`;
      if (last?.key !== key) last = { key, make: rowMaker(registry.find(id), kwargs, engine) };
      return last.make(seed);
    },
  };
}

/** The registry of this project with a user's environments. */
export function registryWith(tasks: readonly UserTask[]): Registry {
  return new Registry([...listEnvs(), ...tasks.map(userDefinition)]);
}

function catalogOf(registry: Registry, faults: readonly UserFault[]): Catalog {
  const find = (id: string): EnvDefinition => {
    const fault = faults.find((each) => each.id === id);
    // The file whose id is taken is wrong, not the environment that has it.
    if (fault !== undefined && !registry.has(id)) throw fault.error;
    return registry.find(id);
  };
  return {
    list: () => registry.list().map(entryOf),
    find: (id) => entryOf(find(id)),
    kwargs: (id, kwargs) => validateKwargs(find(id), kwargs),
    installed: (pack) => openPack(pack) !== null,
    pull,
    model: (id, kwargs) => registry.find(id).source(kwargs, "full"),
    openHost: (engineId) => openHost(registry, engineId),
    withUser: catalogWith,
  };
}

/** The environments of this project and a user's. */
export function catalogWith({ tasks, faults }: UserFolder): Catalog {
  return catalogOf(registryWith(tasks), faults);
}

/** The environments of this project: built-in ones and those of model packs. */
export const catalog: Catalog = catalogWith({ tasks: [], faults: [] });
