import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import { choleskyInto, multiplyAdd } from "./linear-algebra.ts";
import type { ActionProposal } from "./exploration.ts";
import type { NoiseProcess } from "./noise.ts";
import { RowNormals } from "./row-normals.ts";

export interface LatticeOptions {
  /** A */
  readonly actions: number;
  /** H */
  readonly latent: number;
  /** Weight α of the latent noise beside that of the actions; 0 leaves the latter alone. */
  readonly alpha: number;
  /** Steps that a row keeps its perturbation matrices. */
  readonly period: number;
  /** Weights W of the mean's layer. @param out [H, A], written */
  readonly headWeights: (out: Float32Array) => void;
}

/**
 * Lattice (Chiappa et al. 2023, equations 4 to 6): the last hidden layer z and the action are perturbed by random matrices,
 * n = Wᵀ α P_x z + P_a z, whose elements are independent N(0, 1/H). Given z, cov n = |z|²/H (α² WᵀW + I): actions that
 * share latent units move together, and while the matrices stay, n follows z.
 *
 * Wᵀ α P_x + P_a has independent columns of covariance C = α² WᵀW + I: it is chol(C) G with a matrix G of independent normals,
 * which is what a row keeps, so that n = chol(C) (G z) follows the weights as they are learnt. The noise is scaled by |z| and
 * diag(C) to unit variance: how large it is, the learnt deviation says.
 *
 * Axes: N rows, A actions, H units.
 */
export class LatticeNoise implements NoiseProcess {
  /** Matrices that last one step are as good drawn with the layer left out: of n only its covariance counts. */
  readonly wantsLatent: boolean;
  readonly state: AgentState;
  readonly #options: LatticeOptions;
  readonly #normals: RowNormals;
  /** [H, A], as they were when the factor was made. */
  readonly #weights: Float32Array;
  readonly #fresh: Float32Array;
  /** Lower factor of the correlation matrix, 0 above, [A, A]. */
  readonly #factor: Float64Array;
  readonly #covariance: Float64Array;
  /** Matrices G, [N, A, H]; none where they last one step only. */
  readonly #matrices: Float32Array;
  /** Steps since the row's reset, [N]. */
  readonly #time: Float64Array;
  /** [A] */
  readonly #draws: Float32Array;
  /** Independent normals of an action, and correlated ones; [A]. */
  readonly #plain: Float64Array;
  readonly #correlated: Float64Array;
  /** [H] */
  readonly #latent: Float64Array;
  readonly #deviations: Float64Array;
  #factored = false;

  constructor(streams: readonly Rng[], options: LatticeOptions) {
    const { actions, latent, period } = options;
    this.wantsLatent = period > 1;
    this.#options = options;
    this.#normals = new RowNormals(streams);
    this.#weights = new Float32Array(latent * actions);
    this.#fresh = new Float32Array(latent * actions);
    this.#factor = new Float64Array(actions * actions);
    this.#covariance = new Float64Array(actions * actions);
    this.#matrices = new Float32Array(period > 1 ? streams.length * actions * latent : 0);
    this.#time = new Float64Array(streams.length);
    this.#draws = new Float32Array(actions);
    this.#plain = new Float64Array(actions);
    this.#correlated = new Float64Array(actions);
    this.#latent = new Float64Array(latent);
    this.#deviations = new Float64Array(actions);
    // Named otherwise than chol(C) G, which an earlier version kept in an array of the same shape.
    this.state = {
      arrays: { independent: this.#matrices, time: this.#time, normals: this.#normals.state },
      streams: [],
    };
  }

  begin(): void {
    this.#options.headWeights(this.#fresh);
    if (this.#factored && !this.#weightsChanged()) return;
    this.#weights.set(this.#fresh);
    this.#refactor();
    this.#factored = true;
  }

  next(row: number, { latent }: ActionProposal, out: Float32Array): void {
    const { latent: units, period } = this.#options;
    const time = this.#time[row] ?? 0;
    this.#time[row] = time + 1;
    if (period === 1) {
      this.#normals.fill(row, this.#draws);
      this.#plain.set(this.#draws);
    } else {
      if (latent === null) throw new RangeError("Lattice reads the last hidden layer, but the proposal has none.");
      if (time % period === 0) this.#drawMatrix(row);
      this.#project(row, latent.subarray(row * units, (row + 1) * units));
    }
    this.#correlated.fill(0);
    multiplyAdd(this.#factor, 0, this.#plain, this.#correlated);
    out.set(this.#correlated);
  }

  resetRow(row: number): void {
    this.#time[row] = 0;
  }

  #weightsChanged(): boolean {
    for (let i = 0; i < this.#fresh.length; i++) if (this.#fresh[i] !== this.#weights[i]) return true;
    return false;
  }

  /** Correlation matrix C_ij / sqrt(C_ii C_jj) of C = α² WᵀW + I, then its factor. */
  #refactor(): void {
    const { actions, latent, alpha } = this.#options;
    const covariance = this.#covariance.fill(0);
    for (let h = 0; h < latent; h++) {
      for (let i = 0; i < actions; i++) {
        const weight = alpha * alpha * (this.#weights[h * actions + i] ?? 0);
        if (weight === 0) continue;
        for (let j = 0; j <= i; j++) {
          const at = i * actions + j;
          covariance[at] = (covariance[at] ?? 0) + weight * (this.#weights[h * actions + j] ?? 0);
        }
      }
    }
    for (let i = 0; i < actions; i++) {
      const at = i * actions + i;
      covariance[at] = (covariance[at] ?? 0) + 1;
      this.#deviations[i] = Math.sqrt(covariance[at]);
    }
    for (let i = 0; i < actions; i++) {
      for (let j = 0; j <= i; j++) {
        const at = i * actions + j;
        covariance[at] = (covariance[at] ?? 0) / ((this.#deviations[i] ?? 1) * (this.#deviations[j] ?? 1));
      }
    }
    choleskyInto(covariance, actions, this.#factor);
  }

  #drawMatrix(row: number): void {
    const { actions, latent } = this.#options;
    this.#normals.fill(row, this.#matrices.subarray(row * actions * latent, (row + 1) * actions * latent));
  }

  /** plain = G z / |z|; a silent layer has no noise. @param z [H] */
  #project(row: number, z: Float32Array): void {
    const { actions, latent } = this.#options;
    let squares = 0;
    for (let h = 0; h < latent; h++) squares += (z[h] ?? 0) ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let h = 0; h < latent; h++) this.#latent[h] = scale * (z[h] ?? 0);
    this.#plain.fill(0);
    multiplyAdd(this.#matrices, row * actions * latent, this.#latent, this.#plain);
  }
}
