import type { AgentState } from "./checkpoint.ts";

/*
 * Axes: N rows (environments), B batch, O observation.
 */

/** Smallest standard deviation that is divided by, in units of the observation. */
const MIN_STD = 0.01;

/** Moments of the vectors seen, by Welford's update. */
interface Moments {
  /** [1] */
  readonly count: Float64Array;
  /** [O] */
  readonly mean: Float64Array;
  /** [O] sum of squared deviations from the mean */
  readonly m2: Float64Array;
}

const moments = (size: number): Moments => ({
  count: new Float64Array(1),
  mean: new Float64Array(size),
  m2: new Float64Array(size),
});

/**
 * (x - mean) / max(std, 0.01) with the moments of all vectors recorded up to the last `merge`, without clipping; the
 * identity before the first. Single-pass sums of squares would cancel, so vectors are added by Welford's update and blocks by Chan's.
 */
export class RunningNormaliser {
  readonly size: number;
  /** [O] what is subtracted; changes with `merge` only. */
  readonly mean: Float64Array;
  /** [O] what is divided by; changes with `merge` only. */
  readonly std: Float64Array;
  readonly state: AgentState;
  readonly #total: Moments;
  readonly #pending: Moments;

  constructor(size: number) {
    this.size = size;
    this.mean = new Float64Array(size);
    this.std = new Float64Array(size).fill(1);
    this.#total = moments(size);
    this.#pending = moments(size);
    this.state = {
      arrays: {
        mean: this.mean,
        std: this.std,
        totalCount: this.#total.count,
        totalMean: this.#total.mean,
        totalM2: this.#total.m2,
        pendingCount: this.#pending.count,
        pendingMean: this.#pending.mean,
        pendingM2: this.#pending.m2,
      },
      streams: [],
    };
  }

  /** Remember the vectors of a step for the next `merge`. @param obs [N, O] */
  record(obs: ArrayLike<number>): void {
    const { size } = this;
    const { count, mean, m2 } = this.#pending;
    if (obs.length % size !== 0) throw new RangeError(`obs holds ${obs.length} numbers, no multiple of ${size}.`);
    for (let start = 0; start < obs.length; start += size) {
      const n = (count[0] as number) + 1;
      count[0] = n;
      for (let i = 0; i < size; i++) {
        const x = obs[start + i] as number;
        const before = x - (mean[i] as number);
        mean[i] = (mean[i] as number) + before / n;
        m2[i] = (m2[i] as number) + before * (x - (mean[i] as number));
      }
    }
  }

  /** Normalise by what was recorded so far. */
  merge(): void {
    const { count, mean, m2 } = this.#total;
    const pending = this.#pending;
    const added = pending.count[0] as number;
    if (added === 0) return;
    const before = count[0] as number;
    const total = before + added;
    count[0] = total;
    for (let i = 0; i < this.size; i++) {
      const delta = (pending.mean[i] as number) - (mean[i] as number);
      const newMean = (mean[i] as number) + (delta * added) / total;
      const newM2 = (m2[i] as number) + (pending.m2[i] as number) + (delta * delta * before * added) / total;
      mean[i] = newMean;
      m2[i] = newM2;
      this.mean[i] = newMean;
      this.std[i] = Math.max(Math.sqrt(newM2 / total), MIN_STD);
    }
    pending.count.fill(0);
    pending.mean.fill(0);
    pending.m2.fill(0);
  }

  /** @param x [B, O] @param out [B, O], may be `x` */
  normalise(x: Float32Array, out: Float32Array): void {
    const { size, mean, std } = this;
    if (x.length % size !== 0 || out.length !== x.length) {
      throw new RangeError(
        `x holds ${x.length} numbers and out ${out.length}, both must be the same multiple of ${size}.`,
      );
    }
    for (let start = 0; start < x.length; start += size) {
      for (let i = 0; i < size; i++) {
        out[start + i] = ((x[start + i] as number) - (mean[i] as number)) / (std[i] as number);
      }
    }
  }
}
