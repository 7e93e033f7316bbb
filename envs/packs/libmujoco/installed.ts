import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LAYOUT_FILE } from "../../engine/native/layout.ts";
import { cacheDir } from "../places.ts";
import { DEFAULT_MUJOCO_VERSION } from "./wheels.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** libmujoco.so.3.4.0, libmujoco.3.4.0.dylib, mujoco.dll */
const LIBRARY_NAME = /^(libmujoco\.so\.[\d.]+|libmujoco\.[\d.]+\.dylib|mujoco\.dll)$/;

/** Version to use where the caller names none. */
export function wantedVersion(env: Environment = process.env): string {
  return env["MYOSERVE_MUJOCO_VERSION"] || DEFAULT_MUJOCO_VERSION;
}

/** Folder of a version in the cache. */
export function libmujocoFolder(version: string, env: Environment = process.env): string {
  return join(cacheDir(env), "libmujoco", version);
}

/** The library file in a folder, null where there is none. */
export function findLibrary(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const name = readdirSync(folder).find((file) => LIBRARY_NAME.test(file));
  return name === undefined ? null : join(folder, name);
}

/** Path of the pulled library of a version, null where it was not pulled. */
export function openLibmujoco(version: string, env: Environment = process.env): string | null {
  const folder = libmujocoFolder(version, env);
  return existsSync(join(folder, LAYOUT_FILE)) ? findLibrary(folder) : null;
}
