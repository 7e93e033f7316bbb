/** Below this length the second angle is at a pole: four times the double epsilon. */
const POLE = 4 * Number.EPSILON;

/** Intrinsic X-Y'-Z'' Euler angles (rad) of the rotation matrix at `matrix[offset…]`, row by row, into `out` [3]. */
export function matrixToEuler(matrix: Float64Array, offset: number, out: Float64Array): void {
  const m = (row: number, column: number): number => matrix[offset + 3 * row + column] ?? 0;
  const length = Math.sqrt(m(2, 2) * m(2, 2) + m(1, 2) * m(1, 2));
  const regular = length > POLE;
  out[0] = regular ? -Math.atan2(m(1, 2), m(2, 2)) : 0;
  out[1] = -Math.atan2(-m(0, 2), length);
  out[2] = regular ? -Math.atan2(m(0, 1), m(0, 0)) : -Math.atan2(-m(1, 0), m(1, 1));
}
