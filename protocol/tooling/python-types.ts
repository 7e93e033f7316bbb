import type { TObject, TSchema } from "@sinclair/typebox";
import { CLOSE_CODES, ERROR_CODES, type ErrorCode } from "../errors.ts";
import { ErrorReply } from "../schema/core-messages.ts";
import type { Operation } from "../schema/common.ts";
import { EVENTS } from "../schema/agent-messages.ts";
import { MINOR, OPERATIONS, SUBPROTOCOLS } from "../schema/operations.ts";
import { DTYPES } from "../ndarray.ts";
import { fieldsOf, shapeOf, type Field } from "./schema-shape.ts";

/** `env.step` → `EnvStep`. */
function className(type: string): string {
  return type
    .split(/[._]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

/** Keys of the wire that Python keeps for itself; their fields end in an underscore. */
const PYTHON_KEYWORDS: ReadonlySet<string> = new Set(["return"]);

/** Width of a line; the Python package's own. */
const WIDTH = 100;

function folded(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1] ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A summary line and, after a blank one, the rest of the text. */
function docstring(text: string, indent: string): string {
  const [, summary = text, rest = ""] = /^(.+?)[.;] (.+)$/.exec(text) ?? [];
  if (rest === "") return `${indent}"""${summary}"""`;
  const sentence = `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
  const body = folded(sentence, WIDTH - indent.length).map((line) => indent + line);
  return `${indent}"""${summary}.\n\n${body.join("\n")}\n${indent}"""`;
}

/** Collects the nested structs of the messages and writes each once, before its first use. */
class Module {
  readonly #structs = new Map<string, string>();

  get text(): string {
    return [...this.#structs.values()].join("\n\n");
  }

  typeOf(schema: TSchema, name: string): string {
    const shape = shapeOf(schema);
    switch (shape.kind) {
      case "const":
        return "str";
      case "enum":
        return shape.values.every((value) => value in DTYPES)
          ? "str"
          : `Literal[${shape.values.map((value) => `"${value}"`).join(", ")}]`;
      case "list":
        return `list[${this.typeOf(shape.items, name)}]`;
      case "tuple":
        return `tuple[${shape.items.map((item) => this.typeOf(item, name)).join(", ")}]`;
      case "record":
        return `dict[str, ${this.typeOf(shape.values, name)}]`;
      case "union":
        return [...new Set(shape.options.map((option) => this.typeOf(option, name)))].join(" | ");
      case "object":
        return this.#nested(shape.title ?? name, shape.fields, schema.description);
      default:
        return SCALAR_TYPES[shape.kind];
    }
  }

  #nested(name: string, fields: readonly Field[], doc: string | undefined): string {
    if (this.#structs.has(name)) return name;
    const body = this.fields(fields, name);
    const text = doc === undefined ? `${name}, part of a message.` : `${doc.charAt(0).toUpperCase()}${doc.slice(1)}.`;
    const header = `class ${name}(msgspec.Struct, kw_only=True, omit_defaults=True):`;
    this.#structs.set(name, `${header}\n${docstring(text, "    ")}\n\n${body}\n`);
    return name;
  }

  fields(fields: readonly Field[], owner: string): string {
    const lines = fields.map(({ name, schema, required }) => {
      const type = this.typeOf(schema, `${owner}${className(name)}`);
      if (PYTHON_KEYWORDS.has(name) && required) return fold(`    ${name}_: ${type} = msgspec.field(name="${name}")`);
      // Field names are the wire's, which ruff would have longer.
      const excuse = name === "l" ? "  # noqa: E741" : "";
      if (required) return fold(`    ${name}: ${type}${excuse}`);
      const optional = type.split(" | ").includes("None") ? type : `${type} | None`;
      return fold(`    ${name}: ${optional} = None`);
    });
    return lines.length === 0 ? "    pass" : lines.join("\n");
  }

  message(type: string, base: string, schema: TObject, doc: string): string {
    const name = nameOf(type);
    const own = fieldsOf(schema).filter((field) => field.name !== "t" && !(field.name === "id" && field.required));
    const body = own.length === 0 ? "" : `\n\n${this.fields(own, name)}`;
    const tagged = `class ${name}(${base}, kw_only=True, tag="${type}"):`;
    const wide = `class ${name}(\n    ${base}, kw_only=True, tag="${type}"\n):`;
    return `${tagged.length > WIDTH ? wide : tagged}\n${docstring(doc, "    ")}${body}\n`;
  }
}

const SCALAR_TYPES = {
  integer: "int",
  uint64: "int",
  number: "float",
  string: "str",
  boolean: "bool",
  null: "None",
  bytes: "memoryview",
  map: "dict[str, Any]",
} as const;

/** Breaks a field whose Literal is too long for a line, as ruff would. */
function fold(line: string): string {
  if (line.length <= WIDTH) return line;
  const [head, inner, tail] = [
    line.slice(0, line.indexOf("[") + 1),
    line.slice(line.indexOf("[") + 1, line.indexOf("]")),
    line.slice(line.indexOf("]")),
  ];
  return `${head}\n        ${inner}\n    ${tail}`;
}

function nameOf(type: string): string {
  return type === "error" ? "ErrorReply" : className(type);
}

function union(name: string, members: readonly string[]): string {
  const line = `${name}: TypeAlias = ${members.join(" | ")}`;
  return line.length <= WIDTH ? line : `${name}: TypeAlias = (\n    ${members.join("\n    | ")}\n)`;
}

const CONSTANTS = `MINOR: Final = ${MINOR}
SUBPROTOCOL_MSGPACK: Final = "${SUBPROTOCOLS.msgpack}"
SUBPROTOCOL_JSON: Final = "${SUBPROTOCOLS.json}"

ErrorCode: TypeAlias = Literal[
${Object.keys(ERROR_CODES)
  .map((code) => `    "${code}",`)
  .join("\n")}
]
ERROR_CODES: Final[frozenset[str]] = frozenset(get_args(ErrorCode))
RETRYABLE_CODES: Final[frozenset[str]] = frozenset({${(Object.keys(ERROR_CODES) as ErrorCode[])
  .filter((code) => ERROR_CODES[code].retryable)
  .map((code) => `"${code}"`)
  .join(", ")}})
CLOSE_CODES: Final[dict[str, int]] = {
${Object.entries(CLOSE_CODES)
  .map(([name, code]) => `    "${name}": ${code},`)
  .join("\n")}
}
`;

const BASES = `class RequestBase(
    msgspec.Struct,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="t",
):
    """What every request carries: an id that its reply repeats."""

    id: int


class ReplyBase(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="t"):
    """What every reply carries; keys of later minor versions are ignored."""

    id: int


class ServerMessageBase(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="t"):
    """What the server sends on its own, and errors, whose id may be absent."""
`;

/** The text of clients/python/src/myoserve/_messages.py. */
export function pythonTypes(): string {
  const module = new Module();
  const operations = Object.entries<Operation>(OPERATIONS);
  const requests = operations.map(([type, { request, doc }]) => module.message(type, "RequestBase", request, doc));
  const replies = operations.map(([type, { reply }]) =>
    module.message(`${type}.ok`, "ReplyBase", reply, `Reply to ${type}.`),
  );
  const events = Object.entries<TObject>(EVENTS).map(([type, schema]) =>
    module.message(type, "ServerMessageBase", schema, `Event ${type}.`),
  );
  const error = module.message("error", "ServerMessageBase", ErrorReply, "The one error reply: code and sentence.");
  return [
    `"""Messages of protocol version 1, generated from protocol/schema; do not edit."""\n`,
    `from __future__ import annotations\n`,
    `from typing import Any, Final, Literal, TypeAlias, get_args\n`,
    `import msgspec\n`,
    `${CONSTANTS}\n`,
    `${module.text}\n`,
    `${BASES}\n`,
    `${[...requests, ...replies, ...events, error].join("\n\n")}\n`,
    union(
      "Request",
      operations.map(([type]) => nameOf(type)),
    ),
    union(
      "Reply",
      operations.map(([type]) => nameOf(`${type}.ok`)),
    ),
    union("Event", Object.keys(EVENTS).map(nameOf)),
    `ServerMessage: TypeAlias = Reply | ErrorReply | Event\n`,
  ].join("\n");
}
