import type { JsonObject } from "../../../protocol/env.ts";
import type { Kwargs } from "../../task.ts";

/** Schema of a kwarg that is a list of numbers; `bounds` restrict each of them, `lengths` their number. */
export function listKwarg(
  fallback: readonly number[],
  description: string,
  bounds: JsonObject = {},
  lengths: JsonObject = { minItems: 1 },
): JsonObject {
  return { type: "array", items: { type: "number", ...bounds }, ...lengths, default: [...fallback], description };
}

/** Value of a list kwarg after validation. */
export function listOf(kwargs: Kwargs, name: string): number[] {
  const value = kwargs[name];
  return Array.isArray(value) ? value.map(Number) : [];
}
