import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal, Exploration } from "./exploration.ts";

/*
 * Axes: N rows, A actions.
 */

/** Noise of zero mean and unit variance an action; how it hangs together over steps and actions is its kind. */
export interface NoiseProcess {
  readonly wantsLatent: boolean;
  /** Once before the rows of a step. */
  begin?(proposal: ActionProposal): void;
  /** The row's next step. @param out [A], written */
  next(row: number, proposal: ActionProposal, out: Float32Array): void;
  /** An episode starts anew. */
  resetRow(row: number): void;
  readonly state: AgentState;
}

/** a = mean + s n with noise n: of the policy's own standard deviation, or of a fixed one. */
export class NoisyExploration implements Exploration {
  readonly wantsLatent: boolean;
  readonly state: AgentState;
  readonly #process: NoiseProcess;
  readonly #std: number | null;
  readonly #noise: Float32Array;

  /** @param std s in half ranges of an action; null: the policy's. */
  constructor(actions: number, std: number | null, process: NoiseProcess) {
    this.wantsLatent = process.wantsLatent;
    this.state = process.state;
    this.#process = process;
    this.#std = std;
    this.#noise = new Float32Array(actions);
  }

  act(_obs: Float32Array, proposal: ActionProposal, action: Float32Array, source: Uint8Array): void {
    const { mean, scale } = proposal;
    const noise = this.#noise;
    this.#process.begin?.(proposal);
    for (let row = 0; row < source.length; row++) {
      this.#process.next(row, proposal, noise);
      const at = row * noise.length;
      for (let i = 0; i < noise.length; i++) {
        action[at + i] = (mean[at + i] ?? 0) + (this.#std ?? scale[at + i] ?? 0) * (noise[i] ?? 0);
      }
    }
    source.fill(0);
  }

  observe(): void {
    // Noise does not depend on what the environment answers.
  }

  reset(mask: Uint8Array): void {
    for (let row = 0; row < mask.length; row++) if (mask[row]) this.#process.resetRow(row);
  }
}
