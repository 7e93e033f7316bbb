import type { Correlation, DeltaWindow } from "./delta-window.ts";

/**
 * S never formed, for many muscles and a short window: S v from the changes themselves, and the norms from the inner
 * products of the sensor changes, ‖S_j‖² = Σ_k Σ_l Δ_k,j Δ_l,j (Δ_{k-d} · Δ_{l-d}): O(tau² n).
 *
 * Axes: E rows, R slots, n muscles.
 */
export class GramCorrelation implements Correlation {
  readonly norms: Float64Array;
  readonly arrays: Readonly<Record<string, Float64Array>>;
  readonly #window: DeltaWindow;
  readonly #withNorms: boolean;
  /** Δ_k · Δ_l by slot, [E, R, R]. */
  readonly #gram: Float64Array;
  /** Step of the last advance, [E]; 0 before. */
  readonly #steps: Float64Array;
  readonly #partial: Float64Array;

  /** @param withNorms false leaves `norms` zero, where nothing reads them. */
  constructor(window: DeltaWindow, withNorms: boolean) {
    const { rows, size, slots } = window;
    this.#window = window;
    this.#withNorms = withNorms;
    this.#gram = new Float64Array(rows * slots * slots);
    this.#steps = new Float64Array(rows);
    this.#partial = new Float64Array(size);
    this.norms = new Float64Array(rows * size);
    this.arrays = { gram: this.#gram, steps: this.#steps, norms: this.norms };
  }

  advance(row: number, t: number): void {
    this.#steps[row] = t;
    if (!this.#withNorms) return;
    this.#extendGram(row, t);
    this.#computeNorms(row, t);
  }

  multiply(row: number, v: Float64Array, out: Float64Array): void {
    const window = this.#window;
    const { size, timeDist, deltas } = window;
    const t = this.#steps[row] ?? 0;
    out.fill(0);
    for (let k = window.oldest(t); k < t; k++) {
      const sensorAt = window.at(row, k - timeDist);
      const motorAt = window.at(row, k);
      let inner = 0;
      for (let i = 0; i < size; i++) inner += (deltas[sensorAt + i] ?? 0) * (v[i] ?? 0);
      for (let j = 0; j < size; j++) out[j] = (out[j] ?? 0) + inner * (deltas[motorAt + j] ?? 0);
    }
  }

  clear(row: number): void {
    const { size, slots } = this.#window;
    this.#gram.fill(0, row * slots * slots, (row + 1) * slots * slots);
    this.norms.fill(0, row * size, (row + 1) * size);
    this.#steps[row] = 0;
  }

  /** Inner products of Δ_t with all changes still held. */
  #extendGram(row: number, t: number): void {
    const window = this.#window;
    const { size, slots, deltas } = window;
    const base = row * slots * slots;
    const newestAt = window.at(row, t);
    const newest = window.slotOf(t);
    for (let k = Math.max(1, t - slots + 1); k <= t; k++) {
      const at = window.at(row, k);
      let inner = 0;
      for (let i = 0; i < size; i++) inner += (deltas[newestAt + i] ?? 0) * (deltas[at + i] ?? 0);
      this.#gram[base + newest * slots + window.slotOf(k)] = inner;
      this.#gram[base + window.slotOf(k) * slots + newest] = inner;
    }
  }

  #computeNorms(row: number, t: number): void {
    const window = this.#window;
    const { size, deltas } = window;
    const { norms } = this;
    const partial = this.#partial;
    const at = row * size;
    norms.fill(0, at, at + size);
    for (let k = window.oldest(t); k < t; k++) {
      this.#weightedChanges(row, k, t);
      const motorAt = window.at(row, k);
      for (let j = 0; j < size; j++)
        norms[at + j] = (norms[at + j] ?? 0) + (deltas[motorAt + j] ?? 0) * (partial[j] ?? 0);
    }
    for (let j = at; j < at + size; j++) norms[j] = Math.sqrt(Math.max(norms[j] ?? 0, 0));
  }

  /** partial = Σ_l g_kl Δ_l over l <= k, off-diagonal terms twice: each pair once. Four l at a time, to spare stores. */
  #weightedChanges(row: number, k: number, t: number): void {
    const window = this.#window;
    const { size, deltas } = window;
    const partial = this.#partial;
    partial.fill(0);
    for (let l = window.oldest(t); l <= k; l += 4) {
      const [w0, w1, w2, w3] = [
        this.#weight(row, k, l),
        this.#weight(row, k, l + 1),
        this.#weight(row, k, l + 2),
        this.#weight(row, k, l + 3),
      ];
      const [a0, a1, a2, a3] = [window.at(row, l), window.at(row, l + 1), window.at(row, l + 2), window.at(row, l + 3)];
      for (let j = 0; j < size; j++) {
        const first = w0 * (deltas[a0 + j] ?? 0) + w1 * (deltas[a1 + j] ?? 0);
        const second = w2 * (deltas[a2 + j] ?? 0) + w3 * (deltas[a3 + j] ?? 0);
        partial[j] = (partial[j] ?? 0) + (first + second);
      }
    }
  }

  #weight(row: number, k: number, l: number): number {
    if (l > k) return 0;
    const window = this.#window;
    const { slots, timeDist } = window;
    const gramAt = (row * slots + window.slotOf(k - timeDist)) * slots;
    return (l === k ? 1 : 2) * (this.#gram[gramAt + window.slotOf(l - timeDist)] ?? 0);
  }
}
