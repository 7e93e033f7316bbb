import { paramCount, type Mlp, type MlpInput, type TensorBackend } from "../../agents/core/tensor/backend.ts";

/*
 * Axes: R = repeats x rows, I inputs, O outputs.
 */

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Places of W [I, O] and b [O] among the parameters. */
  readonly weights: number;
  readonly biases: number;
}

function layersOf(sizes: readonly number[]): Layer[] {
  let at = 0;
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i]!;
    const weights = at;
    at += (inputs + 1) * outputs;
    return { inputs, outputs, weights, biases: weights + inputs * outputs };
  });
}

/** All columns of each variant, [R, I]. */
function wholeRows(input: MlpInput, width: number): Float64Array {
  if ("x" in input) return Float64Array.from(input.x);
  const { rows, repeats, shared, own } = input;
  const [sharedWidth, ownWidth] = [shared.length / rows, own.length / (rows * repeats)];
  const whole = new Float64Array(repeats * rows * width);
  for (let r = 0; r < repeats * rows; r++) {
    const b = r % rows;
    whole.set(shared.subarray(b * sharedWidth, (b + 1) * sharedWidth), r * width);
    whole.set(own.subarray(r * ownWidth, (r + 1) * ownWidth), r * width + sharedWidth);
  }
  return whole;
}

/** The plainest network with the contract of a backend: f32 parameters, f64 sums. */
class PlainMlp implements Mlp {
  readonly sizes: readonly number[];
  readonly params: Float32Array;
  readonly grads: Float32Array;
  readonly #layers: Layer[];
  #kept: { activations: Float64Array[]; ownWidth: number } | null = null;

  constructor(sizes: readonly number[], params: Float32Array) {
    this.sizes = sizes;
    this.params = params;
    if (params.length !== paramCount(sizes)) throw new Error(`${params.length} parameters for ${sizes.join("-")}`);
    this.grads = new Float32Array(params.length);
    this.#layers = layersOf(sizes);
  }

  touch(): void {
    // Reads the caller's parameters directly.
  }

  forward(input: MlpInput, out: Float32Array, keep = false): void {
    const width = this.sizes[0]!;
    const activations = [wholeRows(input, width)];
    for (const [i, layer] of this.#layers.entries()) {
      activations.push(this.#apply(layer, activations[i]!, i + 1 < this.#layers.length));
    }
    out.set(activations.pop()!);
    const ownWidth = "x" in input ? width : input.own.length / (input.rows * input.repeats);
    if (keep) this.#kept = { activations, ownWidth };
  }

  backward(outGrad: Float32Array, inputGrad?: Float32Array): void {
    if (this.#kept === null) throw new Error("No pass was kept.");
    const { activations, ownWidth } = this.#kept;
    this.#kept = null;
    let grad: Float64Array = Float64Array.from(outGrad);
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      grad = this.#back(this.#layers[i]!, activations[i]!, grad);
      // Behind the first layer lie the rectified outputs of another.
      if (i > 0) grad = grad.map((value, at) => (activations[i]![at]! > 0 ? value : 0));
    }
    const width = this.sizes[0]!;
    for (let r = 0; inputGrad !== undefined && r < grad.length / width; r++) {
      inputGrad.set(grad.subarray((r + 1) * width - ownWidth, (r + 1) * width), r * ownWidth);
    }
  }

  [Symbol.dispose](): void {
    this.#kept = null;
  }

  #apply({ inputs, outputs, weights, biases }: Layer, x: Float64Array, relu: boolean): Float64Array {
    const rows = x.length / inputs;
    const y = new Float64Array(rows * outputs);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        let sum = this.params[biases + o]!;
        for (let i = 0; i < inputs; i++) sum += x[r * inputs + i]! * this.params[weights + i * outputs + o]!;
        y[r * outputs + o] = relu && sum < 0 ? 0 : sum;
      }
    }
    return y;
  }

  /** Writes the layer's gradients; returns those by its inputs. */
  #back({ inputs, outputs, weights, biases }: Layer, x: Float64Array, grad: Float64Array): Float64Array {
    const rows = x.length / inputs;
    const byInput = new Float64Array(x.length);
    for (let o = 0; o < outputs; o++) {
      let bias = 0;
      for (let r = 0; r < rows; r++) bias += grad[r * outputs + o]!;
      this.grads[biases + o] = bias;
      for (let i = 0; i < inputs; i++) {
        let weight = 0;
        for (let r = 0; r < rows; r++) {
          weight += x[r * inputs + i]! * grad[r * outputs + o]!;
          byInput[r * inputs + i]! += grad[r * outputs + o]! * this.params[weights + i * outputs + o]!;
        }
        this.grads[weights + i * outputs + o] = weight;
      }
    }
    return byInput;
  }
}

export function plainTensors(): TensorBackend {
  return {
    id: "tfjs-wasm",
    threads: 1,
    advice: null,
    card: false,
    parallel: false,
    numTensors: 0,
    mlp: (sizes, params) => new PlainMlp(sizes, params),
    [Symbol.dispose]: () => undefined,
  };
}
