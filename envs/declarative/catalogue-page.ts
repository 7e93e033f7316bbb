import type { TObject, TSchema } from "@sinclair/typebox";
import { code, table } from "../docs/markdown.ts";
import { ACTION_MAPS } from "./actions.ts";
import { OBSERVATIONS } from "./observations.ts";
import { REWARDS } from "./rewards.ts";
import { START_SCHEMA } from "./start.ts";
import { TARGET_SCHEMAS } from "./targets.ts";
import { TERMINATIONS } from "./terminations.ts";

const HEAD = `# Declarative tasks: the catalogues

<!-- Written by \`npm run generate\` from the catalogues of this folder; change those instead. -->

How a file is written is in [envs/README.md](../README.md), the JSON schema in [task.v1.json](task.v1.json), two files in
[examples/](examples/). Optional fields carry a ?.
`;

/** Field names that every kind of a catalogue has; they are said once. */
type Common = readonly string[];

function fieldsText(schema: TObject, leave: Common): string {
  const required = new Set((schema["required"] as readonly string[] | undefined) ?? []);
  const fields = Object.entries(schema.properties as Record<string, TSchema>).filter(([name]) => !leave.includes(name));
  return fields
    .map(([name, field]) => {
      const optional = required.has(name) && field["default"] === undefined ? "" : "?";
      const meaning = typeof field.description === "string" ? `: ${field.description.replace(/\.$/, "")}` : "";
      const fallback = field["default"] === undefined ? "" : ` (default ${JSON.stringify(field["default"])})`;
      return `${code(`${name}${optional}`)}${meaning}${fallback}`;
    })
    .join("; ");
}

function section(title: string, intro: string, schemas: Readonly<Record<string, TObject>>, leave: Common): string {
  const rows = Object.entries(schemas).map(([kind, schema]) => [
    code(kind),
    schema.description ?? "",
    fieldsText(schema, leave),
  ]);
  return `## ${title}\n\n${intro}\n\n${table(["kind", "meaning", "fields"], rows)}\n`;
}

const schemasOf = (catalogue: Readonly<Record<string, { readonly schema: TObject }>>): Record<string, TObject> =>
  Object.fromEntries(Object.entries(catalogue).map(([kind, { schema }]) => [kind, schema]));

/** The text of README.md of this folder. */
export function cataloguePage(): string {
  const start = Object.entries(START_SCHEMA.properties as Record<string, TSchema>).map(([name, field]) => {
    const inner = field["properties"] === undefined ? "" : `: ${fieldsText(field as TObject, [])}`;
    return `- ${code(name)}: ${field.description ?? ""}${inner === "" ? "" : ` Fields${inner}.`}`;
  });
  const maps = Object.entries(ACTION_MAPS).map(([name, text]) => `- ${code(name)}: ${text}`);
  return [
    HEAD,
    section("observation", "Told apart by `group`; each may have a `name`.", schemasOf(OBSERVATIONS), [
      "group",
      "name",
    ]),
    section(
      "reward",
      "Told apart by `term`; each has a `weight` and may have a `name`. A distance d is the term −d, with `within` [d < within], with `width` exp(−(d / width)²).",
      schemasOf(REWARDS),
      ["term", "name", "weight", "within", "width"],
    ),
    section(
      "termination",
      "Told apart by `when`; with `after` it counts only so many seconds after the start.",
      schemasOf(TERMINATIONS),
      ["when", "after"],
    ),
    section("targets", "Told apart by `kind`; drawn in the order of the file, after the start.", TARGET_SCHEMAS, [
      "kind",
    ]),
    `## action.map\n\n${maps.join("\n")}\n`,
    `## reset\n\n${start.join("\n")}\n`,
  ].join("\n");
}
