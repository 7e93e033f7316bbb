import type { JsonObject } from "../../protocol/env.ts";
import type { Kwargs } from "../task.ts";

/** Schema of a kwarg that is a list of as many numbers as its default. */
export function listKwarg(fallback: readonly number[], description: string): JsonObject {
  const { length } = fallback;
  return {
    type: "array",
    items: { type: "number" },
    minItems: length,
    maxItems: length,
    default: [...fallback],
    description,
  };
}

/** Value of a `listKwarg` after validation. */
export function listOf(kwargs: Kwargs, name: string): Float64Array {
  const value = kwargs[name];
  return Float64Array.from(Array.isArray(value) ? value.map(Number) : []);
}
