/*
 * Axes: B rows, I inputs, O outputs.
 */

/** The same pass as the library's in plain loops, for a few rows, where handing them over costs more than the sums. */
export class SmallForward {
  readonly #sizes: readonly number[];
  readonly #here: Float32Array;
  readonly #next: Float32Array;

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
    const widest = Math.max(...sizes);
    this.#here = new Float32Array(widest);
    this.#next = new Float32Array(widest);
  }

  run(params: Float32Array, x: Float32Array /* [B, I] */, rows: number, out: Float32Array /* [B, O] */): void {
    const sizes = this.#sizes;
    const last = sizes.length - 2;
    const inputs = sizes[0] ?? 0;
    const outputs = sizes[last + 1] ?? 0;
    for (let row = 0; row < rows; row++) {
      let from = this.#here;
      let to = this.#next;
      for (let i = 0; i < inputs; i++) from[i] = x[row * inputs + i] ?? 0;
      let at = 0;
      for (let layer = 0; layer <= last; layer++) {
        at = denseRow(params, at, from, sizes[layer] ?? 0, to, sizes[layer + 1] ?? 0, layer < last);
        [from, to] = [to, from];
      }
      const start = row * outputs;
      for (let o = 0; o < outputs; o++) out[start + o] = from[o] ?? 0;
    }
  }
}

/** One row through one layer whose parameters begin at `at`. @returns where the next layer's begin */
function denseRow(
  params: Float32Array,
  at: number,
  from: Float32Array,
  inputs: number,
  to: Float32Array,
  outputs: number,
  relu: boolean,
): number {
  const biasAt = at + inputs * outputs;
  for (let o = 0; o < outputs; o++) to[o] = params[biasAt + o] ?? 0;
  for (let i = 0; i < inputs; i++) {
    const value = from[i] ?? 0;
    // Half of what comes out of a ReLU.
    if (value === 0) continue;
    const row = at + i * outputs;
    for (let o = 0; o < outputs; o++) to[o] = (to[o] ?? 0) + value * (params[row + o] ?? 0);
  }
  if (relu) for (let o = 0; o < outputs; o++) if ((to[o] ?? 0) < 0) to[o] = 0;
  return biasAt + outputs;
}
