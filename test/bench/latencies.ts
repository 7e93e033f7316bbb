/** Each bin is 1 % wide. */
const LOG_WIDTH = Math.log(1.01);
const BINS = 2400;

/** Histogram of durations from 1 us to beyond an hour: quantiles to 1 % in fixed memory. */
export class Latencies {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;

  add(microseconds: number): void {
    const bin = Math.floor(Math.log(Math.max(1, microseconds)) / LOG_WIDTH);
    const at = Math.min(BINS - 1, bin);
    this.#bins[at] = (this.#bins[at] ?? 0) + 1;
    this.#count++;
  }

  /** us; NaN when nothing was added. */
  quantile(share: number): number {
    let left = share * this.#count;
    for (let bin = 0; bin < BINS; bin++) {
      left -= this.#bins[bin] ?? 0;
      if (left <= 0 && this.#count > 0) return Math.exp((bin + 0.5) * LOG_WIDTH);
    }
    return Number.NaN;
  }
}
