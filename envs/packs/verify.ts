import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { packPath, type PackFile, type PackManifest } from "./manifest.ts";
import { PackError, pullCommand } from "./pack-error.ts";

/** Every file of a pack with the sha256 its manifest states; an asset of several models once. */
export function packFiles(pack: PackManifest): PackFile[] {
  const files = new Map<string, PackFile>();
  for (const model of Object.values(pack.models)) {
    files.set(model.full.file, model.full);
    files.set(model.light.file, model.light);
    for (const { name, sha256 } of model.assets) {
      const file = `models/assets/${name}`;
      files.set(file, { file, sha256 });
    }
  }
  for (const data of Object.values(pack.data)) files.set(data.file, data);
  return [...files.values()];
}

/**
 * Compares every file with its stated sha256.
 * @throws PackError PACK_FAILED naming the first file that is gone or differs.
 */
export async function verifyPack(pack: PackManifest, root: string): Promise<void> {
  for (const { file, sha256 } of packFiles(pack)) {
    const found = await hashOf(packPath(pack.name, file, root));
    if (found !== sha256) {
      const what = found === null ? "is missing" : "has another content than its manifest states";
      throw new PackError(
        "PACK_FAILED",
        `The file ${file} of the model pack ${pack.name} ${what}; run: ${pullCommand(pack.name)} --force`,
      );
    }
  }
}

async function hashOf(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    return null;
  }
  return hash.digest("hex");
}
