/** Zeros that several threads can hold. */
export const sharedFloats = (size: number): Float32Array =>
  new Float32Array(new SharedArrayBuffer(size * Float32Array.BYTES_PER_ELEMENT));

export const sharedDoubles = (size: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(size * Float64Array.BYTES_PER_ELEMENT));

/** The same numbers where several threads can hold them. */
export function sharedCopy(values: Float32Array): Float32Array {
  const copy = sharedFloats(values.length);
  copy.set(values);
  return copy;
}
