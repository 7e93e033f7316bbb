import type { TSchema } from "@sinclair/typebox";

export interface Field {
  readonly name: string;
  readonly schema: TSchema;
  readonly required: boolean;
}

/** A schema as the generators read it: one case for each way a message is built. */
export type Shape =
  | { readonly kind: "const"; readonly value: string }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "integer" | "uint64" | "number" | "string" | "boolean" | "null" | "bytes" | "map" }
  | { readonly kind: "list"; readonly items: TSchema }
  | { readonly kind: "tuple"; readonly items: readonly TSchema[] }
  | { readonly kind: "record"; readonly values: TSchema }
  | { readonly kind: "union"; readonly options: readonly TSchema[] }
  | { readonly kind: "object"; readonly title: string | undefined; readonly fields: readonly Field[] };

const SCALARS = ["integer", "number", "string", "boolean", "null"] as const;

export function fieldsOf(schema: TSchema): Field[] {
  const properties = schema["properties"] as Record<string, TSchema>;
  const required = new Set((schema["required"] as string[] | undefined) ?? []);
  return Object.entries(properties).map(([name, field]) => ({ name, schema: field, required: required.has(name) }));
}

function objectShape(schema: TSchema): Shape {
  if (schema["bytes"] === true) return { kind: "bytes" };
  if (schema["properties"] !== undefined) {
    return { kind: "object", title: schema.title, fields: fieldsOf(schema) };
  }
  const patterns = schema["patternProperties"] as Record<string, TSchema> | undefined;
  const values = patterns === undefined ? undefined : Object.values(patterns)[0];
  return values === undefined ? { kind: "map" } : { kind: "record", values };
}

/** @throws Error for a schema that no generator knows: add the case here, not in a generator. */
export function shapeOf(schema: TSchema): Shape {
  if (typeof schema["const"] === "string") return { kind: "const", value: schema["const"] };
  if (Array.isArray(schema["enum"])) return { kind: "enum", values: schema["enum"] as string[] };
  if (Array.isArray(schema["anyOf"])) return { kind: "union", options: schema["anyOf"] as TSchema[] };
  if (schema["uint64"] === true) return { kind: "uint64" };
  const type = schema["type"] as string;
  if (type === "object") return objectShape(schema);
  if (type === "array") {
    const items = schema["items"] as TSchema | TSchema[];
    return Array.isArray(items) ? { kind: "tuple", items } : { kind: "list", items };
  }
  const scalar = SCALARS.find((name) => name === type);
  if (scalar === undefined) throw new Error(`No generator knows the schema ${JSON.stringify(schema)}.`);
  return { kind: scalar };
}
