import type { AgentDefinition } from "../protocol/agent.ts";
import { didYouMean } from "../protocol/closest.ts";
import type { JsonObject } from "../protocol/env.ts";
import { MyoError } from "../protocol/errors.ts";
import { validateAgainst } from "../protocol/validate.ts";
import { COLORED_NOISE_AGENT } from "./colored-noise/agent.ts";
import { DEP_AGENT } from "./dep/agent.ts";
import { DEP_RL_AGENT } from "./dep-rl/agent.ts";
import { MPO_AGENT } from "./mpo/agent.ts";
import { RANDOM_AGENT } from "./random/agent.ts";
import { SAC_AGENT } from "./sac/agent.ts";
import { ZERO_AGENT } from "./zero/agent.ts";

/** Every algorithm, in the order lists show them. */
export const AGENTS: readonly AgentDefinition[] = [
  ZERO_AGENT,
  RANDOM_AGENT,
  COLORED_NOISE_AGENT,
  DEP_AGENT,
  MPO_AGENT,
  DEP_RL_AGENT,
  SAC_AGENT,
];

/** The end of a sentence about an unknown name. */
function hint(name: string, known: readonly string[]): string {
  return didYouMean(name, known) || (known.length > 0 ? `; known: ${known.join(", ")}.` : "; it has none.");
}

/** @throws MyoError AGENT_UNKNOWN, with the nearest name. */
export function findAgent(id: string): AgentDefinition {
  const found = AGENTS.find((agent) => agent.id === id);
  if (found !== undefined) return found;
  const known = AGENTS.map((agent) => agent.id);
  throw new MyoError("AGENT_UNKNOWN", `There is no agent "${id}"${hint(id, known)}`);
}

/** A preset's config by name; nothing for no name. */
function presetOf(definition: AgentDefinition, preset: string | undefined): JsonObject {
  if (preset === undefined) return {};
  const found = Object.hasOwn(definition.presets, preset) ? definition.presets[preset] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(definition.presets);
  throw new MyoError("BAD_OPTIONS", `${definition.id} has no preset "${preset}"${hint(preset, known)}`);
}

/**
 * The whole config of an agent: defaults, overridden by the preset, overridden by `config`.
 * @throws MyoError BAD_OPTIONS for an unknown preset, an unknown key or a value its schema refuses.
 */
export function resolveConfig(definition: AgentDefinition, preset: string | undefined, config: unknown): JsonObject {
  const what = `config of ${definition.id}`;
  const given = validateAgainst({ type: "object" }, config ?? {}, what);
  const merged = { ...definition.defaults, ...presetOf(definition, preset), ...given };
  return validateAgainst(definition.configSchema, merged, what);
}
