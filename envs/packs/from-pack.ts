import { MyoError } from "../../protocol/errors.ts";
import { requirePack, type PackManifest } from "./manifest.ts";
import { PackError } from "./pack-error.ts";

/** What `read` finds in a pack. @throws MyoError MODEL_MISSING with the command to run where the pack lacks it. */
export function fromPack<T>(name: string, read: (pack: PackManifest) => T): T {
  try {
    return read(requirePack(name));
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    throw new MyoError("MODEL_MISSING", error.message);
  }
}
