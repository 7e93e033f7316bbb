/** A quaternion (w, x, y, z) at `quat[offset…]`; Euler angles are intrinsic X-Y'-Z'', rad, as MyoSuite has them throughout. */

/** Shortest projection of the z axis that is not at the pole of the second angle: four times the float32 epsilon. */
const POLE = 4 * 2 ** -23;

/** Turn a quaternion so that its third Euler angle (`headingOf`) is `angle`; the others stay. */
export function setHeading(quat: Float64Array, offset: number, angle: number): void {
  const w = quat[offset] ?? 0;
  const x = quat[offset + 1] ?? 0;
  const y = quat[offset + 2] ?? 0;
  const z = quat[offset + 3] ?? 0;
  const s = 2 / (w * w + x * x + y * y + z * z);
  const m02 = x * (z * s) + w * (y * s);
  const m12 = y * (z * s) - w * (x * s);
  const m22 = 1 - (x * (x * s) + y * (y * s));
  const upright = Math.sqrt(m22 * m22 + m12 * m12);
  const first = upright > POLE ? -Math.atan2(m12, m22) : 0;
  setEulerAngles(quat, offset, first, -Math.atan2(-m02, upright), angle);
}

/** The quaternion of three Euler angles. */
export function setEulerAngles(quat: Float64Array, offset: number, first: number, second: number, third: number): void {
  const si = Math.sin(third / 2);
  const ci = Math.cos(third / 2);
  const sj = Math.sin(-second / 2);
  const cj = Math.cos(-second / 2);
  const sk = Math.sin(first / 2);
  const ck = Math.cos(first / 2);
  quat[offset] = cj * (ci * ck) + sj * (si * sk);
  quat[offset + 1] = cj * (ci * sk) - sj * (si * ck);
  quat[offset + 2] = -(cj * (si * sk) + sj * (ci * ck));
  quat[offset + 3] = cj * (si * ck) - sj * (ci * sk);
}
