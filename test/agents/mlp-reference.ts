/*
 * The same network as agents/core/tensor in double precision and the plainest loops. Axes: R rows, I inputs, O outputs.
 */

interface ReferencePass {
  readonly out: Float64Array;
  /** Inputs of every layer, then the outputs. */
  readonly activations: readonly Float64Array[];
}

/** Outputs of all rows, [R, O]. */
export function referenceForward(
  sizes: readonly number[],
  params: ArrayLike<number>,
  x: ArrayLike<number>,
  rows: number,
): ReferencePass {
  let at = 0;
  let here = Float64Array.from(x);
  const activations = [here];
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer - 1]!, sizes[layer]!];
    const next = new Float64Array(rows * outputs);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        let sum = params[at + inputs * outputs + o]!;
        for (let i = 0; i < inputs; i++) sum += here[r * inputs + i]! * params[at + i * outputs + o]!;
        next[r * outputs + o] = layer < sizes.length - 1 ? Math.max(sum, 0) : sum;
      }
    }
    at += (inputs + 1) * outputs;
    here = next;
    activations.push(here);
  }
  return { out: here, activations };
}

/** Gradients by parameters and inputs, [R, I], of a loss whose gradient by the outputs is `outGrad`. */
export function referenceBackward(
  sizes: readonly number[],
  params: ArrayLike<number>,
  pass: ReferencePass,
  outGrad: ArrayLike<number>,
  rows: number,
): { readonly grads: Float64Array; readonly inputGrad: Float64Array } {
  const grads = new Float64Array(params.length);
  let end = params.length;
  let grad = Float64Array.from(outGrad);
  for (let layer = sizes.length - 1; layer > 0; layer--) {
    const [inputs, outputs] = [sizes[layer - 1]!, sizes[layer]!];
    const at = end - (inputs + 1) * outputs;
    const before = pass.activations[layer - 1]!;
    const next = new Float64Array(rows * inputs);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        const g = grad[r * outputs + o]!;
        grads[at + inputs * outputs + o]! += g;
        for (let i = 0; i < inputs; i++) {
          const value = before[r * inputs + i]!;
          grads[at + i * outputs + o]! += value * g;
          if (layer === 1 || value > 0) next[r * inputs + i]! += params[at + i * outputs + o]! * g;
        }
      }
    }
    grad = next;
    end = at;
  }
  return { grads, inputGrad: grad };
}
