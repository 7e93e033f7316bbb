/**
 * Quaternion (w, x, y, z) of rotations about x, then the new y, then the new z (MyoSuite's `euler2quat`), into
 * `out[offset…]`.
 */
export function eulerToQuat(x: number, y: number, z: number, out: Float64Array | Float32Array, offset: number): void {
  const [sx, sy, sz] = [Math.sin(x / 2), Math.sin(y / 2), Math.sin(z / 2)];
  const [cx, cy, cz] = [Math.cos(x / 2), Math.cos(y / 2), Math.cos(z / 2)];
  out[offset] = cy * (cz * cx) - sy * (sz * sx);
  out[offset + 1] = cy * (cz * sx) + sy * (sz * cx);
  out[offset + 2] = sy * (cz * cx) - cy * (sz * sx);
  out[offset + 3] = cy * (sz * cx) + sy * (cz * sx);
}
