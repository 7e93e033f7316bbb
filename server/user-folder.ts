import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { readUserFolder, type UserFolder } from "../envs/declarative/user-folder.ts";
import { stateDir } from "../envs/packs/places.ts";
import { listEnvs } from "../envs/registry.ts";

const home = (): string => join(stateDir(), "envs");

/** The folder that commands read where none is named: `$MYOSERVE_HOME/envs`, null where it does not exist. */
export function defaultUserDir(): string | null {
  return existsSync(home()) ? home() : null;
}

/** Where exported model packs go where no folder is named. */
export function userPacksDir(): string {
  return join(home(), "packs");
}

/**
 * Environments that a user's folder describes; null is an empty one.
 * @throws MyoError NOT_FOUND where the folder cannot be read.
 */
export function userFolder(folder: string | null): UserFolder {
  if (folder === null) return { tasks: [], faults: [] };
  return readUserFolder(resolve(folder), new Set(listEnvs().map(({ id }) => id)));
}
