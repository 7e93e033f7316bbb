import { DeltaWindow, type Correlation, type WindowShape } from "./delta-window.ts";

/** Steps between two exact sums. */
const REBUILD_STEPS = 1000;
/**
 * A motor's row is summed anew when its norm falls below this share of the largest term it has held since the last exact
 * sum: what adding and dropping left behind, at most 1000 roundings of that term, would else be taken for motion.
 */
const DRIFT_SHARE = 1e-6;

/** S held as a matrix, one term added and one dropped a step: O(n²). Axes: E rows, n muscles. */
export class RollingCorrelation implements Correlation {
  readonly norms: Float64Array;
  readonly arrays: Readonly<Record<string, Float64Array>>;
  readonly window: DeltaWindow;
  /** [E, n, n] */
  readonly #matrix: Float64Array;
  /** Largest |Δ_k,j| ‖Δ_{k-d}‖ since the exact sum of motor j, [E, n]. */
  readonly #peaks: Float64Array;

  constructor(shape: WindowShape) {
    const { rows, size } = shape;
    this.window = new DeltaWindow(shape);
    this.#matrix = new Float64Array(rows * size * size);
    this.#peaks = new Float64Array(rows * size);
    this.norms = new Float64Array(rows * size);
    this.arrays = { matrix: this.#matrix, peaks: this.#peaks, norms: this.norms };
  }

  advance(row: number, t: number): void {
    const { size } = this.window;
    if (t - 1 < this.window.oldest(t)) return;
    const exact = t % REBUILD_STEPS === 0;
    for (let j = 0; j < size; j++) {
      if (exact) this.#rebuild(row, j, t);
      else this.#roll(row, j, t);
    }
  }

  settle(): void {
    // Norms come with every step.
  }

  multiply(row: number, v: Float64Array, out: Float64Array): void {
    const { size } = this.window;
    const matrix = this.#matrix;
    let at = row * size * size;
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (matrix[at + k] ?? 0) * (v[k] ?? 0);
      out[j] = sum;
      at += size;
    }
  }

  clear(row: number): void {
    const { size } = this.window;
    this.#matrix.fill(0, row * size * size, (row + 1) * size * size);
    this.#peaks.fill(0, row * size, (row + 1) * size);
    this.norms.fill(0, row * size, (row + 1) * size);
  }

  /** Motor j: the term of k = t - 1 comes in, the one before the oldest goes. */
  #roll(row: number, j: number, t: number): void {
    const window = this.window;
    const { size, timeDist, deltas } = window;
    const matrix = this.#matrix;
    const gone = t + 1 - window.tau;
    const drops = gone >= timeDist + 2;
    const added = deltas[window.at(row, t - 1) + j] ?? 0;
    const dropped = drops ? (deltas[window.at(row, gone) + j] ?? 0) : 0;
    const addAt = window.at(row, t - 1 - timeDist);
    const dropAt = drops ? window.at(row, gone - timeDist) : addAt;
    const at = (row * size + j) * size;
    let squares = 0;
    for (let k = 0; k < size; k++) {
      const value = (matrix[at + k] ?? 0) + (added * (deltas[addAt + k] ?? 0) - dropped * (deltas[dropAt + k] ?? 0));
      matrix[at + k] = value;
      squares += value * value;
    }
    const norm = Math.sqrt(squares);
    const motor = row * size + j;
    const peak = Math.max(this.#peaks[motor] ?? 0, Math.abs(added) * window.lengthOf(row, t - 1 - timeDist));
    this.#peaks[motor] = peak;
    this.norms[motor] = norm;
    if (norm < DRIFT_SHARE * peak) this.#rebuild(row, j, t);
  }

  #rebuild(row: number, j: number, t: number): void {
    const window = this.window;
    const { size, timeDist, deltas } = window;
    const matrix = this.#matrix;
    const at = (row * size + j) * size;
    matrix.fill(0, at, at + size);
    let peak = 0;
    for (let k = window.oldest(t); k < t; k++) {
      const change = deltas[window.at(row, k) + j] ?? 0;
      const sensorAt = window.at(row, k - timeDist);
      for (let i = 0; i < size; i++) matrix[at + i] = (matrix[at + i] ?? 0) + change * (deltas[sensorAt + i] ?? 0);
      peak = Math.max(peak, Math.abs(change) * window.lengthOf(row, k - timeDist));
    }
    let squares = 0;
    for (let i = at; i < at + size; i++) squares += (matrix[i] ?? 0) ** 2;
    this.#peaks[row * size + j] = peak;
    this.norms[row * size + j] = Math.sqrt(squares);
  }
}
