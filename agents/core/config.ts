import type { Static, TObject } from "@sinclair/typebox";
import type { JsonObject } from "../../protocol/env.ts";
import { validateAgainst } from "../../protocol/validate.ts";

/** The JSON of a TypeBox schema, without its symbols. */
export function plainSchema(schema: TObject): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

/**
 * A config as the type its schema describes.
 * @throws MyoError BAD_OPTIONS with key, value and remedy.
 */
export function typedConfig<S extends TObject>(schema: S, config: JsonObject, algo: string): Static<S> {
  return validateAgainst(plainSchema(schema), config, `config of ${algo}`);
}
