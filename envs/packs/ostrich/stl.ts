const HEADER = 80;
const TRIANGLE = 50;
/** Half an edge of the stand-in for a missing mesh, m: a head is about that wide. */
const HALF_EDGE = 0.05;
/** Corners of a cube's triangles, counterclockwise from outside; bits 4, 2, 1 of a corner are the signs of x, y, z. */
const TRIANGLES = [
  [0, 1, 3],
  [0, 3, 2],
  [4, 6, 7],
  [4, 7, 5],
  [0, 4, 5],
  [0, 5, 1],
  [2, 3, 7],
  [2, 7, 6],
  [0, 2, 6],
  [0, 6, 4],
  [1, 5, 7],
  [1, 7, 3],
] as const;

/** A cube around the origin as a binary STL file. */
export function cubeStl(): Uint8Array {
  const bytes = new Uint8Array(HEADER + 4 + TRIANGLE * TRIANGLES.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEADER, TRIANGLES.length, true);
  TRIANGLES.forEach((corners, t) => {
    corners.forEach((corner, c) => {
      for (let axis = 0; axis < 3; axis++) {
        const sign = corner & (4 >> axis) ? 1 : -1;
        view.setFloat32(HEADER + 4 + TRIANGLE * t + 12 * (c + 1) + 4 * axis, sign * HALF_EDGE, true);
      }
    });
  });
  return bytes;
}

/** Whether a binary STL file is as long as it says: a file cut short or a pointer to a large file is not. */
export function isWholeStl(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER + 4) return false;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER, true);
  return bytes.length === HEADER + 4 + TRIANGLE * count;
}
