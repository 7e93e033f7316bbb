const MAGIC = "\u0093NUMPY";

/** A float64 array of a .npy file. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * The array of a .npy file of little-endian float64 numbers in C order.
 * @throws Error where it is something else.
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin1 = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (latin1(0, MAGIC.length) !== MAGIC) throw new Error("no .npy file");
  const wide = (bytes[6] ?? 0) > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = latin1(start, end);
  const shapeText = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (!header.includes("'descr': '<f8'") || !header.includes("'fortran_order': False") || shapeText === undefined) {
    throw new Error(`no float64 array in C order (${header.trim()})`);
  }
  const shape = shapeText.split(",").flatMap((length) => (length.trim() === "" ? [] : [Number(length)]));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== end + 8 * size) throw new Error(`${bytes.length} bytes instead of ${end + 8 * size}`);
  // A copy: the numbers in the file may be unaligned.
  return { shape, values: new Float64Array(new Uint8Array(bytes.subarray(end)).buffer) };
}
