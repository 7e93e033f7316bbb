import type { Json, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Kwargs } from "../task.ts";

/** Bounds of a draw, one element a component. */
export interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Lengths of a list, as the schema has them. */
interface Lengths {
  readonly minItems: number;
  readonly maxItems?: number;
}

const exactly = (length: number): Lengths => ({ minItems: length, maxItems: length });

const list = (lengths: Lengths, bounds: JsonObject): JsonObject => ({
  items: { type: "number", ...bounds },
  ...lengths,
});

/** Schema of a kwarg that is a list of numbers, as many as its default has; `bounds` restrict each of them. */
export function vectorKwarg(
  fallback: readonly number[],
  description: string,
  bounds: JsonObject = {},
  lengths: Lengths = exactly(fallback.length),
): JsonObject {
  return { type: "array", ...list(lengths, bounds), default: [...fallback], description };
}

/** As `vectorKwarg`, or null: what it would draw stays as it is. */
export function drawnVectorKwarg(
  length: number,
  fallback: readonly number[] | null,
  description: string,
  bounds: JsonObject = {},
): JsonObject {
  const value = fallback === null ? null : [...fallback];
  return { type: ["array", "null"], ...list(exactly(length), bounds), default: value, description };
}

/** Schema of a map `{low, high}` of lists of numbers (of numbers where `length` is null), or null: nothing is drawn. */
export function rangeKwarg(length: number | null, fallback: JsonObject | null, description: string): JsonObject {
  const bound: JsonObject = length === null ? { type: "number" } : { type: "array", ...list(exactly(length), {}) };
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

/** Value of a `vectorKwarg`. */
export function vectorOf(kwargs: Kwargs, name: string): Float64Array {
  return drawnVectorOf(kwargs, name) ?? new Float64Array(0);
}

/** Value of a `drawnVectorKwarg`. */
export function drawnVectorOf(kwargs: Kwargs, name: string): Float64Array | null {
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
