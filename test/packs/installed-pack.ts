import { requirePack, type PackManifest } from "../../envs/packs/manifest.ts";
import { pullPack } from "../../envs/packs/pull.ts";

/** The pack of this machine, made first where it is absent or of another recipe. */
export async function installedPack(): Promise<PackManifest> {
  await pullPack("myosuite");
  return requirePack("myosuite");
}

/** Time for `pullPack` in a hook: packages of 70 MB, then an export of 20 s. */
export const PULL_TIMEOUT_MS = 600_000;
