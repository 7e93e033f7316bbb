import type { Rng } from "../../../protocol/random/generator.ts";

/*
 * Axes: N rows (environments), O observation, A action, B batch.
 */

/** One vector step, as stored. */
export interface ReplayStep {
  /** [N, O] */
  readonly obs: Float32Array;
  /** [N, A] as executed */
  readonly action: Float32Array;
  /** [N, O] the true next observation, the last one of an episode included */
  readonly nextObs: Float32Array;
  /** [N] */
  readonly reward: Float64Array;
  /** [N] 1: the value ends here. */
  readonly terminated: Uint8Array;
  /** [N] 1: the episode ends here, terminated or truncated. */
  readonly ended: Uint8Array;
  /** [N] index into SOURCES */
  readonly source: Uint8Array;
}

/** A batch of n-step transitions, filled by `sample` and reused. */
export interface ReplayBatch {
  /** [B, O] */
  readonly obs: Float32Array;
  /** [B, A] */
  readonly action: Float32Array;
  /** [B, O] n steps on, or the last of the episode */
  readonly nextObs: Float32Array;
  /** [B] sum of discounted rewards */
  readonly reward: Float32Array;
  /** [B] what the value of nextObs counts; 0 after a termination */
  readonly discount: Float32Array;
  /** [B] place in the replay, for priorities and tests */
  readonly index: Uint32Array;
}

/** Transitions of all rows, oldest overwritten first. */
export interface Replay {
  /** Transitions stored at present. */
  readonly size: number;
  readonly capacity: number;
  store(step: ReplayStep): void;
  /** Uniform with replacement unless the replay was made with another rule. */
  sample(rng: Rng, batch: ReplayBatch): void;
  /** Priorities of the places of a batch, where the replay has them. @param priority [B] */
  prioritise?(index: Uint32Array, priority: Float32Array): void;
  /** Contract of `Learner.saveReplay`. */
  save(folder: string): Promise<readonly string[]>;
  /** Contract of `Learner.loadReplay`. */
  load(folder: string, files: readonly string[]): Promise<void>;
}
