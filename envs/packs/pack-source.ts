import { readFileSync } from "node:fs";
import type { ModelSource } from "../engine/physics.ts";
import { packPath, packsRoot, type PackManifest, type PackModel } from "./manifest.ts";
import { PackError, pullCommand } from "./pack-error.ts";

export type ModelVariant = "light" | "full";

/**
 * MJCF text and files of one model of a pack, as an engine loads them.
 * @throws PackError PACK_FAILED when the pack has no such model or its file is gone.
 */
export function packModelSource(
  pack: PackManifest,
  model: string,
  variant: ModelVariant,
  root = packsRoot(),
): ModelSource & { readonly sha256: string } {
  const entry = packModel(pack, model);
  const { file } = entry[variant];
  const names = variant === "full" ? entry.assets.map((asset) => asset.name) : entry.light.assets;
  const files = names.map((name) => ({
    name: `assets/${name}`,
    path: packPath(pack.name, `models/assets/${name}`, root),
  }));
  return {
    key: `${pack.name}/${model}/${variant}/${entry[variant].sha256.slice(0, 16)}`,
    sha256: entry.full.sha256,
    xml: readPackFile(pack, file, root).toString("utf8"),
    files,
  };
}

/** @throws PackError PACK_FAILED when the pack has no such model. */
export function packModel(pack: PackManifest, model: string): PackModel {
  const entry = Object.hasOwn(pack.models, model) ? pack.models[model] : undefined;
  if (entry) return entry;
  throw new PackError(
    "PACK_FAILED",
    `The model pack ${pack.name} ${pack.version} has no model ${model}; run: ${pullCommand(pack.name)} --force`,
  );
}

/**
 * Path of a data table of a pack.
 * @throws PackError PACK_FAILED when the pack has no such table.
 */
export function packDataPath(pack: PackManifest, table: string, root = packsRoot()): string {
  const entry = Object.hasOwn(pack.data, table) ? pack.data[table] : undefined;
  if (entry) return packPath(pack.name, entry.file, root);
  throw new PackError(
    "PACK_FAILED",
    `The model pack ${pack.name} ${pack.version} has no table ${table}; run: ${pullCommand(pack.name)} --force`,
  );
}

function readPackFile(pack: PackManifest, file: string, root: string): Buffer {
  try {
    return readFileSync(packPath(pack.name, file, root));
  } catch (error) {
    throw new PackError(
      "PACK_FAILED",
      `The model pack ${pack.name} lacks its file ${file}; run: ${pullCommand(pack.name)} --force`,
      { cause: error },
    );
  }
}
