import { Type, type Static, type TObject, type TProperties } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";

/** Name of an object of the model. */
export const named = (kind: string) =>
  Type.String({ minLength: 1, maxLength: 256, description: `Name of a ${kind} of the model.` });
export const targetOf = (kind: string) =>
  Type.String({ minLength: 1, maxLength: 64, description: `Name of a ${kind} target of this file.` });
export const quantity = (description: string, bounds: { minimum?: number; exclusiveMinimum?: number } = {}) =>
  Type.Number({ description, ...bounds });

/** World axes. */
export const AXES = ["x", "y", "z"] as const;
export type Axis = (typeof AXES)[number];
export const AxisName = (description: string, fallback?: Axis) =>
  Type.Unsafe<Axis>({ enum: [...AXES], description, ...(fallback === undefined ? {} : { default: fallback }) });

/** Three numbers. */
export const vector = (description: string) =>
  Type.Tuple([Type.Number(), Type.Number(), Type.Number()], { description });

/** How a distance d becomes a term: -d where neither is given. */
export const DISTANCE_FIELDS = {
  within: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, description: "The term is 1 where the distance is less, else 0." }),
  ),
  width: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: "The term is exp(-(distance / width)²)." })),
};

/** A term of a catalogue: `tag` holds its name. */
export function tagged<K extends string, P extends TProperties>(
  key: K,
  tag: string,
  properties: P,
  description: string,
) {
  const head = { [key]: Type.Literal(tag) } as Record<K, ReturnType<typeof Type.Literal<string>>>;
  return closed({ ...head, ...properties }, { description });
}

/** A catalogue entry whose config type is erased: what is stored by name. */
export interface Entry<Context, Result> {
  readonly schema: TObject;
  /** What the entry is, in one line of a page, from the config alone. */
  text(config: never): string;
  build(config: never, context: Context): Result;
}

/** Ties the functions of an entry to the type of its schema. */
export function entry<S extends TObject, Context, Result>(
  schema: S,
  text: (config: Static<S>) => string,
  build: (config: Static<S>, context: Context) => Result,
): { readonly schema: S; text(config: Static<S>): string; build(config: Static<S>, context: Context): Result } {
  return { schema, text, build };
}
