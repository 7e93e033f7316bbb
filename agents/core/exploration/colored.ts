import { ColoredSignals, type SignalShape } from "../../colored-noise/signals.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal } from "./exploration.ts";
import type { NoiseProcess } from "./noise.ts";

/**
 * Noise of power spectral density 1/f^beta, one signal an episode, row and action, in place of the policy's independent
 * draws (Eberhard et al. 2023, section 3).
 */
export class ColoredNoise implements NoiseProcess {
  readonly wantsLatent = false;
  readonly state: AgentState;
  readonly #signals: ColoredSignals;

  constructor(streams: readonly Rng[], actions: number, { beta, chunkSteps }: Omit<SignalShape, "staggered">) {
    // An episode within a chunk is one signal: chunks start with the episode in all actions.
    this.#signals = new ColoredSignals(streams, actions, { beta, chunkSteps, staggered: false });
    this.state = this.#signals.state;
  }

  next(row: number, _proposal: ActionProposal, out: Float32Array): void {
    this.#signals.next(row, out);
  }

  resetRow(row: number): void {
    this.#signals.resetRow(row);
  }
}
