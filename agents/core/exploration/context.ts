import type { AgentContext } from "../../../protocol/agent.ts";
import { rowStreams } from "../streams.ts";
import type { Rng } from "../../../protocol/random/generator.ts";

/*
 * Axes: N rows, A actions, H units of the last hidden layer.
 */

/** What an exploration is built for. */
export interface ExplorationContext {
  /** Rows, seed and the whole observation as the environment gives it. */
  readonly agent: AgentContext;
  /** A */
  readonly actions: number;
  /** H */
  readonly latent: number;
  /** Environment steps of all rows before the learner's first update. */
  readonly initialSteps: number;
  /** Weights of the policy's last layer that lead to the mean, as they are now. @param out [H, A], written */
  readonly headWeights: (out: Float32Array) => void;
}

/** One stream a row for the exploration of a name. */
export function explorationStreams({ agent }: ExplorationContext, name: string): Rng[] {
  return rowStreams(agent.seed, agent.numEnvs, `exploration.${name}`);
}
