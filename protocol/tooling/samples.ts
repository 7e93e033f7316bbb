import type { TSchema } from "@sinclair/typebox";
import { DTYPES, elementCount, type Dtype } from "../ndarray.ts";
import { shapeOf, type Field } from "./schema-shape.ts";

type Message = Record<string, unknown>;

/** A double that no narrower type holds, with a byte pattern that shows a wrong byte order. */
const NUMBER = 0.1;
const WIDE = 2n ** 53n + 1n;

function arraySample(fields: readonly Field[]): Message {
  const dtypeField = fields.find((field) => field.name === "dtype")?.schema ?? {};
  const dtype = ((dtypeField as TSchema)["const"] ?? "<f4") as Dtype;
  const shape = [2];
  const data = new Uint8Array(elementCount(shape) * DTYPES[dtype].bytes);
  if (dtype === "<f4") new Float32Array(data.buffer).set([0.5, -Infinity]);
  else if (dtype === "<u4") new Uint32Array(data.buffer).set([0, 3]);
  else data.set([1, 0]);
  return { dtype, shape, data };
}

function stringSample(schema: TSchema, name: string): string {
  return schema["pattern"] === undefined ? `${name} ü` : "0123456789abcdef".repeat(4);
}

function integerSample(schema: TSchema): number {
  const least = (schema["minimum"] as number | undefined) ?? 0;
  return least + 1;
}

/**
 * One valid value of a schema, the same every time.
 * @param full whether optional members are present and unions take their last option.
 */
export function sample(schema: TSchema, name: string, full: boolean): unknown {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case "const":
      return shape.value;
    case "enum":
      return shape.values[0];
    case "integer":
      return integerSample(schema);
    case "uint64":
      return full ? WIDE : 1;
    case "number":
      return NUMBER;
    case "string":
      return stringSample(schema, name);
    case "boolean":
      return true;
    case "null":
      return null;
    case "bytes":
      return new Uint8Array([0, 1, 0xff]);
    case "map":
      return { limit: NUMBER, name: "ä", nested: { list: [1, -1, null, false] } };
    case "list":
      return [sample(shape.items, name, full)];
    case "tuple":
      return shape.items.map((item) => sample(item, name, full));
    case "record":
      return { [name]: sample(shape.values, name, full) };
    case "union": {
      const option = full ? shape.options.at(-1) : shape.options[0];
      return option === undefined ? null : sample(option, name, full);
    }
    case "object":
      return shape.title === "NdArray" ? arraySample(shape.fields) : sampleFields(shape.fields, full);
  }
}

function sampleFields(fields: readonly Field[], full: boolean): Message {
  const present = fields.filter((field) => full || field.required);
  return Object.fromEntries(present.map(({ name, schema }) => [name, sample(schema, name, full)]));
}
