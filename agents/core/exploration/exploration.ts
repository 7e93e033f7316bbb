import type { AgentState } from "../checkpoint.ts";

/*
 * Axes: N rows, O observation, A action.
 */

/** Who chose a row's action; kept with every transition. */
export const SOURCES = ["policy", "exploration"] as const;

/** The Gaussian that a policy proposes, in action units before any clipping. */
export interface ActionProposal {
  /** [N, A] */
  readonly mean: Float32Array;
  /** [N, A] standard deviation */
  readonly scale: Float32Array;
  /** [N, H] last hidden layer, where the exploration asks for it. */
  readonly latent: Float32Array | null;
}

/** How a learner's policy becomes behaviour: noise of a colour, a synergy, or another controller in turns. */
export interface Exploration {
  /** Reads `latent`. */
  readonly wantsLatent: boolean;
  /** true: the next `act` reads nothing of the proposal, so that the policy need not be asked. */
  readonly ignoresProposal?: boolean;
  /**
   * Executed actions of all rows.
   * @param obs [N, O] as the environment gives it
   * @param action [N, A], written
   * @param source [N] index into SOURCES, written
   */
  act(obs: Float32Array, proposal: ActionProposal, action: Float32Array, source: Uint8Array): void;
  /** What the environment answered. @param terminated @param truncated [N] */
  observe(terminated: Uint8Array, truncated: Uint8Array): void;
  /** @param mask [N] 1 where an episode starts anew. */
  reset(mask: Uint8Array): void;
  /** Live arrays and streams: a checkpoint copies them, a restore writes into them. */
  readonly state: AgentState;
}
