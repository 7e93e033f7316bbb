import type { Metrics } from "../../protocol/agent.ts";
import type { AgentState } from "./checkpoint.ts";
import type { ReplayBatch } from "./replay/replay.ts";

/*
 * Axes: N rows, O observation, D actions, H units of the last hidden layer. Actions are in units of the policy: [-1, 1] is the range of each.
 */

export interface ActorCriticShape {
  /** O */
  readonly obs: number;
  /** D */
  readonly actions: number;
}

/** The Gaussian of N rows, written by the actor. */
export interface Proposal {
  /** [N, D] */
  readonly mean: Float32Array;
  /** [N, D] standard deviation */
  readonly scale: Float32Array;
  /** [N, H] last hidden layer, written where it is there */
  readonly latent: Float32Array | null;
}

/** Networks and gradient steps of an off-policy algorithm; all observations come normalised. */
export interface ActorCritic extends Disposable {
  /** [O, hidden …, 2 D]: D of the mean, then D of the deviation. */
  readonly actorSizes: readonly number[];
  /** Flat, by layer W [in, out], then b [out]. */
  readonly actorParams: Float32Array;
  /** Live arrays and streams; `touch` after they were written. */
  readonly state: AgentState;
  touch(): void;
  /** @param obs [N, O] */
  propose(obs: Float32Array, rows: number, proposal: Proposal): void;
  /** What becomes of values drawn from the Gaussian before they are executed. @param count of `action`, from `at` */
  squash(action: Float32Array, at: number, count: number): void;
  /** One gradient step of everything. */
  learn(batch: ReplayBatch): void;
  /** Means since they were last taken. */
  takeMetrics(): Metrics;
}
