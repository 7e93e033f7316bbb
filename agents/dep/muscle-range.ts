/** Extremes before the first reading, m and N, as depRL starts. */
const START = { lengthMax: 0, lengthMin: 100, forceMax: -100, forceMin: 100 } as const;
/** Added to each span, so that a muscle that hardly moved is not blown up to full scale. m and N. */
const SPAN_SHIFT = 0.1;

/**
 * Muscle lengths and forces scaled by the running extremes of each row, which only widen and survive episodes:
 * x = 2 ((ℓ - ℓmin) / (ℓmax - ℓmin + 0.1) - 0.5) + force_scale (f - fmin) / (fmax - fmin + 0.1).
 *
 * A reading widens the extremes: read once a step. Axes: E rows, n muscles.
 */
export class MuscleRange {
  readonly size: number;
  /** Live arrays, [E, n] each. */
  readonly arrays: Readonly<Record<"lengthMin" | "lengthMax" | "forceMin" | "forceMax", Float64Array>>;
  readonly #forceScale: number;

  constructor(rows: number, size: number, forceScale: number) {
    this.size = size;
    this.#forceScale = forceScale;
    const filled = (value: number): Float64Array => new Float64Array(rows * size).fill(value);
    this.arrays = {
      lengthMin: filled(START.lengthMin),
      lengthMax: filled(START.lengthMax),
      forceMin: filled(START.forceMin),
      forceMax: filled(START.forceMax),
    };
  }

  /**
   * Writes x of one row, [n] from `outAt`; a row with an element that is not finite leaves the extremes as they were.
   * @param obs lengths (m) from `lengthAt` and forces (N) from `forceAt`, [n] each
   */
  read(row: number, obs: ArrayLike<number>, lengthAt: number, forceAt: number, out: Float64Array, outAt: number): void {
    const { size } = this;
    const { lengthMin, lengthMax, forceMin, forceMax } = this.arrays;
    if (this.#allFinite(obs, lengthAt, forceAt)) this.#widen(row, obs, lengthAt, forceAt);
    for (let i = 0; i < size; i++) {
      const at = row * size + i;
      const length = (obs[lengthAt + i] ?? NaN) - (lengthMin[at] ?? 0);
      const force = (obs[forceAt + i] ?? NaN) - (forceMin[at] ?? 0);
      const lengthSpan = (lengthMax[at] ?? 0) - (lengthMin[at] ?? 0) + SPAN_SHIFT;
      const forceSpan = (forceMax[at] ?? 0) - (forceMin[at] ?? 0) + SPAN_SHIFT;
      out[outAt + i] = 2 * (length / lengthSpan - 0.5) + (this.#forceScale * force) / forceSpan;
    }
  }

  #allFinite(obs: ArrayLike<number>, lengthAt: number, forceAt: number): boolean {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += (obs[lengthAt + i] ?? NaN) * 0 + (obs[forceAt + i] ?? NaN) * 0;
    return sum === 0;
  }

  #widen(row: number, obs: ArrayLike<number>, lengthAt: number, forceAt: number): void {
    const { lengthMin, lengthMax, forceMin, forceMax } = this.arrays;
    for (let i = 0; i < this.size; i++) {
      const at = row * this.size + i;
      const length = obs[lengthAt + i] ?? 0;
      const force = obs[forceAt + i] ?? 0;
      lengthMin[at] = Math.min(lengthMin[at] ?? 0, length);
      lengthMax[at] = Math.max(lengthMax[at] ?? 0, length);
      forceMin[at] = Math.min(forceMin[at] ?? 0, force);
      forceMax[at] = Math.max(forceMax[at] ?? 0, force);
    }
  }
}
