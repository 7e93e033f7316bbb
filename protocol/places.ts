import { homedir, platform } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Folder of what can be made again: model packs, private Python environments, libraries. */
export function cacheDir(env: Environment = process.env): string {
  return env["MYOSERVE_CACHE"] || join(userFolder(env, "cache"), "myoserve");
}

/** Folder of what cannot be made again: tokens, runs, recordings. */
export function stateDir(env: Environment = process.env): string {
  return env["MYOSERVE_HOME"] || join(userFolder(env, "data"), "myoserve");
}

function userFolder(env: Environment, kind: "cache" | "data"): string {
  const home = env["HOME"] || env["USERPROFILE"] || homedir();
  if (platform() === "darwin") return join(home, "Library", kind === "cache" ? "Caches" : "Application Support");
  if (platform() === "win32") {
    return kind === "cache"
      ? env["LOCALAPPDATA"] || join(home, "AppData", "Local")
      : env["APPDATA"] || join(home, "AppData", "Roaming");
  }
  return kind === "cache"
    ? env["XDG_CACHE_HOME"] || join(home, ".cache")
    : env["XDG_DATA_HOME"] || join(home, ".local", "share");
}
