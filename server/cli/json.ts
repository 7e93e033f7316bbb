import type { JsonObject } from "../../protocol/env.ts";

/** Whether a parsed JSON value is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Bytes, as they hold arrays of a spec, as lists of numbers would be read by nobody: base64 as in the JSON protocol. */
function replacer(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value;
}

/** One JSON document on standard output. */
export function printJson(value: unknown, indent = 2): void {
  console.log(JSON.stringify(value, replacer, indent));
}

/** Columns, left-aligned, for people. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}
