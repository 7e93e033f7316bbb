/** Below these lengths a quaternion counts as zero and a second angle as at its pole: MyoSuite's float32 epsilons. */
const TINY = 2 ** -23;
const POLE = 4 * TINY;

type Vector = Float64Array;

const clip = (x: number): number => Math.min(Math.max(x, -1), 1);

/** Roll, pitch, yaw (rad, about the fixed x, y, z in this order) of the quaternion w, x, y, z at `quat[offset…]` into `out`. */
export function quaternionToRpy(quat: Vector, offset: number, out: Vector): void {
  const [w = 0, x = 0, y = 0, z = 0] = quat.subarray(offset, offset + 4);
  out[0] = Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y));
  out[1] = Math.asin(clip(2 * (w * y - z * x)));
  out[2] = Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}

/** Quaternion w, x, y, z of roll, pitch, yaw (rad, about the fixed x, y, z in this order) into `quat[offset…]`. */
export function rpyToQuaternion(
  [roll = 0, pitch = 0, yaw = 0]: ArrayLike<number> & Iterable<number>,
  quat: Vector,
  offset: number,
): void {
  const [sr, cr] = [Math.sin(roll * 0.5), Math.cos(roll * 0.5)];
  const [sp, cp] = [Math.sin(pitch * 0.5), Math.cos(pitch * 0.5)];
  const [sy, cy] = [Math.sin(yaw * 0.5), Math.cos(yaw * 0.5)];
  quat[offset] = cr * cp * cy + sr * sp * sy;
  quat[offset + 1] = sr * cp * cy - cr * sp * sy;
  quat[offset + 2] = cr * sp * cy + sr * cp * sy;
  quat[offset + 3] = cr * cp * sy - sr * sp * cy;
}

/** Third angle (rad) of the intrinsic X-Y'-Z'' Euler angles of the quaternion at `quat[offset…]`. */
export function headingOf(quat: Vector, offset: number): number {
  const w = quat[offset] ?? 0;
  const x = quat[offset + 1] ?? 0;
  const y = quat[offset + 2] ?? 0;
  const z = quat[offset + 3] ?? 0;
  const square = w * w + x * x + y * y + z * z;
  if (!(square > TINY)) return -0;
  const s = 2 / square;
  const m12 = y * (z * s) - w * (x * s);
  const m22 = 1 - (x * (x * s) + y * (y * s));
  if (Math.sqrt(m22 * m22 + m12 * m12) > POLE) {
    return -Math.atan2(x * (y * s) - w * (z * s), 1 - (y * (y * s) + z * (z * s)));
  }
  return -Math.atan2(-(x * (y * s) + w * (z * s)), 1 - (x * (x * s) + z * (z * s)));
}
