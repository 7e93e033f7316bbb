import type { Correlation, DeltaWindow } from "./delta-window.ts";
import { innerProducts, padded, weightedSum, weightedSums, type Rows } from "./kernels.ts";

/** Steps between two exact norms of a motor; the motors take turns. */
const REBUILD_STEPS = 256;
/**
 * A motor's ‖S_j‖² is summed anew when it falls below this share of the square of the largest term since its last exact
 * sum. Adding and dropping leaves at most 256 times some ten roundings of such a square behind: 1e-7 of the norm.
 */
const DRIFT_SHARE = 1e-5;

/**
 * S never formed: S v comes from the changes themselves, and a motor's norm follows from what the newest term adds and the
 * oldest takes away. With a the newest and b the dropped motor change, u and w their sensor changes and S' the terms that
 * stay, ‖S_j‖² grows by a_j (2 (S' u)_j + a_j u·u) - b_j (2 (S' w)_j + b_j w·w): O(tau n) a step.
 *
 * Norms are brought up to date by `settle` alone: steps whose action nobody asks for cost nothing, and where more than one
 * was left out, the norms are summed anew.
 *
 * Axes: E rows, n muscles, m = tau - 2 terms.
 */
export class LowRankCorrelation implements Correlation {
  readonly norms: Float64Array;
  readonly arrays: Readonly<Record<string, Float64Array>>;
  readonly #window: DeltaWindow;
  readonly #withNorms: boolean;
  /** Δ_k · Δ_l of the sensor changes in the window, by k and l modulo tau, [E, tau, tau]. */
  readonly #gram: Float64Array;
  /** ‖S_j‖², [E, n]. */
  readonly #squares: Float64Array;
  /** Largest |Δ_k,j| ‖Δ_{k-d}‖ since the exact sum of motor j, [E, n]. */
  readonly #peaks: Float64Array;
  /** Step of the last advance, and that of the norms; 0 before, [E]. */
  readonly #steps: Float64Array;
  readonly #settled: Float64Array;
  /** Motor and sensor changes of the terms of one step; behind the motors' comes the dropped one. */
  readonly #motorAt: Int32Array;
  readonly #sensorAt: Int32Array;
  /** Weights of terms, [m + 1] padded. */
  readonly #weights: readonly [Float64Array, Float64Array];
  /** [n] */
  readonly #sums: readonly [Float64Array, Float64Array];

  /** @param withNorms false leaves `norms` zero, where nothing reads them. */
  constructor(window: DeltaWindow, withNorms: boolean) {
    const { rows, size, tau } = window;
    const terms = padded(tau - 1);
    this.#window = window;
    this.#withNorms = withNorms;
    this.#gram = new Float64Array(withNorms ? rows * tau * tau : 0);
    this.#squares = new Float64Array(rows * size);
    this.#peaks = new Float64Array(rows * size);
    this.#steps = new Float64Array(rows);
    this.#settled = new Float64Array(rows);
    this.#motorAt = new Int32Array(terms);
    this.#sensorAt = new Int32Array(terms);
    this.#weights = [new Float64Array(terms), new Float64Array(terms)];
    this.#sums = [new Float64Array(size), new Float64Array(size)];
    this.norms = new Float64Array(rows * size);
    this.arrays = {
      gram: this.#gram,
      squares: this.#squares,
      peaks: this.#peaks,
      steps: this.#steps,
      settled: this.#settled,
      norms: this.norms,
    };
  }

  advance(row: number, t: number): void {
    this.#steps[row] = t;
  }

  settle(row: number): void {
    const t = this.#steps[row] ?? 0;
    const last = this.#settled[row] ?? 0;
    if (!this.#withNorms || last === t) return;
    this.#settled[row] = t;
    const terms = this.#locate(row, t);
    if (terms === 0) return;
    if (last === t - 1) this.#roll(row, t, terms);
    else this.#restart(row, t, terms);
  }

  multiply(row: number, v: Float64Array, out: Float64Array): void {
    const terms = this.#locate(row, this.#steps[row] ?? 0);
    const [weights] = this.#weights;
    innerProducts(this.#rows(this.#sensorAt, terms), v, 0, weights);
    weights.fill(0, terms);
    weightedSum(this.#rows(this.#motorAt, terms), weights, out);
  }

  clear(row: number): void {
    const { size, tau } = this.#window;
    this.#gram.fill(0, row * tau * tau, (row + 1) * tau * tau);
    for (const values of [this.#squares, this.#peaks, this.norms]) values.fill(0, row * size, (row + 1) * size);
    this.#steps[row] = 0;
    this.#settled[row] = 0;
  }

  #rows(at: Int32Array, count: number): Rows {
    const { deltas, size } = this.#window;
    return { values: deltas, at, count, size };
  }

  /** Fills the offsets of the terms of step t, oldest first. @returns how many there are */
  #locate(row: number, t: number): number {
    const window = this.#window;
    const oldest = window.oldest(t);
    const terms = Math.max(0, t - oldest);
    // Beyond the terms stands the dropped change or, for want of one, any that is held.
    const dropped = window.at(row, Math.max(0, oldest - 1));
    this.#motorAt.fill(dropped, terms);
    this.#sensorAt.fill(dropped, terms);
    for (let i = 0; i < terms; i++) {
      this.#motorAt[i] = window.at(row, oldest + i);
      this.#sensorAt[i] = window.at(row, oldest + i - window.timeDist);
    }
    return terms;
  }

  /** From the norms of step t - 1 to those of step t. */
  #roll(row: number, t: number, terms: number): void {
    const { size, deltas } = this.#window;
    const dropped = t + 1 - this.#window.tau;
    const drops = dropped >= this.#window.timeDist + 2;
    this.#weighNewest(row, t, terms);
    this.#weighDropped(row, t, terms, drops);
    const [added, gone] = this.#sums;
    weightedSums(this.#rows(this.#motorAt, terms + 1), this.#weights, this.#sums);
    const newestAt = this.#motorAt[terms - 1] ?? 0;
    const droppedAt = this.#motorAt[terms] ?? 0;
    const length = this.#window.lengthOf(row, t - 1 - this.#window.timeDist);
    const turn = t % REBUILD_STEPS;
    for (let j = 0; j < size; j++) {
      const motor = row * size + j;
      const a = deltas[newestAt + j] ?? 0;
      const b = drops ? (deltas[droppedAt + j] ?? 0) : 0;
      const square = (this.#squares[motor] ?? 0) + 2 * (a * (added[j] ?? 0) - b * (gone[j] ?? 0));
      const peak = Math.max(this.#peaks[motor] ?? 0, Math.abs(a) * length);
      this.#squares[motor] = square;
      this.#peaks[motor] = peak;
      if (square < DRIFT_SHARE * peak * peak || j % REBUILD_STEPS === turn) this.#rebuild(row, j, t, terms);
      else this.norms[motor] = Math.sqrt(square);
    }
  }

  /** First weights: u · Δ_l, half for the newest itself, which is counted twice. They enter the Gram matrix. */
  #weighNewest(row: number, t: number, terms: number): void {
    const [weights] = this.#weights;
    this.#extendGram(row, t - 1, terms, weights);
    weights[terms - 1] = (weights[terms - 1] ?? 0) / 2;
    weights.fill(0, terms);
  }

  /** Second weights: w · Δ_l of the terms that stay, half for the dropped one itself; none where nothing drops. */
  #weighDropped(row: number, t: number, terms: number, drops: boolean): void {
    const { tau, timeDist } = this.#window;
    const [, weights] = this.#weights;
    weights.fill(0);
    if (!drops) return;
    const first = t + 2 - tau - timeDist;
    const at = (row * tau + ((first - 1) % tau)) * tau;
    let slot = first % tau;
    for (let i = 0; i < terms - 1; i++) {
      weights[i] = this.#gram[at + slot] ?? 0;
      slot = slot + 1 === tau ? 0 : slot + 1;
    }
    weights[terms] = (this.#gram[at + ((first - 1) % tau)] ?? 0) / 2;
  }

  /** Inner products of the sensor change of term k with those of the terms that end with it. @param out [terms] */
  #extendGram(row: number, k: number, terms: number, out: Float64Array): void {
    const { tau, timeDist, deltas } = this.#window;
    innerProducts(this.#rows(this.#sensorAt, terms), deltas, this.#sensorAt[terms - 1] ?? 0, out);
    const base = row * tau * tau;
    const newest = (k - timeDist) % tau;
    let slot = (k - timeDist - terms + 1) % tau;
    for (let i = 0; i < terms; i++) {
      const inner = out[i] ?? 0;
      this.#gram[base + newest * tau + slot] = inner;
      this.#gram[base + slot * tau + newest] = inner;
      slot = slot + 1 === tau ? 0 : slot + 1;
    }
  }

  /** Norms of step t out of the window alone. */
  #restart(row: number, t: number, terms: number): void {
    const [weights] = this.#weights;
    for (let i = 0; i < terms; i++) this.#extendGram(row, t - terms + i, i + 1, weights);
    for (let j = 0; j < this.#window.size; j++) this.#rebuild(row, j, t, terms);
  }

  /** ‖S_j‖² = Σ_k Σ_l Δ_k,j Δ_l,j (Δ_{k-d} · Δ_{l-d}), each pair once. */
  #rebuild(row: number, j: number, t: number, terms: number): void {
    const { size, tau, timeDist, deltas } = this.#window;
    const gram = this.#gram;
    const base = row * tau * tau;
    const first = (t - terms - timeDist) % tau;
    // The weights are used up.
    const [changes] = this.#weights;
    let square = 0;
    let peak = 0;
    for (let i = 0; i < terms; i++) {
      const change = deltas[(this.#motorAt[i] ?? 0) + j] ?? 0;
      const at = base + ((first + i) % tau) * tau;
      let others = 0;
      let slot = first;
      for (let l = 0; l < i; l++) {
        others += (gram[at + slot] ?? 0) * (changes[l] ?? 0);
        slot = slot + 1 === tau ? 0 : slot + 1;
      }
      changes[i] = change;
      const inner = gram[at + slot] ?? 0;
      square += change * (2 * others + change * inner);
      peak = Math.max(peak, Math.abs(change) * Math.sqrt(inner));
    }
    this.#peaks[row * size + j] = peak;
    this.#squares[row * size + j] = Math.max(square, 0);
    this.norms[row * size + j] = Math.sqrt(Math.max(square, 0));
  }
}
