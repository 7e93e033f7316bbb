/*
 * Small dense matrices, row-major, float64.
 */

/** Largest sweeps of Jacobi rotations; a dozen bring any matrix of some hundred rows to rounding. */
const MAX_SWEEPS = 60;
/** Off-diagonal share of the squared norm that counts as none. */
const CONVERGED = 1e-26;

/**
 * Lower L with L Lᵀ = A. @param matrix [n, n] symmetric, positive definite; its lower triangle is read
 * @param out [n, n], its lower triangle written
 */
export function choleskyInto(matrix: Float64Array, n: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (out[i * n + k] ?? 0) * (out[j * n + k] ?? 0);
      if (i === j && !(sum > 0)) throw new RangeError(`Row ${i} of the matrix is no row of a positive definite one.`);
      out[i * n + j] = i === j ? Math.sqrt(sum) : sum / (out[j * n + j] ?? 1);
    }
  }
}

/**
 * out_i += Σ_j M_ij v_j, four rows at a time so that none waits for its own last sum.
 * @param matrix [rows, columns] from `at` @param v [columns] @param out [rows]
 */
export function multiplyAdd(matrix: Float64Array | Float32Array, at: number, v: Float64Array, out: Float64Array): void {
  const columns = v.length;
  const last = out.length - 1;
  for (let i = 0; i <= last; i += 4) {
    // Rows beyond the last one repeat it.
    const i1 = Math.min(i + 1, last);
    const i2 = Math.min(i + 2, last);
    const i3 = Math.min(i + 3, last);
    const a0 = at + i * columns;
    const a1 = at + i1 * columns;
    const a2 = at + i2 * columns;
    const a3 = at + i3 * columns;
    let s0 = out[i] ?? 0;
    let s1 = out[i1] ?? 0;
    let s2 = out[i2] ?? 0;
    let s3 = out[i3] ?? 0;
    for (let j = 0; j < columns; j++) {
      const element = v[j] ?? 0;
      s0 += (matrix[a0 + j] ?? 0) * element;
      s1 += (matrix[a1 + j] ?? 0) * element;
      s2 += (matrix[a2 + j] ?? 0) * element;
      s3 += (matrix[a3 + j] ?? 0) * element;
    }
    out[i] = s0;
    out[i1] = s1;
    out[i2] = s2;
    out[i3] = s3;
  }
}

export interface Eigen {
  /** Falling, [n]. */
  readonly values: Float64Array;
  /** Row i is the unit eigenvector of value i, [n, n]. */
  readonly vectors: Float64Array;
}

/** Share of the off-diagonal elements in the squared norm. */
function offDiagonal(a: Float64Array, n: number): number {
  let [off, all] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const square = (a[i * n + j] ?? 0) ** 2;
      all += square;
      if (i !== j) off += square;
    }
  }
  return all === 0 ? 0 : off / all;
}

/** Rotates rows p and q of `a` by the angle of cosine c and sine s. */
function rotateRows(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k] ?? 0, a[q * n + k] ?? 0];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
}

function rotateColumns(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p] ?? 0, a[k * n + q] ?? 0];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
}

function jacobiSweep(a: Float64Array, vectors: Float64Array, n: number): void {
  for (let p = 0; p < n; p++) {
    for (let q = p + 1; q < n; q++) {
      const off = a[p * n + q] ?? 0;
      if (off === 0) continue;
      const theta = ((a[q * n + q] ?? 0) - (a[p * n + p] ?? 0)) / (2 * off);
      const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
      const c = 1 / Math.hypot(t, 1);
      rotateRows(a, n, p, q, c, t * c);
      rotateColumns(a, n, p, q, c, t * c);
      rotateRows(vectors, n, p, q, c, t * c);
    }
  }
}

/** Eigenvalues and -vectors by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5). @param matrix [n, n] symmetric */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const rotated = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rotated[i * n + i] = 1;
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a, n) > CONVERGED; sweep++) jacobiSweep(a, rotated, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (a[j * n + j] ?? 0) - (a[i * n + i] ?? 0));
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(rotated.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i] ?? 0), vectors };
}
