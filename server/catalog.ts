import type { Env, JsonObject } from "../protocol/env.ts";
import type { UserFolder } from "../envs/declarative/user-folder.ts";
import type { Kwargs } from "../envs/task.ts";
import type { EngineId, ModelSource } from "../envs/engine/physics.ts";

/** One id of the list of environments. */
export interface CatalogEntry {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  /** Model pack it needs, null when built in. */
  readonly pack: string | null;
}

/** Makes environments inside one worker thread. */
export interface EnvHost {
  /** Engine and version, e.g. "wasm 3.3.8". */
  readonly engine: string;
  /** @param seed of the row's random stream until a reset gives another; null draws one. */
  create(id: string, kwargs: Kwargs, seed: number | null): Env;
}

/**
 * The environments a server offers. The module named by `ServerOptions.catalog` exports one as `catalog`; it is loaded
 * by the socket thread, which never calls `openHost`, and by each physics worker.
 */
export interface Catalog {
  list(): readonly CatalogEntry[];
  /** @throws MyoError ENV_UNKNOWN with "did you mean". */
  find(id: string): CatalogEntry;
  /** Checked, defaults filled in. @throws MyoError BAD_OPTIONS. */
  kwargs(id: string, kwargs: JsonObject): Kwargs;
  /** Whether the model pack is there. */
  installed(pack: string): boolean;
  /** Install a model pack. @throws MyoError MODEL_MISSING with the command to run. */
  pull(pack: string, progress: (line: string) => void): Promise<void>;
  /** The full model's files for a viewer; null without a MuJoCo model. */
  model(id: string, kwargs: Kwargs): ModelSource | null;
  openHost(engine: EngineId): Promise<EnvHost>;
  /** The same with environments that a user's folder describes; absent where there can be none. */
  withUser?(user: UserFolder): Catalog;
}

interface CatalogModule {
  readonly catalog: Catalog;
}

/**
 * @param url of a module that exports `catalog`.
 * @param user the user's folder, read once by the socket thread so that every worker has the same.
 */
export async function loadCatalog(url: string, user: UserFolder): Promise<Catalog> {
  const { catalog } = (await import(url)) as CatalogModule;
  return catalog.withUser?.(user) ?? catalog;
}
