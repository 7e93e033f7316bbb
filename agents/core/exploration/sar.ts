import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal, Exploration } from "./exploration.ts";
import { multiplyAdd } from "./linear-algebra.ts";
import type { Synergies } from "./synergies.ts";

/**
 * Synergistic action representation (Berg et al. 2023): a = φ (offset + M c) + (1 - φ) r. The raw action r is a sample of
 * the policy; the synergy activations c are those of its mean, perturbed by as much and held within [-1, 1].
 *
 * Axes: N rows, A actions, K synergies.
 */
export class SarExploration implements Exploration {
  readonly wantsLatent = false;
  readonly state: AgentState;
  readonly #streams: readonly Rng[];
  readonly #synergies: Synergies;
  readonly #actions: number;
  readonly #phi: number;
  /** c, [K] */
  readonly #activation: Float64Array;
  /** Mean of a row, and what the synergies make of it; [A]. */
  readonly #mean: Float64Array;
  readonly #synergistic: Float64Array;

  /** @param phi share of the synergies in an action, 0 to 1. */
  constructor(streams: readonly Rng[], synergies: Synergies, phi: number) {
    this.#streams = streams;
    this.#synergies = synergies;
    this.#actions = synergies.offset.length;
    this.#phi = phi;
    this.#activation = new Float64Array(synergies.count);
    this.#mean = new Float64Array(this.#actions);
    this.#synergistic = new Float64Array(this.#actions);
    this.state = { arrays: {}, streams };
  }

  act(_obs: Float32Array, proposal: ActionProposal, action: Float32Array, source: Uint8Array): void {
    this.#streams.forEach((stream, row) => {
      this.#perturb(row, proposal, stream);
      this.#mix(row, proposal, stream, action);
    });
    source.fill(0);
  }

  observe(): void {
    // Synergies do not depend on what the environment answers.
  }

  reset(): void {
    // Nothing is remembered.
  }

  /** c = clip(E mean + e + s ε), s the mean deviation of the policy. */
  #perturb(row: number, { mean, scale }: ActionProposal, stream: Rng): void {
    const { encoder, encoderOffset } = this.#synergies;
    const size = this.#actions;
    let deviation = 0;
    for (let i = 0; i < size; i++) {
      deviation += (scale[row * size + i] ?? 0) / size;
      this.#mean[i] = mean[row * size + i] ?? 0;
    }
    const activation = this.#activation;
    activation.set(encoderOffset);
    multiplyAdd(encoder, 0, this.#mean, activation);
    for (let k = 0; k < activation.length; k++) {
      const noisy = (activation[k] ?? 0) + deviation * stream.standardNormal();
      activation[k] = Math.min(Math.max(noisy, -1), 1);
    }
  }

  #mix(row: number, { mean, scale }: ActionProposal, stream: Rng, action: Float32Array): void {
    const { decoder, offset } = this.#synergies;
    this.#synergistic.set(offset);
    multiplyAdd(decoder, 0, this.#activation, this.#synergistic);
    for (let i = 0; i < this.#actions; i++) {
      const at = row * this.#actions + i;
      const raw = (mean[at] ?? 0) + (scale[at] ?? 0) * stream.standardNormal();
      action[at] = this.#phi * (this.#synergistic[i] ?? 0) + (1 - this.#phi) * raw;
    }
  }
}
