import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal } from "./exploration.ts";
import type { NoiseProcess } from "./noise.ts";
import { RowNormals } from "./row-normals.ts";

/**
 * Ornstein-Uhlenbeck process dn = -θ n dt + sqrt(2θ) dW (Uhlenbeck & Ornstein 1930), of stationary variance 1, advanced
 * exactly by a step: n <- r n + sqrt(1 - r²) ε with r = exp(-θ). An episode starts in the stationary distribution.
 *
 * Axes: N rows, A actions.
 */
export class OrnsteinUhlenbeckNoise implements NoiseProcess {
  readonly wantsLatent = false;
  readonly state: AgentState;
  readonly #normals: RowNormals;
  readonly #keep: number;
  readonly #kick: number;
  readonly #actions: number;
  /** [N, A] */
  readonly #values: Float64Array;
  /** [A] */
  readonly #draws: Float32Array;

  /** @param theta θ, 1/step */
  constructor(streams: readonly Rng[], actions: number, theta: number) {
    this.#normals = new RowNormals(streams);
    this.#keep = Math.exp(-theta);
    this.#kick = Math.sqrt(-Math.expm1(-2 * theta));
    this.#actions = actions;
    this.#values = new Float64Array(streams.length * actions);
    this.#draws = new Float32Array(actions);
    this.state = { arrays: { values: this.#values, normals: this.#normals.state }, streams: [] };
    for (let row = 0; row < streams.length; row++) this.resetRow(row);
  }

  /** The present value, then a step on. */
  next(row: number, _proposal: ActionProposal, out: Float32Array): void {
    this.#normals.fill(row, this.#draws);
    const at = row * this.#actions;
    for (let i = 0; i < out.length; i++) {
      const value = this.#values[at + i] ?? 0;
      out[i] = value;
      this.#values[at + i] = this.#keep * value + this.#kick * (this.#draws[i] ?? 0);
    }
  }

  resetRow(row: number): void {
    this.#normals.fill(row, this.#draws);
    this.#values.set(this.#draws, row * this.#actions);
  }
}
