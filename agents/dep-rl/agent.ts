import type { AgentContext, Learner, LearnerDefinition } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { explorationChoice, explorationGroups } from "../core/exploration/registry.ts";
import { OffPolicyAgent } from "../core/off-policy-agent.ts";
import type { TensorBackend } from "../core/tensor/backend.ts";
import { openTensors } from "../core/tensor/tfjs.ts";
import { mpoAlgorithm } from "../mpo/agent.ts";
import { createEffort } from "./adaptive-effort.ts";
import { DEP_RL_DEFAULTS, DEP_RL_PRESETS, DepRlConfigSchema, mpoConfigOf } from "./config.ts";

const ID = "dep-rl";

/** @throws MyoError BAD_OPTIONS where config or spaces do not fit. */
export function createDepRl(tensors: TensorBackend, context: AgentContext, config: JsonObject): Learner {
  const typed = typedConfig(DepRlConfigSchema, config, ID);
  const mpo = mpoConfigOf(typed);
  const algorithm = mpoAlgorithm(tensors, mpo, ID);
  const { effort } = typed;
  const priced = effort === null ? algorithm : { ...algorithm, sampledReward: createEffort({ ...typed, effort }) };
  return new OffPolicyAgent(priced, context, mpo, config);
}

/** MPO with DEP in turns. */
export const DEP_RL_AGENT: LearnerDefinition = {
  id: ID,
  title: "DEP-RL: MPO that explores with differential extrinsic plasticity in turns",
  learns: true,
  configSchema: plainSchema(DepRlConfigSchema),
  defaults: { ...DEP_RL_DEFAULTS },
  presets: DEP_RL_PRESETS,
  needsGroups: (config) => {
    const typed = typedConfig(DepRlConfigSchema, config, ID);
    const ofDep = explorationGroups(explorationChoice(mpoConfigOf(typed).exploration));
    return typed.effort === null || typed.effort_actuators !== null ? ofDep : [...ofDep, typed.effort_group];
  },
  create: async (context, config) => {
    typedConfig(DepRlConfigSchema, config, ID);
    return createDepRl(await openTensors(), context, config);
  },
};
