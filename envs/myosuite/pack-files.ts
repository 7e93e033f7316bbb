import { MyoError } from "../../protocol/errors.ts";
import type { ModelSource } from "../engine/physics.ts";
import { requirePack, type PackManifest } from "../packs/manifest.ts";
import { PackError } from "../packs/pack-error.ts";
import { packDataPath, packModelSource } from "../packs/pack-source.ts";

const PACK = "myosuite";

/** What `read` finds in the pack. @throws MyoError MODEL_MISSING with the command to run where the pack lacks it. */
function fromPack<T>(read: (pack: PackManifest) => T): T {
  try {
    return read(requirePack(PACK));
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    throw new MyoError("MODEL_MISSING", error.message);
  }
}

/** A model of the pack. @throws MyoError MODEL_MISSING. */
export function modelSource(model: string, variant: "light" | "full"): ModelSource {
  return fromPack((pack) => packModelSource(pack, model, variant));
}

/** Path of a data table of the pack. @throws MyoError MODEL_MISSING. */
export function dataPath(table: string): string {
  return fromPack((pack) => packDataPath(pack, table));
}
