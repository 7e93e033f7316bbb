/** A typed array of floats. */
type Floats = Float64Array | Float32Array;

/** Euclidean norm. */
export function norm(a: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    sum += x * x;
  }
  return Math.sqrt(sum);
}

/** Euclidean distance of `a` from the leading elements of `b`. */
export function distance(a: Floats, b: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    sum += d * d;
  }
  return Math.sqrt(sum);
}

/** Mean of the squares, 0 for an empty array. */
export function meanSquare(a: Floats): number {
  const n = a.length;
  const magnitude = norm(a);
  return n === 0 ? 0 : (magnitude * magnitude) / n;
}

/** 1 where the condition holds, else 0. */
export const indicator = (condition: boolean): number => (condition ? 1 : 0);
