import { randomInt } from "node:crypto";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { resolveConfig } from "../../agents/registry.ts";
import { remoteEnvironments, type Environments } from "./environments.ts";
import type { Learners } from "./learners.ts";
import { findPreset, presetHint, type TrainPreset } from "./presets.ts";
import { checkSettings, defaultRhythm, type TrainSettings } from "./settings.ts";

/** Seeds of runs whose client gives none; far below those of evaluations. */
const SEED_RANGE = 1_000_000;

/** What a run is asked for; the rest comes from presets and defaults. */
export interface TrainRequest {
  /** Algorithm or training preset. */
  readonly algo: string;
  readonly preset?: string | undefined;
  readonly config?: Record<string, unknown> | undefined;
  readonly env?:
    | {
        readonly id?: string | undefined;
        readonly url?: string | undefined;
        readonly kwargs?: Record<string, unknown> | undefined;
        readonly num_envs?: number | undefined;
      }
    | undefined;
  readonly seed?: number | undefined;
  readonly steps?: number | undefined;
  readonly name?: string | undefined;
  readonly eval?:
    | {
        readonly every?: number | undefined;
        readonly episodes?: number | undefined;
        readonly seed?: number | undefined;
      }
    | undefined;
  readonly checkpoint_every?: number | undefined;
  readonly log_every?: number | undefined;
}

function presetOf(name: string, learners: Learners): TrainPreset | null {
  const preset = findPreset(name);
  if (preset !== undefined) return preset;
  if (learners.ids.includes(name)) return null;
  // An agent that does not learn has a sentence of its own.
  try {
    learners.find(name);
  } catch (error) {
    if (error instanceof MyoError && error.code === "BAD_OPTIONS") throw error;
  }
  throw new MyoError(
    "AGENT_UNKNOWN",
    `There is no training preset or algorithm "${name}"${presetHint(name, learners.ids)}`,
  );
}

function missing(what: string, algo: string): never {
  throw new MyoError(
    "BAD_OPTIONS",
    `A run of the algorithm ${algo} needs ${what}; give it, or name a training preset.`,
  );
}

/** Defined members of an object, over those of another. */
function over<T extends object>(base: T, given: object | undefined): T {
  const defined = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...(Object.fromEntries(defined) as Partial<T>) };
}

/**
 * The observation groups that an algorithm reads beyond those the environment shows are added to its `obs_keys`.
 * @throws MyoError BAD_OPTIONS where the environment has no such group.
 */
async function withGroups(
  environments: Environments,
  id: string,
  given: JsonObject,
  needed: readonly string[],
): Promise<JsonObject> {
  const kwargs = await environments.prepare(id, given);
  const { obs_keys, obs_available } = await environments.describe(id, kwargs);
  const present = Object.keys(obs_keys);
  const missingGroups = needed.filter((group) => !present.includes(group));
  if (missingGroups.length === 0) return { ...kwargs };
  const unknown = missingGroups.find((group) => !obs_available.includes(group));
  if (unknown !== undefined) {
    throw new MyoError(
      "BAD_OPTIONS",
      `The algorithm reads the observation group "${unknown}", which ${id} does not have; choose another environment.`,
    );
  }
  return { ...(await environments.prepare(id, { ...given, obs_keys: [...present, ...missingGroups] })) };
}

/** A request with everything filled in. @throws MyoError AGENT_UNKNOWN, ENV_UNKNOWN, MODEL_MISSING, BAD_OPTIONS */
export async function resolveSettings(
  request: TrainRequest,
  learners: Learners,
  environments: Environments,
): Promise<TrainSettings> {
  const preset = presetOf(request.algo, learners);
  const definition = learners.find(preset?.algo ?? request.algo);
  const chosen = request.preset ?? preset?.preset ?? undefined;
  const config = resolveConfig(definition, chosen, { ...preset?.config, ...request.config });
  const { algo } = request;
  const steps = request.steps ?? preset?.steps ?? missing("a number of steps", algo);
  const id = request.env?.id ?? preset?.env ?? missing("an environment", algo);
  const own = preset !== null && id === preset.env ? preset.kwargs : {};
  const url = request.env?.url;
  const where = url === undefined ? environments : remoteEnvironments(url);
  const given = { ...own, ...request.env?.kwargs } as JsonObject;
  const kwargs = await withGroups(where, id, given, definition.needsGroups(config));
  const rhythm = defaultRhythm(steps);
  return checkSettings({
    algo: definition.id,
    config,
    env: { id, ...(url !== undefined && { url }), kwargs, num_envs: request.env?.num_envs ?? preset?.numEnvs ?? 1 },
    seed: request.seed ?? randomInt(SEED_RANGE),
    steps,
    eval: over(rhythm.eval, request.eval),
    checkpoint_every: request.checkpoint_every ?? rhythm.checkpoint_every,
    log_every: request.log_every ?? rhythm.log_every,
  });
}

/** First part of a run's id. */
export function labelOf({ name, algo }: TrainRequest, settings: TrainSettings): string {
  const label = name ?? `${algo}-${settings.env.id}-s${settings.seed}`;
  return label.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "run";
}
