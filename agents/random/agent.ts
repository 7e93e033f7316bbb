import type { Agent, AgentContext, ActorDefinition } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { ReactiveAgent } from "../core/reactive-agent.ts";
import { rowStreams } from "../core/streams.ts";
import { RandomConfigSchema } from "./config.ts";
import { rowSampler } from "./sampler.ts";

function create(context: AgentContext, config: JsonObject): Agent {
  typedConfig(RandomConfigSchema, config, "random");
  const { spec, numEnvs, seed } = context;
  const sizes = layoutOf(spec.act_space).buffers.map(({ size }) => size);
  const sample = rowSampler(spec.act_space, sizes);
  const streams = rowStreams(seed, numEnvs, "agent.random");
  const act = (_obs: Buffers, action: Buffers): void => {
    streams.forEach((stream, row) => sample(stream, action, row));
  };
  return new ReactiveAgent("random", context, {}, { act, resetRow: () => undefined, state: { arrays: {}, streams } });
}

/** A fresh draw from the action space at every step. */
export const RANDOM_AGENT: ActorDefinition = {
  id: "random",
  title: "Uniform draws from the action space",
  configSchema: plainSchema(RandomConfigSchema),
  defaults: {},
  presets: {},
  needsGroups: () => [],
  create,
};
