import type { ModelSource } from "../engine/physics.ts";
import { fromPack } from "../packs/from-pack.ts";
import { packDataPath, packModelSource } from "../packs/pack-source.ts";

const PACK = "myosuite";

/** A model of the pack. @throws MyoError MODEL_MISSING. */
export function modelSource(model: string, variant: "light" | "full"): ModelSource {
  return fromPack(PACK, (pack) => packModelSource(pack, model, variant));
}

/** Path of a data table of the pack. @throws MyoError MODEL_MISSING. */
export function dataPath(table: string): string {
  return fromPack(PACK, (pack) => packDataPath(pack, table));
}
