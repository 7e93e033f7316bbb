import { Type, type TObject, type TSchema } from "@sinclair/typebox";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { closed } from "../../protocol/schema/common.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import { ACTION_MAPS, type ActionMapName } from "./actions.ts";
import { OBSERVATIONS } from "./observations.ts";
import { REWARDS } from "./rewards.ts";
import { START_SCHEMA, type StartConfig } from "./start.ts";
import { TARGET_SCHEMAS, type TargetConfig } from "./targets.ts";
import { TERMINATIONS } from "./terminations.ts";

/** Path of the format's JSON schema from the project's root; `npm run generate` writes it. */
export const SCHEMA_FILE = "envs/declarative/task.v1.json";
const WHERE = `the format in envs/README.md and ${SCHEMA_FILE}`;
/** Longest list of anything in a file. */
const MAX_ITEMS = 256;
const TARGETS = Object.fromEntries(Object.entries(TARGET_SCHEMAS).map(([kind, schema]) => [kind, { schema }]));

type Catalogue = Readonly<Record<string, { readonly schema: TObject }>>;
/** Schema of one item of a catalogue, told apart by the field `tag`. */
type ItemSchema = (catalogue: Catalogue, tag: string) => TSchema;

/** An item of a catalogue, checked against the schema of its kind. */
export type Item = Readonly<JsonObject>;

/** Every kind spelled out: what editors read. */
const everyKind: ItemSchema = (catalogue) => Type.Union(Object.values(catalogue).map(({ schema }) => schema));
/** Only the kind: the item is then checked against its own schema, whose errors say more than those of a union. */
const kindOnly: ItemSchema = (catalogue, tag) =>
  Type.Object({ [tag]: Type.Unsafe<string>({ enum: Object.keys(catalogue) }) }, { additionalProperties: true });

const HEAD = {
  $schema: Type.Optional(Type.String()),
  format: Type.Literal(1, { default: 1, description: "Version of this format." }),
  id: Type.String({
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*-v[0-9]+$",
    maxLength: 128,
    description: "Id, ending in a version: my-task-v0.",
  }),
  title: Type.String({ minLength: 1, maxLength: 256 }),
  description: Type.Optional(Type.String({ maxLength: 4096, description: "What the body is to do." })),
  licence: Type.String({ maxLength: 256, default: "not stated", description: "Licence of the model." }),
  model: closed(
    {
      mjcf: Type.Optional(
        Type.String({ minLength: 1, description: "MJCF file, relative to the folder of this file." }),
      ),
      pack: Type.Optional(
        Type.String({
          pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
          description: "Model pack: of the folder `packs` beside this file, else an installed one.",
        }),
      ),
      name: Type.Optional(Type.String({ minLength: 1, description: "Model of the pack; its only one where absent." })),
    },
    { description: "Either mjcf, or pack and name." },
  ),
  frame_skip: Type.Integer({ minimum: 1, maximum: 1000, description: "Simulation steps a control step." }),
  max_episode_steps: Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Null()], {
    default: null,
    description: "Control steps until an episode is truncated; null: never.",
  }),
  action: closed(
    {
      map: Type.Unsafe<ActionMapName>({
        enum: Object.keys(ACTION_MAPS),
        default: "direct",
        description: Object.entries(ACTION_MAPS)
          .map(([name, text]) => `${name}: ${text}`)
          .join(" "),
      }),
    },
    { default: {} },
  ),
  reset: { ...START_SCHEMA, default: {} },
};

function fileSchema(item: ItemSchema): TObject {
  const list = (catalogue: Catalogue, tag: string, least: number, description: string) =>
    Type.Array(item(catalogue, tag), { minItems: least, maxItems: MAX_ITEMS, default: [], description });
  return closed(
    {
      ...HEAD,
      targets: Type.Record(Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_]*$" }), item(TARGETS, "kind"), {
        maxProperties: MAX_ITEMS,
        default: {},
        description: "What an episode aims at, drawn in this order after the start.",
      }),
      observation: list(OBSERVATIONS, "group", 1, "Observation groups, in order."),
      reward: list(REWARDS, "term", 1, "Terms of the reward, which is the sum of weight × term."),
      termination: list(TERMINATIONS, "when", 0, "The episode ends where one of these holds."),
    },
    { title: "MyoServe declarative task" },
  );
}

/** A task file, defaults filled in. */
export interface TaskFile {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly licence: string;
  readonly model: { readonly mjcf?: string; readonly pack?: string; readonly name?: string };
  readonly frame_skip: number;
  readonly max_episode_steps: number | null;
  readonly action: { readonly map: ActionMapName };
  readonly reset: StartConfig;
  readonly targets: Readonly<Record<string, TargetConfig>>;
  readonly observation: readonly Item[];
  readonly reward: readonly Item[];
  readonly termination: readonly Item[];
}

const plain = (schema: TSchema): JsonObject => JSON.parse(JSON.stringify(schema)) as JsonObject;

/** The text of `task.v1.json`. */
export function taskSchemaText(): string {
  const schema = { $schema: "http://json-schema.org/draft-07/schema#", ...plain(fileSchema(everyKind)) };
  return `${JSON.stringify(schema, null, 1)}\n`;
}

/** Kind of an item: the value of its field `tag`, which was checked. */
export function kindOf(item: Item, tag: string): string {
  const kind = item[tag];
  return typeof kind === "string" ? kind : "";
}

/** Name of an item of a list: its own, else that of its kind. */
export function nameOf(item: Item, tag: "group" | "term"): string {
  const { name } = item;
  return typeof name === "string" ? name : kindOf(item, tag);
}

function checkItem(catalogue: Catalogue, tag: string, item: JsonObject, what: string): JsonObject {
  const schema = catalogue[kindOf(item, tag)]?.schema;
  return schema === undefined ? item : validateAgainst(plain(schema), item, what, "BAD_OPTIONS", WHERE);
}

function checkUnique(names: readonly string[], what: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new MyoError("BAD_OPTIONS", `${what} holds "${twice}" twice; give one of them another name in its field name.`);
}

function checkModel({ mjcf, pack, name }: TaskFile["model"], file: string): void {
  const forms = [mjcf, pack].filter((form) => form !== undefined).length;
  if (forms === 1 && (pack !== undefined || name === undefined)) return;
  throw new MyoError(
    "BAD_OPTIONS",
    `${file}: "model" must be either {"mjcf": file} or {"pack": pack, "name": model}, but it has ${forms === 0 ? "neither" : "both"}; see ${WHERE}.`,
  );
}

/**
 * A task file from its JSON.
 * @param file its name, for error sentences.
 * @throws MyoError BAD_OPTIONS with file, rule, value and remedy.
 */
export function parseTaskFile(value: unknown, file: string): TaskFile {
  const checked = validateAgainst(plain(fileSchema(kindOnly)), value, file, "BAD_OPTIONS", WHERE);
  const list = (key: "observation" | "reward" | "termination", catalogue: Catalogue, tag: string) =>
    (checked[key] as JsonObject[]).map((item, i) => checkItem(catalogue, tag, item, `${file}, ${key}[${i}]`));
  const targets = Object.entries(checked["targets"] as Record<string, JsonObject>).map(
    ([name, target]) => [name, checkItem(TARGETS, "kind", target, `${file}, targets.${name}`)] as const,
  );
  const task = {
    ...checked,
    targets: Object.fromEntries(targets),
    observation: list("observation", OBSERVATIONS, "group"),
    reward: list("reward", REWARDS, "term"),
    termination: list("termination", TERMINATIONS, "when"),
  } as unknown as TaskFile;
  checkModel(task.model, file);
  checkUnique(
    task.observation.map((item) => nameOf(item, "group")),
    `${file}, observation`,
  );
  checkUnique(
    task.reward.map((item) => nameOf(item, "term")),
    `${file}, reward`,
  );
  return task;
}
