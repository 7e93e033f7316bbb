import type { AgentContext, Learner, LearnerDefinition } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { namedStream } from "../../protocol/random/generator.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { explorationChoice, explorationGroups } from "../core/exploration/registry.ts";
import { NormalNoise } from "../core/normal-noise.ts";
import { OffPolicyAgent, type Algorithm } from "../core/off-policy-agent.ts";
import { libraryOf, type TensorBackend } from "../core/tensor/backend.ts";
import { openTensors } from "../core/tensor/tfjs.ts";
import { SAC_DEFAULTS, SAC_PRESETS, SacConfigSchema } from "./config.ts";
import { SacLearner } from "./learner.ts";
import { LOG_SCALE_BOUNDS } from "./loss.ts";

const ID = "sac";

/** @throws MyoError BAD_OPTIONS where config or spaces do not fit. */
export function createSac(tensors: TensorBackend, context: AgentContext, config: JsonObject): Learner {
  const typed = typedConfig(SacConfigSchema, config, ID);
  const algorithm: Algorithm = {
    id: ID,
    library: libraryOf(tensors),
    head: { tanh: "sample", deviation: "exp", bounds: LOG_SCALE_BOUNDS },
    create: (shape, seed) => {
      const noise = new NormalNoise(namedStream(seed, "sac.samples"));
      return new SacLearner(tensors, shape, typed, namedStream(seed, "sac.init"), noise);
    },
  };
  return new OffPolicyAgent(algorithm, context, typed, config);
}

/** Soft actor-critic. */
export const SAC_AGENT: LearnerDefinition = {
  id: ID,
  title: "SAC: soft actor-critic with two critics and a learnt temperature",
  learns: true,
  configSchema: plainSchema(SacConfigSchema),
  defaults: { ...SAC_DEFAULTS },
  presets: SAC_PRESETS,
  needsGroups: (config) => explorationGroups(explorationChoice(typedConfig(SacConfigSchema, config, ID).exploration)),
  create: async (context, config) => {
    typedConfig(SacConfigSchema, config, ID);
    return createSac(await openTensors(), context, config);
  },
};
