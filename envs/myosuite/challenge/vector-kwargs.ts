import type { Json, JsonObject } from "../../../protocol/env.ts";
import { MyoError } from "../../../protocol/errors.ts";
import type { Kwargs } from "../../task.ts";

/** Bounds of a draw, one element a component. */
export interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const list = (length: number, bounds: JsonObject): JsonObject => ({
  items: { type: "number", ...bounds },
  minItems: length,
  maxItems: length,
});

/** Schema of a kwarg that is a list of `fallback.length` numbers. */
export function vectorKwarg(fallback: readonly number[], description: string): JsonObject {
  return { type: "array", ...list(fallback.length, {}), default: [...fallback], description };
}

/** As `vectorKwarg`, or null: what it would draw stays as it is. */
export function drawnVectorKwarg(
  length: number,
  fallback: readonly number[] | null,
  description: string,
  bounds: JsonObject = {},
): JsonObject {
  const value = fallback === null ? null : [...fallback];
  return { type: ["array", "null"], ...list(length, bounds), default: value, description };
}

/** Schema of a map `{low, high}` of lists of numbers (of numbers where `length` is null), or null: nothing is drawn. */
export function rangeKwarg(length: number | null, fallback: JsonObject | null, description: string): JsonObject {
  const bound: JsonObject = length === null ? { type: "number" } : { type: "array", ...list(length, {}) };
  return {
    type: ["object", "null"],
    properties: { low: bound, high: bound },
    required: ["low", "high"],
    additionalProperties: false,
    default: fallback,
    description,
  };
}

const numbers = (value: Json | undefined): Float64Array =>
  Float64Array.from(Array.isArray(value) ? value.map(Number) : [Number(value)]);

/** Value of a list kwarg, null where it is null. */
export function vectorOf(kwargs: Kwargs, name: string): Float64Array | null {
  const value = kwargs[name];
  return value === undefined || value === null ? null : numbers(value);
}

/** @throws MyoError BAD_OPTIONS where a lower bound exceeds its upper bound. */
export function checkedRange(name: string, low: Float64Array, high: Float64Array): Range {
  for (let i = 0; i < low.length; i++) {
    const [least, most] = [low[i] ?? NaN, high[i] ?? NaN];
    if (least <= most) continue;
    throw new MyoError("BAD_OPTIONS", `${name} needs low <= high, but ${least} and ${most} came; swap them.`);
  }
  return { low, high };
}

/** Value of a `{low, high}` kwarg, null where it is null. @throws MyoError BAD_OPTIONS as `checkedRange`. */
export function rangeOf(kwargs: Kwargs, name: string): Range | null {
  const value = kwargs[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return checkedRange(name, numbers(value["low"]), numbers(value["high"]));
}
