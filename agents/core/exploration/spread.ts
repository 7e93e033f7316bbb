import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal } from "./exploration.ts";
import type { NoiseProcess } from "./noise.ts";

/**
 * Noise whose size an episode draws: times a factor, log-uniform in [least, 1]. Some episodes explore widely, others show
 * what the policy's mean is worth; the same thought as a ladder of epsilons over actors (Horgan et al. 2018, section 4).
 *
 * Axes: N rows, A actions.
 */
export class SpreadNoise implements NoiseProcess {
  readonly wantsLatent: boolean;
  readonly state: AgentState;
  readonly #process: NoiseProcess;
  readonly #streams: readonly Rng[];
  readonly #least: number;
  /** [N] */
  readonly #factors: Float64Array;

  constructor(process: NoiseProcess, streams: readonly Rng[], least: number) {
    this.#process = process;
    this.#streams = streams;
    this.#least = least;
    this.#factors = new Float64Array(streams.length);
    for (let row = 0; row < streams.length; row++) this.#draw(row);
    this.wantsLatent = process.wantsLatent;
    const { arrays, streams: inner } = process.state;
    this.state = { arrays: { ...arrays, factors: this.#factors }, streams: [...inner, ...streams] };
  }

  begin(proposal: ActionProposal): void {
    this.#process.begin?.(proposal);
  }

  next(row: number, proposal: ActionProposal, out: Float32Array): void {
    this.#process.next(row, proposal, out);
    const factor = this.#factors[row] ?? 1;
    for (let i = 0; i < out.length; i++) out[i] = factor * (out[i] ?? 0);
  }

  resetRow(row: number): void {
    this.#process.resetRow(row);
    this.#draw(row);
  }

  #draw(row: number): void {
    this.#factors[row] = this.#least ** (this.#streams[row]?.random() ?? 0);
  }
}
