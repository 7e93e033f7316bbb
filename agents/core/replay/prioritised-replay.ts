import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import { NStepReplay, type NStepReplayOptions } from "./n-step-replay.ts";
import type { Replay, ReplayBatch, ReplayStep } from "./replay.ts";
import { SumTree } from "./sum-tree.ts";

/*
 * Axes: C places, B batch.
 */

/** Exponent of a priority, alpha of Schaul et al. 2016, table 3 (proportional). */
const ALPHA = 0.6;
/** Added to a priority so that no transition is lost for good. */
const SMALLEST_PRIORITY = 1e-6;

export interface PrioritisedReplayOptions extends NStepReplayOptions {
  /** 0: uniform; 1: in proportion to the priorities. */
  readonly alpha?: number;
}

/**
 * An n-step replay that draws transition i with probability p_i^alpha / sum_k p_k^alpha (Schaul et al. 2016, equation 1);
 * new ones come with the highest priority seen, so that each is soon drawn. Its files hold the transitions; the
 * priorities are in `state`, for the agent's checkpoint.
 */
export class PrioritisedReplay implements Replay {
  readonly #replay: NStepReplay;
  readonly #tree: SumTree;
  readonly #alpha: number;
  readonly #numEnvs: number;
  /** [C] p^alpha of every place; the tree's leaves */
  readonly #weights: Float64Array;
  /** [1] of all priorities given so far */
  readonly #highest = Float64Array.of(1);
  /** Live arrays; call `restored` after they were written. */
  readonly state: AgentState;

  constructor(options: PrioritisedReplayOptions) {
    const { alpha = ALPHA } = options;
    if (!(alpha >= 0))
      throw new MyoError("BAD_OPTIONS", `The exponent alpha must be at least 0, got ${alpha}; raise it.`);
    this.#replay = new NStepReplay(options);
    this.#alpha = alpha;
    this.#numEnvs = options.numEnvs;
    this.#tree = new SumTree(this.#replay.capacity);
    this.#weights = new Float64Array(this.#replay.capacity);
    this.state = { arrays: { weights: this.#weights, highest: this.#highest }, streams: [] };
  }

  get size(): number {
    return this.#replay.size;
  }

  get capacity(): number {
    return this.#replay.capacity;
  }

  store(step: ReplayStep): void {
    const { ring } = this.#replay;
    const first = (ring.stored % ring.shape.rows) * this.#numEnvs;
    this.#replay.store(step);
    for (let env = 0; env < this.#numEnvs; env++) this.#set(first + env, this.#highest[0] as number);
  }

  /** Independent draws with replacement. */
  sample(rng: Rng, batch: ReplayBatch): void {
    for (let b = 0; b < batch.index.length; b++) batch.index[b] = this.#tree.find(rng.random() * this.#tree.total);
    this.#replay.gather(batch);
  }

  /** Probability of a place to be drawn, for importance weights. */
  probability(place: number): number {
    return this.#tree.get(place) / this.#tree.total;
  }

  /** @throws RangeError where a priority is negative or no number. */
  prioritise(index: Uint32Array, priority: Float32Array): void {
    for (let b = 0; b < index.length; b++) {
      const value = (priority[b] as number) + SMALLEST_PRIORITY;
      if (!(value > 0 && value < Infinity)) {
        throw new RangeError(`A priority must be finite and not negative, got ${priority[b] ?? NaN}; give |TD error|.`);
      }
      this.#highest[0] = Math.max(this.#highest[0] as number, value);
      this.#set(index[b] as number, value);
    }
  }

  save(folder: string): Promise<readonly string[]> {
    return this.#replay.save(folder);
  }

  load(folder: string, files: readonly string[]): Promise<void> {
    return this.#replay.load(folder, files);
  }

  /** `state` was written. */
  restored(): void {
    for (let place = 0; place < this.#weights.length; place++) this.#tree.set(place, this.#weights[place] as number);
  }

  #set(place: number, priority: number): void {
    const weight = priority ** this.#alpha;
    this.#weights[place] = weight;
    this.#tree.set(place, weight);
  }
}
