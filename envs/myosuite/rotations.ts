/** Below this length the second angle stands at its pole: four float32 epsilons, as in MyoSuite. */
const POLE = 4 * 2 ** -23;

/** Quaternion w, x, y, z of intrinsic X-Y'-Z'' Euler angles (rad) into `out[offset…]`. */
export function eulerToQuaternion(euler: ArrayLike<number>, out: Float64Array | Float32Array, offset: number): void {
  const z = (euler[2] ?? 0) / 2;
  const y = -(euler[1] ?? 0) / 2;
  const x = (euler[0] ?? 0) / 2;
  const [sz, sy, sx] = [Math.sin(z), Math.sin(y), Math.sin(x)];
  const [cz, cy, cx] = [Math.cos(z), Math.cos(y), Math.cos(x)];
  out[offset] = cy * (cz * cx) + sy * (sz * sx);
  out[offset + 1] = cy * (cz * sx) - sy * (sz * cx);
  out[offset + 2] = -(cy * (sz * sx) + sy * (cz * cx));
  out[offset + 3] = cy * (sz * cx) - sy * (cz * sx);
}

/** Intrinsic X-Y'-Z'' Euler angles (rad) of the rotation matrix at `matrix[offset…]`, row by row, into `out` [3]. */
export function matrixToEuler(matrix: Float64Array, offset: number, out: Float64Array): void {
  const m = (row: number, column: number): number => matrix[offset + 3 * row + column] ?? 0;
  const length = Math.sqrt(m(2, 2) * m(2, 2) + m(1, 2) * m(1, 2));
  const regular = length > POLE;
  out[0] = regular ? -Math.atan2(m(1, 2), m(2, 2)) : 0;
  out[1] = -Math.atan2(-m(0, 2), length);
  out[2] = regular ? -Math.atan2(m(0, 1), m(0, 0)) : -Math.atan2(-m(1, 0), m(1, 1));
}
