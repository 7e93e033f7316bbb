/** Mean of the elements from `from` to before `to`. */
export function mean(values: Float32Array | Float64Array, from = 0, to = values.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? 0;
  return sum / (to - from);
}
