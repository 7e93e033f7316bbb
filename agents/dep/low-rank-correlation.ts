import { deltaCount, DeltaWindow, type Correlation, type WindowShape } from "./delta-window.ts";
import { padded, WindowKernels } from "./window-kernels.ts";

/** Steps between two exact norms of a motor; the motors take turns. */
const REBUILD_STEPS = 1000;
/**
 * A motor's ‖S_j‖² is summed anew when it falls below this share of the square of the largest term since its last exact
 * sum. Adding and dropping leaves at most 1000 times some ten roundings of such a square behind: 1e-7 of what is left.
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
  readonly window: DeltaWindow;
  readonly norms: Float64Array;
  readonly arrays: Readonly<Record<string, Float64Array>>;
  readonly #withNorms: boolean;
  readonly #kernels: WindowKernels;
  /** Δ_k · Δ_l of the sensor changes in the window, by k and l modulo tau, [E, tau, tau]. */
  readonly #gram: Float64Array;
  /** ‖S_j‖², [E, n]. */
  readonly #squares: Float64Array;
  /** Largest |Δ_k,j| ‖Δ_{k-d}‖ since the exact sum of motor j, [E, n]. */
  readonly #peaks: Float64Array;
  /** Step of the last advance, and that of the norms; 0 before, [E]. */
  readonly #steps: Float64Array;
  readonly #settled: Float64Array;
  /** Addresses of motor and sensor changes of the terms of one step, [m + 1] padded; behind the motors' comes the dropped one. */
  readonly #motors: Int32Array;
  readonly #sensors: Int32Array;
  /** Weights of terms, [m + 1] padded: of the newest and of the dropped one. */
  readonly #newest: Float64Array;
  readonly #dropped: Float64Array;
  /** What is weighed with them, [n]. */
  readonly #added: Float64Array;
  readonly #gone: Float64Array;
  /** [n] */
  readonly #vector: Float64Array;

  /** @param withNorms false leaves `norms` zero, where nothing reads them. */
  constructor(shape: WindowShape, withNorms: boolean) {
    const { rows, size, tau } = shape;
    const terms = padded(tau - 1);
    this.#kernels = new WindowKernels(size, [deltaCount(shape), terms, terms, size, size, size]);
    const [deltas, newest, dropped, added, gone, vector] = this.#kernels.arrays as readonly [
      ...[Float64Array, Float64Array, Float64Array],
      ...[Float64Array, Float64Array, Float64Array],
    ];
    this.window = new DeltaWindow(shape, deltas);
    this.#withNorms = withNorms;
    this.#newest = newest;
    this.#dropped = dropped;
    this.#added = added;
    this.#gone = gone;
    this.#vector = vector;
    this.#gram = new Float64Array(withNorms ? rows * tau * tau : 0);
    this.#squares = new Float64Array(rows * size);
    this.#peaks = new Float64Array(rows * size);
    this.#steps = new Float64Array(rows);
    this.#settled = new Float64Array(rows);
    this.#motors = new Int32Array(terms);
    this.#sensors = new Int32Array(terms);
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
    const weights = this.#newest;
    this.#vector.set(v);
    this.#kernels.innerProducts(this.#sensors, terms, this.#vector, weights);
    weights.fill(0, terms);
    this.#kernels.weightedSum(this.#motors, terms, weights, this.#added);
    out.set(this.#added);
  }

  clear(row: number): void {
    const { size, tau } = this.window;
    this.#gram.fill(0, row * tau * tau, (row + 1) * tau * tau);
    for (const values of [this.#squares, this.#peaks, this.norms]) values.fill(0, row * size, (row + 1) * size);
    this.#steps[row] = 0;
    this.#settled[row] = 0;
  }

  /** Fills the addresses of the terms of step t, oldest first. @returns how many there are */
  #locate(row: number, t: number): number {
    const { window } = this;
    const { slots, size, deltas, timeDist } = window;
    const oldest = window.oldest(t);
    const terms = Math.max(0, t - oldest);
    const bytes = size * Float64Array.BYTES_PER_ELEMENT;
    const base = deltas.byteOffset + row * slots * bytes;
    // Beyond the terms stands the dropped change or, for want of one, any that is held.
    const dropped = base + (Math.max(0, oldest - 1) % slots) * bytes;
    this.#motors.fill(dropped, terms);
    this.#sensors.fill(dropped, terms);
    let motor = oldest % slots;
    let sensor = (oldest - timeDist) % slots;
    for (let i = 0; i < terms; i++) {
      this.#motors[i] = base + motor * bytes;
      this.#sensors[i] = base + sensor * bytes;
      motor = motor + 1 === slots ? 0 : motor + 1;
      sensor = sensor + 1 === slots ? 0 : sensor + 1;
    }
    return terms;
  }

  /** From the norms of step t - 1 to those of step t. */
  #roll(row: number, t: number, terms: number): void {
    const { window } = this;
    const { size, deltas, tau, timeDist } = window;
    const drops = t + 1 - tau >= timeDist + 2;
    this.#weighNewest(row, t, terms);
    this.#weighDropped(row, t, terms, drops);
    this.#kernels.weightedSums(this.#motors, terms + 1, this.#newest, this.#added, this.#dropped, this.#gone);
    const newestAt = window.at(row, t - 1);
    // Where nothing drops, what is gone is 0.
    const droppedAt = window.at(row, drops ? t + 1 - tau : t - 1);
    const length = window.lengthOf(row, t - 1 - timeDist);
    const turn = t % REBUILD_STEPS;
    for (let j = 0; j < size; j++) {
      const motor = row * size + j;
      const a = deltas[newestAt + j] ?? 0;
      const b = deltas[droppedAt + j] ?? 0;
      const square = (this.#squares[motor] ?? 0) + 2 * (a * (this.#added[j] ?? 0) - b * (this.#gone[j] ?? 0));
      const peak = Math.max(this.#peaks[motor] ?? 0, Math.abs(a) * length);
      this.#squares[motor] = square;
      this.#peaks[motor] = peak;
      if (square < DRIFT_SHARE * peak * peak || j % REBUILD_STEPS === turn) this.#rebuild(row, j, t, terms);
      else this.norms[motor] = Math.sqrt(square);
    }
  }

  /** u · Δ_l, half for the newest itself, which is counted twice. They enter the Gram matrix. */
  #weighNewest(row: number, t: number, terms: number): void {
    const weights = this.#newest;
    this.#extendGram(row, t - 1, terms);
    weights[terms - 1] = (weights[terms - 1] ?? 0) / 2;
    weights.fill(0, terms);
  }

  /** w · Δ_l of the terms that stay, half for the dropped one itself; none where nothing drops. */
  #weighDropped(row: number, t: number, terms: number, drops: boolean): void {
    const { tau, timeDist } = this.window;
    const weights = this.#dropped;
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

  /** Inner products of the sensor change of term k with those of the terms that end with it, oldest first, in `#newest`. */
  #extendGram(row: number, k: number, terms: number): void {
    const { tau, timeDist, deltas, size } = this.window;
    const inner = this.#newest;
    const sensor = k - timeDist;
    const from = this.window.at(row, sensor);
    for (let i = 0; i < size; i++) this.#vector[i] = deltas[from + i] ?? 0;
    this.#kernels.innerProducts(this.#sensors, terms, this.#vector, inner);
    const base = row * tau * tau;
    const newest = sensor % tau;
    let slot = (sensor - terms + 1) % tau;
    for (let i = 0; i < terms; i++) {
      this.#gram[base + newest * tau + slot] = inner[i] ?? 0;
      this.#gram[base + slot * tau + newest] = inner[i] ?? 0;
      slot = slot + 1 === tau ? 0 : slot + 1;
    }
  }

  /** Norms of step t out of the window alone. */
  #restart(row: number, t: number, terms: number): void {
    for (let i = 0; i < terms; i++) this.#extendGram(row, t - terms + i, i + 1);
    for (let j = 0; j < this.window.size; j++) this.#rebuild(row, j, t, terms);
  }

  /** ‖S_j‖² = Σ_k Σ_l Δ_k,j Δ_l,j (Δ_{k-d} · Δ_{l-d}), each pair once. */
  #rebuild(row: number, j: number, t: number, terms: number): void {
    const { window } = this;
    const { tau, timeDist, slots, size, deltas } = window;
    const gram = this.#gram;
    const base = row * tau * tau;
    const first = (t - terms - timeDist) % tau;
    // The weights are used up.
    const changes = this.#newest;
    let square = 0;
    let peak = 0;
    for (let i = 0; i < terms; i++) {
      const change = deltas[(row * slots + ((t - terms + i) % slots)) * size + j] ?? 0;
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
