import type { AgentContext, Learner, LearnerDefinition } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { namedStream } from "../../protocol/random/generator.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { explorationChoice, explorationGroups } from "../core/exploration/registry.ts";
import { NormalNoise } from "../core/normal-noise.ts";
import { OffPolicyAgent, type Algorithm } from "../core/off-policy-agent.ts";
import { libraryOf, type TensorBackend } from "../core/tensor/backend.ts";
import { openTensors } from "../core/tensor/tfjs.ts";
import { MPO_DEFAULTS, MPO_PRESETS, MpoConfigSchema, type MpoConfig } from "./config.ts";
import { MpoLearner } from "./learner.ts";
import { SCALE_BOUNDS } from "./networks.ts";

const ID = "mpo";

/** @param id of the agent that is built on it */
export function mpoAlgorithm(tensors: TensorBackend, config: MpoConfig, id: string): Algorithm {
  return {
    id,
    library: libraryOf(tensors),
    head: { tanh: "mean", deviation: "softplus", bounds: SCALE_BOUNDS },
    create: (shape, seed) => {
      const noise = new NormalNoise(namedStream(seed, "mpo.samples"));
      return new MpoLearner(tensors, shape, config, namedStream(seed, "mpo.init"), noise);
    },
  };
}

/** @throws MyoError BAD_OPTIONS where config or spaces do not fit. */
export function createMpo(tensors: TensorBackend, context: AgentContext, config: JsonObject): Learner {
  const typed = typedConfig(MpoConfigSchema, config, ID);
  return new OffPolicyAgent(mpoAlgorithm(tensors, typed, ID), context, typed, config);
}

/** Maximum a posteriori policy optimisation. */
export const MPO_AGENT: LearnerDefinition = {
  id: ID,
  title: "MPO: maximum a posteriori policy optimisation, as depRL runs it",
  learns: true,
  configSchema: plainSchema(MpoConfigSchema),
  defaults: { ...MPO_DEFAULTS },
  presets: MPO_PRESETS,
  needsGroups: (config) => explorationGroups(explorationChoice(typedConfig(MpoConfigSchema, config, ID).exploration)),
  create: async (context, config) => {
    typedConfig(MpoConfigSchema, config, ID);
    return createMpo(await openTensors(), context, config);
  },
};
