import { createHash } from "node:crypto";
import { didYouMean } from "../protocol/closest.ts";
import type { Env, JsonObject } from "../protocol/env.ts";
import { MyoError } from "../protocol/errors.ts";
import { validateAgainst } from "../protocol/validate.ts";
import { BUILTIN_ENVS } from "./builtin/index.ts";
import type { Engine, Model } from "./engine/physics.ts";
import { retiredId } from "./myosuite/drop-in.ts";
import { MYOSUITE_CLIP_ENVS, MYOSUITE_ENVS } from "./myosuite/index.ts";
import { OSTRICH_ENVS } from "./ostrich/index.ts";
import { availableGroups, Observation } from "./observation.ts";
import { Reward } from "./reward.ts";
import { kwargsSchemaOf } from "./spec.ts";
import { TaskEnv } from "./task-env.ts";
import type { EnvDefinition, Kwargs } from "./task.ts";

/** Environments by id. */
export class Registry {
  readonly #byId: ReadonlyMap<string, EnvDefinition>;

  constructor(definitions: readonly EnvDefinition[]) {
    this.#byId = new Map(definitions.map((definition) => [definition.id, definition]));
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  list(): readonly EnvDefinition[] {
    return [...this.#byId.values()];
  }

  /** @throws MyoError ENV_UNKNOWN with the id that was most likely meant. */
  find(id: string): EnvDefinition {
    const definition = this.#byId.get(id);
    if (definition !== undefined) return definition;
    const retired = retiredId(id);
    if (retired !== null) throw new MyoError("ENV_UNKNOWN", retired);
    const hint = didYouMean(id, this.#byId.keys()) || "; see env.list.";
    throw new MyoError("ENV_UNKNOWN", `There is no environment "${id}"${hint}`);
  }
}

const DEFINITIONS: readonly EnvDefinition[] = [
  ...BUILTIN_ENVS,
  ...MYOSUITE_ENVS,
  ...MYOSUITE_CLIP_ENVS,
  ...OSTRICH_ENVS,
];
const REGISTRY = new Registry(DEFINITIONS);

/** Every environment of this project, built-in ones first. */
export function listEnvs(): readonly EnvDefinition[] {
  return DEFINITIONS;
}

/** One of `listEnvs`. @throws MyoError ENV_UNKNOWN with the id that was most likely meant. */
export function findEnv(id: string): EnvDefinition {
  return REGISTRY.find(id);
}

/**
 * Keyword arguments with defaults filled in.
 * @throws MyoError BAD_OPTIONS when a key is unknown or a value ill-typed.
 */
export function validateKwargs(definition: EnvDefinition, kwargs: JsonObject): Kwargs {
  const schema = kwargsSchemaOf(definition);
  const known = schema["properties"] as JsonObject;
  for (const [name, value] of Object.entries(kwargs)) {
    const remedy = name in known ? null : (definition.refusedKwarg?.(name, value) ?? null);
    if (remedy !== null)
      throw new MyoError("BAD_OPTIONS", `${definition.id} does not take the kwarg "${name}"; ${remedy}.`);
  }
  return validateAgainst(schema, kwargs, `kwargs of ${definition.id}`);
}

/** The cache key of the compiled model with the edits all rows share. */
function variantSource(definition: EnvDefinition, kwargs: Kwargs) {
  const source = definition.source(kwargs, "light");
  const variant = definition.variantKey?.(kwargs) ?? "";
  return variant === "" ? source : { ...source, key: `${source.key}#${variant}` };
}

function fullModelSha256(definition: EnvDefinition, kwargs: Kwargs): string {
  const source = definition.source(kwargs, "full");
  return source.sha256 ?? createHash("sha256").update(source.xml).digest("hex");
}

/**
 * What the rows of an id share, resolved once: model text, hash, edits.
 * @param kwargs as `validateKwargs` returns them.
 * @returns makes one row; its seed is that of a first reset without one, null means entropy.
 * @throws MyoError BAD_OPTIONS when kwargs name unknown groups or terms, MODEL_MISSING when the model pack is absent.
 */
export function rowMaker(
  definition: EnvDefinition,
  kwargs: Kwargs,
  engine: Engine,
): (seed: number | null) => TaskEnv & Env {
  const source = variantSource(definition, kwargs);
  const modelSha256 = source.sha256 ?? fullModelSha256(definition, kwargs);
  const { prepare } = definition;
  const edit = prepare === undefined ? undefined : (fresh: Model): void => prepare(fresh, kwargs);
  return (seed) => {
    const model = engine.load(source, edit);
    try {
      const identity = { engine: `${engine.id} ${engine.version}`, modelKey: source.key, modelSha256, seed };
      return build(definition, kwargs, model, identity);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
  };
}

/** One row; see `rowMaker`. */
export function createEnv(
  definition: EnvDefinition,
  kwargs: Kwargs,
  engine: Engine,
  options: { readonly seed?: number | null } = {},
): TaskEnv & Env {
  return rowMaker(definition, kwargs, engine)(options.seed ?? null);
}

interface RowIdentity {
  readonly engine: string;
  readonly modelKey: string;
  readonly modelSha256: string;
  readonly seed: number | null;
}

function build(definition: EnvDefinition, kwargs: Kwargs, model: Model, identity: RowIdentity): TaskEnv {
  const task = definition.task(model, kwargs);
  const { layout } = task;
  const available = availableGroups(model, layout);
  const keys = (kwargs["obs_keys"] as readonly string[] | undefined) ?? layout.defaultObsKeys;
  const weights = kwargs["weighted_reward_keys"] as Readonly<Record<string, number>> | undefined;
  return new TaskEnv({
    ...identity,
    definition,
    model,
    layout,
    task,
    available,
    observation: new Observation(available, keys, layout.appendsAct),
    reward: new Reward(layout, weights),
    stages: definition.stages?.(model, kwargs) ?? [],
  });
}
