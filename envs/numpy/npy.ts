/** An array of a NumPy file, C order; text arrays come as strings. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Float64Array | readonly string[];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Bytes of one character of NumPy's text (UTF-32). */
const CHARACTER = 4;

type Reader = (view: DataView, at: number) => number;

/** Readers by type code and bytes of an element, little-endian. */
const READERS: Readonly<Record<string, Reader>> = {
  f8: (view, at) => view.getFloat64(at, true),
  f4: (view, at) => view.getFloat32(at, true),
  i8: (view, at) => Number(view.getBigInt64(at, true)),
  i4: (view, at) => view.getInt32(at, true),
  i2: (view, at) => view.getInt16(at, true),
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  b1: (view, at) => view.getUint8(at),
};

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Byte where the elements begin. */
  readonly start: number;
}

function parseHeader(bytes: Uint8Array): Header {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw new Error("it does not begin as a NumPy array does");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Version 1 has a header length of two bytes, 2 and 3 of four.
  const wide = (bytes[MAGIC.length] ?? 0) > 1;
  const start = MAGIC.length + 2 + (wide ? 4 : 2);
  const length = wide ? view.getUint32(MAGIC.length + 2, true) : view.getUint16(MAGIC.length + 2, true);
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  if (descr === undefined || shape === undefined) throw new Error("its header names no simple type or no shape");
  return {
    descr,
    fortran: /'fortran_order':\s*True/.test(text),
    shape: shape
      .split(",")
      .filter((part) => part.trim() !== "")
      .map(Number),
    start: start + length,
  };
}

function readText(view: DataView, start: number, count: number, length: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    let text = "";
    for (let j = 0; j < length; j++) {
      const code = view.getUint32(start + CHARACTER * (i * length + j), true);
      if (code !== 0) text += String.fromCodePoint(code);
    }
    return text;
  });
}

/** Column-major elements of a matrix in row-major order. */
function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] = values[j * rows + i] ?? 0;
  return out;
}

/**
 * One array in NumPy's file format: numbers of up to 8 bytes or text, little-endian. Pickled objects are refused.
 * @throws Error with the end of a sentence about the array.
 */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const { descr, fortran, shape, start } = parseHeader(bytes);
  const count = shape.reduce((a, b) => a * b, 1);
  const [, order, kind = "", width = ""] = /^([<>|=])([a-zA-Z])(\d*)$/.exec(descr) ?? [];
  const size = Number(width);
  if (order === ">") throw new Error(`its type is ${descr}, which is big-endian`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elementBytes = kind === "U" ? CHARACTER * size : size;
  if (start + count * elementBytes > bytes.byteLength) throw new Error("it ends before its last element");
  if (kind === "U") return { shape, values: readText(view, start, count, size) };
  const read = READERS[`${kind}${width}`];
  if (read === undefined) throw new Error(`its type is ${descr}, but numbers or text are read`);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, start + i * size);
  if (!fortran || shape.length < 2) return { shape, values };
  const [rows = 0, columns = 0] = shape;
  if (shape.length > 2) throw new Error("it has more than two axes in Fortran order");
  return { shape, values: transposed(values, rows, columns) };
}
