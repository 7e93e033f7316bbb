import { MyoError } from "./errors.ts";

/** Element types on the wire, little endian, NumPy spelling. */
export const DTYPES = {
  "|b1": { bytes: 1, make: Uint8Array },
  "|u1": { bytes: 1, make: Uint8Array },
  "|i1": { bytes: 1, make: Int8Array },
  "<u2": { bytes: 2, make: Uint16Array },
  "<i2": { bytes: 2, make: Int16Array },
  "<u4": { bytes: 4, make: Uint32Array },
  "<i4": { bytes: 4, make: Int32Array },
  "<i8": { bytes: 8, make: BigInt64Array },
  "<u8": { bytes: 8, make: BigUint64Array },
  "<f4": { bytes: 4, make: Float32Array },
  "<f8": { bytes: 8, make: Float64Array },
} as const;

export type Dtype = keyof typeof DTYPES;

/** Typed array of each dtype, over plain or shared memory. */
interface ArrayByDtype {
  "|b1": Uint8Array;
  "|u1": Uint8Array;
  "|i1": Int8Array;
  "<u2": Uint16Array;
  "<i2": Int16Array;
  "<u4": Uint32Array;
  "<i4": Int32Array;
  "<i8": BigInt64Array;
  "<u8": BigUint64Array;
  "<f4": Float32Array;
  "<f8": Float64Array;
}
export type ArrayOf<D extends Dtype> = ArrayByDtype[D];
export type NumericArray = ArrayByDtype[Dtype];

/** C-order array as it travels: `data.length === prod(shape) * itemsize`. */
export interface NdArray {
  dtype: Dtype;
  shape: number[];
  data: Uint8Array;
}

/** Most axes an array may have. */
export const MAX_NDIM = 8;

/** Product of a shape; 1 for a scalar shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const n of shape) count *= n;
  return count;
}

/** Bytes of a typed array as a view, without a copy. */
export function bytesBorrow(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Wrap a typed array for the wire. The bytes are borrowed: encode before the array changes. */
export function toNdArray<D extends Dtype>(
  dtype: D,
  shape: readonly number[],
  array: NumericArray,
): NdArray & { dtype: D } {
  return { dtype, shape: [...shape], data: bytesBorrow(array) };
}

/**
 * Typed view or, where the bytes are unaligned, copy of an array from the wire.
 * @throws MyoError BAD_MESSAGE when the byte length does not fit shape and dtype.
 */
export function fromNdArray<D extends Dtype>(array: NdArray & { dtype: D }): ArrayOf<D> {
  const { bytes, make } = DTYPES[array.dtype];
  const { data } = array;
  const wanted = elementCount(array.shape) * bytes;
  if (data.byteLength !== wanted) {
    const shape = array.shape.join("x");
    throw new MyoError(
      "BAD_MESSAGE",
      `An array of shape ${shape} and dtype ${array.dtype} holds ${wanted} bytes, but ${data.byteLength} came; send C-order little-endian data.`,
    );
  }
  const aligned = data.byteOffset % bytes === 0 ? data : new Uint8Array(data);
  return new make(aligned.buffer as ArrayBuffer, aligned.byteOffset, data.byteLength / bytes) as ArrayOf<D>;
}

/** A zeroed typed array of a dtype. */
export function allocate(dtype: Dtype, length: number): NumericArray {
  return new DTYPES[dtype].make(length);
}
