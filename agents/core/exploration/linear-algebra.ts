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
