import type { TObject, TSchema } from "@sinclair/typebox";
import { CLOSE_CODES, ERROR_CODES } from "../errors.ts";
import { CLIENT_LIMITS, SERVER_LIMITS, type Limits } from "../limits.ts";
import { DTYPES } from "../ndarray.ts";
import { EVENTS } from "../schema/agent-messages.ts";
import { SCOPES, type Operation } from "../schema/common.ts";
import { ErrorReply } from "../schema/core-messages.ts";
import { EnvSpecMap, GroupMap, JointMap } from "../schema/env-spec.ts";
import { SceneMap } from "../schema/env-messages.ts";
import { RunState } from "../schema/train-messages.ts";
import { MINOR, OPERATIONS, SUBPROTOCOLS } from "../schema/operations.ts";
import { fieldsOf, shapeOf, type Field } from "./schema-shape.ts";

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function integerText(schema: TSchema): string {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (minimum === 0 && maximum === 0xffff_ffff) return "u32";
  if (maximum === Number.MAX_SAFE_INTEGER) return `integer ${minimum ?? ""}…2^53−1`;
  return minimum === undefined ? "integer" : `integer ${minimum}…${maximum ?? ""}`;
}

function arrayText(fields: readonly Field[]): string {
  const dtype = fields.find((field) => field.name === "dtype")?.schema["const"] as string | undefined;
  return dtype === undefined ? "ndarray" : `ndarray ${dtype}`;
}

/** A type as the tables show it; nested maps are spelled out in rows of their own. */
function typeText(schema: TSchema): string {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case "const":
      return `"${shape.value}"`;
    case "enum":
      return shape.values.map((value) => `"${value}"`).join(" or ");
    case "integer":
      return integerText(schema);
    case "list":
      return `list of ${typeText(shape.items)}`;
    case "tuple":
      return `[${shape.items.map(typeText).join(", ")}]`;
    case "record":
      return `map of text to ${typeText(shape.values)}`;
    case "union":
      return shape.options.map(typeText).join(" or ");
    case "object":
      return shape.title === "NdArray" ? arrayText(shape.fields) : (shape.title ?? "map");
    case "string":
      return "text";
    default:
      return shape.kind;
  }
}

/** Types that have a section of their own, so that their members are not repeated. */
const DOCUMENTED = new Set(["NdArray", "EnvSpec", "SceneMap", "ObsGroup", "JointInfo", "RunState"]);

function membersOf(schema: TSchema): readonly Field[] {
  const shape = shapeOf(schema);
  if (shape.kind === "object") return DOCUMENTED.has(shape.title ?? "") ? [] : shape.fields;
  if (shape.kind === "list") return membersOf(shape.items);
  return [];
}

function rowsOf(fields: readonly Field[], prefix = ""): Row[] {
  return fields.flatMap(({ name, schema, required }) => [
    [`\`${prefix}${name}\``, typeText(schema), required ? "yes" : "", schema.description ?? ""],
    ...rowsOf(membersOf(schema), `${prefix}${name}.`),
  ]);
}

const FIELD_HEAD = ["Key", "Type", "Required", "Meaning"];

function fieldTable(schema: TObject, hidden: readonly string[]): string {
  const rows = rowsOf(fieldsOf(schema).filter((field) => !hidden.includes(field.name)));
  return rows.length === 0 ? "No keys of its own." : table(FIELD_HEAD, rows);
}

function operationText([name, { doc, scope, request, reply }]: [string, Operation]): string {
  return [
    `### \`${name}\``,
    doc,
    `Scope: ${scope === null ? "none" : `\`${scope}\``}.`,
    "Request",
    fieldTable(request, ["t", "id"]),
    `Reply \`${name}.ok\``,
    fieldTable(reply, ["t", "id"]),
  ].join("\n\n");
}

function limitRows(): Row[] {
  const names: Record<keyof Limits, string> = {
    maxMessage: "bytes of a frame",
    maxDepth: "nested maps and lists",
    maxMapKeys: "keys of a map",
    maxArray: "items of a list",
    maxString: "bytes of a string",
    maxValues: "values in a message",
  };
  return (Object.keys(names) as (keyof Limits)[]).map((key) => [
    names[key],
    String(SERVER_LIMITS[key]),
    String(CLIENT_LIMITS[key]),
  ]);
}

/** What each `{{name}}` of the template stands for. */
const PARTS: Readonly<Record<string, () => string>> = {
  minor: () => String(MINOR),
  subprotocols: () =>
    table(
      ["Subprotocol", "Frames"],
      Object.entries(SUBPROTOCOLS).map(([kind, name]) => [`\`${name}\``, kind]),
    ),
  dtypes: () =>
    table(
      ["dtype", "Bytes"],
      Object.entries(DTYPES).map(([name, { bytes }]) => [`\`${name}\``, String(bytes)]),
    ),
  env_spec: () => table(FIELD_HEAD, rowsOf(fieldsOf(EnvSpecMap))),
  obs_group: () => table(FIELD_HEAD, rowsOf(fieldsOf(GroupMap))),
  joint: () => table(FIELD_HEAD, rowsOf(fieldsOf(JointMap))),
  scene: () => table(FIELD_HEAD, rowsOf(fieldsOf(SceneMap))),
  run_state: () => table(FIELD_HEAD, rowsOf(fieldsOf(RunState))),
  scopes: () => SCOPES.map((scope) => `\`${scope}\``).join(", "),
  operations: () => Object.entries<Operation>(OPERATIONS).map(operationText).join("\n\n"),
  events: () =>
    Object.entries<TObject>(EVENTS)
      .map(([name, schema]) => `### \`${name}\`\n\n${fieldTable(schema, ["t"])}`)
      .join("\n\n"),
  error: () => table(FIELD_HEAD, rowsOf(fieldsOf(ErrorReply))),
  error_codes: () =>
    table(
      ["Code", "Meaning", "Retryable"],
      Object.entries(ERROR_CODES).map(([code, { meaning, retryable }]) => [
        `\`${code}\``,
        meaning,
        retryable ? "yes" : "",
      ]),
    ),
  close_codes: () =>
    table(
      ["Code", "Name"],
      Object.entries(CLOSE_CODES).map(([name, code]) => [String(code), `\`${name}\``]),
    ),
  limits: () => table(["Limit", "Server accepts", "Clients accept"], limitRows()),
};

/** The text of SPEC.md. @throws Error where template and parts do not match one to one. */
export function specMarkdown(template: string): string {
  const unused = new Set(Object.keys(PARTS));
  const text = template.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`The template names {{${name}}}, which no part provides.`);
    unused.delete(name);
    return part();
  });
  if (unused.size > 0) throw new Error(`The template does not use ${[...unused].join(", ")}.`);
  return text;
}
