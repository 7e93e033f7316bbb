/*
 * Sums over m rows of n numbers that lie at offsets of one array, four rows at a time: each number of a result is then
 * read and written once for four terms. Offsets and weights are as long as the next multiple of four; beyond m the offsets
 * are any within the array and the weights 0.
 */

/** Rows at a time. */
const BLOCK = 4;

/** Length of offsets and weights of m rows. */
export const padded = (m: number): number => Math.ceil(m / BLOCK) * BLOCK;

/** Rows of a window: where each begins in `values`. */
export interface Rows {
  readonly values: Float64Array;
  /** [padded(m)] */
  readonly at: Int32Array;
  /** m */
  readonly count: number;
  /** n */
  readonly size: number;
}

/** out_i = Σ_j row_ij v_j. @param v its n elements from `vAt` @param out [padded(m)], what is beyond m is undefined */
export function innerProducts({ values, at, count, size }: Rows, v: Float64Array, vAt: number, out: Float64Array): void {
  for (let i = 0; i < count; i += BLOCK) {
    const [a0, a1, a2, a3] = [at[i] ?? 0, at[i + 1] ?? 0, at[i + 2] ?? 0, at[i + 3] ?? 0];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let j = 0; j < size; j++) {
      const element = v[vAt + j] ?? 0;
      s0 += (values[a0 + j] ?? 0) * element;
      s1 += (values[a1 + j] ?? 0) * element;
      s2 += (values[a2 + j] ?? 0) * element;
      s3 += (values[a3 + j] ?? 0) * element;
    }
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
}

/** out_j = Σ_i w_i row_ij. @param w [padded(m)] @param out [n] */
export function weightedSum({ values, at, count, size }: Rows, w: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < count; i += BLOCK) {
    const [a0, a1, a2, a3] = [at[i] ?? 0, at[i + 1] ?? 0, at[i + 2] ?? 0, at[i + 3] ?? 0];
    const [w0, w1, w2, w3] = [w[i] ?? 0, w[i + 1] ?? 0, w[i + 2] ?? 0, w[i + 3] ?? 0];
    for (let j = 0; j < size; j++) {
      const first = w0 * (values[a0 + j] ?? 0) + w1 * (values[a1 + j] ?? 0);
      const second = w2 * (values[a2 + j] ?? 0) + w3 * (values[a3 + j] ?? 0);
      out[j] = (out[j] ?? 0) + (first + second);
    }
  }
}

/** Two weighted sums at the price of one and a half. @param w @param v [padded(m)] @param outW @param outV [n] */
export function weightedSums(
  { values, at, count, size }: Rows,
  [w, v]: readonly [Float64Array, Float64Array],
  [outW, outV]: readonly [Float64Array, Float64Array],
): void {
  outW.fill(0);
  outV.fill(0);
  for (let i = 0; i < count; i += BLOCK) {
    const [a0, a1, a2, a3] = [at[i] ?? 0, at[i + 1] ?? 0, at[i + 2] ?? 0, at[i + 3] ?? 0];
    const [w0, w1, w2, w3] = [w[i] ?? 0, w[i + 1] ?? 0, w[i + 2] ?? 0, w[i + 3] ?? 0];
    const [v0, v1, v2, v3] = [v[i] ?? 0, v[i + 1] ?? 0, v[i + 2] ?? 0, v[i + 3] ?? 0];
    for (let j = 0; j < size; j++) {
      const [x0, x1, x2, x3] = [values[a0 + j] ?? 0, values[a1 + j] ?? 0, values[a2 + j] ?? 0, values[a3 + j] ?? 0];
      outW[j] = (outW[j] ?? 0) + (w0 * x0 + w1 * x1 + (w2 * x2 + w3 * x3));
      outV[j] = (outV[j] ?? 0) + (v0 * x0 + v1 * x1 + (v2 * x2 + v3 * x3));
    }
  }
}
