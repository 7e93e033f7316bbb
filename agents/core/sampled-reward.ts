import type { Metrics } from "../../protocol/agent.ts";
import type { AgentState } from "./checkpoint.ts";
import type { ReplayBatch } from "./replay/replay.ts";

/** A reward that is changed when it is sampled from the replay, not when it is stored: a price that old steps pay too. */
export interface SampledReward {
  /** What the environment gave. @param reward @param ended [N] */
  observe(reward: Float64Array, ended: Uint8Array): void;
  /** Changes the rewards of a batch, whose observations are those of the policy, not normalised. */
  apply(batch: ReplayBatch): void;
  readonly metrics: Metrics;
  readonly state: AgentState;
}
