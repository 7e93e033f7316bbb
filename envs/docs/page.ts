import type { EnvSpec, JsonObject } from "../../protocol/env.ts";
import { elementCount, fromNdArray, type Dtype } from "../../protocol/ndarray.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Model } from "../engine/physics.ts";
import type { TaskEnv } from "../task-env.ts";
import type { EnvDefinition } from "../task.ts";
import { elementList, unitText } from "./elements.ts";
import { code, indexRange, sections, shortNumber, table } from "./markdown.ts";
import type { EnvDocs } from "./task-docs.ts";

/** Groups that the step loop itself offers. */
const LOOP_GROUPS: Readonly<Record<string, string>> = {
  qpos: "generalised positions",
  act: "muscle activations",
  time: "simulation time",
  muscle: "[4, n]: muscle-tendon lengths, velocities, forces (negative pulls), activations",
  excitation: "ctrl of each muscle, after fatigue and tendon transfer",
};

/** Float types in words. */
const FLOATS: Readonly<Partial<Record<Dtype, string>>> = { "<f4": "float32", "<f8": "float64" };

const LEGEND = "[c] is 1 where c holds, else 0; |x| is the Euclidean norm; act are the na activations.";

/** What a page is written from. */
export interface PageSource {
  readonly definition: EnvDefinition;
  readonly env: TaskEnv;
  /** Ids that share the page. */
  readonly variants: readonly EnvDefinition[];
}

function facts({ definition, env, variants }: PageSource, docs: EnvDocs): string {
  const { spec } = env;
  const { model } = env.physicsBorrow;
  const { nq, nv, nu, na, nbody } = model.sizes;
  const limit = spec.max_episode_steps;
  const rows = [
    ["family", code(definition.family)],
    ["control step", `${shortNumber(spec.dt)} s = ${spec.frame_skip} × ${shortNumber(model.timestep)} s`],
    ["step limit", limit === null ? "none" : `${limit} (${shortNumber(limit * spec.dt)} s)`],
    ["model", `${docs.model}: nq ${nq}, nv ${nv}, nu ${nu}, na ${na}, ${nbody} bodies`],
    ["model sha256", code(spec.model_sha256 ?? "")],
    ["licence of the model", docs.licence],
    ...(docs.variant === undefined ? [] : [[`variant of ${code(docs.variant.of)}`, docs.variant.differs]]),
    ...variants.map(({ id, docs: own }) => [code(id), own?.variant?.differs ?? ""]),
  ];
  return table(["", ""], rows);
}

function actions(spec: EnvSpec, docs: EnvDocs): string {
  const { act_space: space, actuators } = spec;
  if (space.type !== "box") return docs.action;
  const size = elementCount(space.shape);
  const low = fromNdArray(space.low);
  const high = fromNdArray(space.high);
  const bound = (values: typeof low, i: number): string => shortNumber(Number(values[values.length === 1 ? 0 : i]));
  const rows: string[][] = [];
  for (let first = 0; first < size;) {
    let end = first + 1;
    while (end < size && bound(low, end) === bound(low, first) && bound(high, end) === bound(high, first)) end++;
    const names = actuators.slice(first, end);
    const list = names.length > 0 ? elementList(names, first) : indexRange(first, end - first);
    rows.push([indexRange(first, end - first), bound(low, first), bound(high, first), list]);
    first = end;
  }
  const shape = `Box of ${FLOATS[space.dtype] ?? space.dtype} [${space.shape.join(", ")}].`;
  return `${shape} ${docs.action}\n\n${table(["index", "low", "high", "elements"], rows)}`;
}

function groupElements(spec: EnvSpec, name: string, shown: Map<string, string>): string {
  const { names = [], shape = [], offset = 0 } = spec.obs_keys[name] ?? {};
  const text = names.join(" ");
  if (names.length === 0) return elementCount(shape) === 1 ? "" : `[${shape.join(", ")}]`;
  if (text === spec.actuators.join(" ")) return "as the action";
  const earlier = shown.get(text);
  if (earlier !== undefined) return `as ${code(earlier)}`;
  shown.set(text, name);
  if (names.length === elementCount(shape)) return elementList(names, offset);
  return `[${shape.join(", ")}], columns ${names.map(code).join(", ")}`;
}

function observations(spec: EnvSpec, model: Model, docs: EnvDocs): string {
  const meaning = (name: string): string => docs.groups?.[name] ?? LOOP_GROUPS[name] ?? "";
  const shown = new Map<string, string>();
  const rows = Object.entries(spec.obs_keys).map(([name, { offset, shape, unit, names }]) => [
    indexRange(offset, elementCount(shape)),
    code(name),
    unitText(model, unit, names, offset),
    meaning(name),
    groupElements(spec, name, shown),
  ]);
  const further = spec.obs_available.filter((name) => !(name in spec.obs_keys));
  const offered = further.map((name) => `${code(name)}${meaning(name) === "" ? "" : ` (${meaning(name)})`}`);
  const size = spec.obs_space.type === "box" ? spec.obs_space.shape.join(", ") : "";
  const more = offered.length === 0 ? "" : `\n\nThe kwarg \`obs_keys\` also takes ${offered.join(", ")}.`;
  const head = `Box of float32 [${size}], unbounded; groups in this order.`;
  return `${head}\n\n${table(["index", "group", "unit", "meaning", "elements"], rows)}${more}`;
}

/** Names of the terms that the page must explain. */
export function documentedTerms(spec: EnvSpec): string[] {
  const weighted = Object.keys(spec.reward_weights).filter((name) => !spec.info_keys.includes(name));
  return [...spec.info_keys, ...weighted];
}

function reward(spec: EnvSpec, docs: EnvDocs): string {
  const weights = Object.entries(spec.reward_weights);
  const sum = weights.map(([name, weight]) => `${shortNumber(weight)} · ${name}`).join(" + ");
  const formula = weights.length === 0 ? (docs.terms["dense"] ?? "0") : sum.replaceAll("+ -", "− ");
  const rows = documentedTerms(spec).map((name) => [
    code(name),
    docs.terms[name] ?? "",
    shortNumber(spec.reward_weights[name] ?? 0),
  ]);
  const symbols = docs.symbols === undefined ? "" : `${docs.symbols}. `;
  return `reward = ${formula}\n\n${table(["term", "formula", "weight"], rows)}\n\n${symbols}${LEGEND}`;
}

const word = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function typeText(schema: JsonObject): string {
  const { enum: choices, type, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (Array.isArray(choices)) return choices.map((choice) => code(JSON.stringify(choice))).join(", ");
  const bounds: readonly (readonly [string, unknown])[] = [
    ["≥", minimum],
    [">", exclusiveMinimum],
    ["≤", maximum],
    ["<", exclusiveMaximum],
    ["multiple of", multipleOf],
  ];
  const given = bounds
    .filter(([, value]) => typeof value === "number")
    .map(([sign, value]) => `${sign} ${String(value)}`);
  return [Array.isArray(type) ? type.map(word).join(" or ") : word(type), ...given].join(", ");
}

function schemaTable(schema: JsonObject, defaults: Readonly<Record<string, string>>): string {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonObject>);
  const rows = properties.map(([name, property]) => {
    const { default: fallback, description } = property;
    const shown = fallback === undefined ? (defaults[name] ?? "") : code(JSON.stringify(fallback));
    return [code(name), typeText(property), shown, typeof description === "string" ? description : ""];
  });
  return table(["name", "type", "default", "meaning"], rows);
}

function deviations(docs: EnvDocs): string {
  const known = (docs.deviations ?? []).map((sentence) => `- ${sentence}`).join("\n");
  return [known, docs.parity?.() ?? ""].filter((part) => part !== "").join("\n\n");
}

/**
 * The page of an environment, Markdown.
 * @throws MyoError INTERNAL where its family states no docs.
 */
export function pageOf(source: PageSource): string {
  const { definition, env } = source;
  const { docs } = definition;
  if (docs === undefined) {
    throw new MyoError(
      "INTERNAL",
      `${definition.id} (family ${definition.family}) has no docs; give its definition, or its recipe, the field docs.`,
    );
  }
  const { spec } = env;
  const limit = spec.max_episode_steps;
  const truncated = limit === null ? "Episodes are never truncated." : `Truncated after ${limit} control steps.`;
  const parts = sections([
    ["Actions", actions(spec, docs)],
    ["Observations", observations(spec, env.physicsBorrow.model, docs)],
    ["Reward", reward(spec, docs)],
    ["Start of an episode", docs.start],
    ["End of an episode", `Terminated: ${docs.end} ${truncated}`],
    [
      "Keyword arguments",
      schemaTable(spec.kwargs_schema, { obs_keys: "the groups above", weighted_reward_keys: "the weights above" }),
    ],
    ["Reset options", schemaTable(spec.options_schema, {})],
    ["Deviations", deviations(docs)],
  ]);
  return `# ${definition.id}\n\n${definition.title}. ${docs.goal}\n\n${facts(source, docs)}\n\n${parts}`;
}
