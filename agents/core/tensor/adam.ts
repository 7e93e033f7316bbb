import { MyoError } from "../../../protocol/errors.ts";

/** torch.nn.utils.clip_grad_norm_ adds it to the norm. */
const NORM_EPSILON = 1e-6;

export interface AdamOptions {
  /** Step size. */
  readonly lr: number;
  /** Decay of the mean of the gradients, default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the squares, default 1e-8. */
  readonly epsilon?: number;
}

function assertSameLength(what: string, found: number, wanted: number): void {
  if (found !== wanted) {
    throw new MyoError("BAD_OPTIONS", `${what} has ${found} elements and must have ${wanted}, one a parameter.`);
  }
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) as torch.optim.Adam computes it, without weight decay:
 * m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
 */
export class Adam {
  /** For a checkpoint; restored in place. `m` and `v` are like the parameters, `steps` is t. */
  readonly state: { readonly m: Float32Array; readonly v: Float32Array; readonly steps: Float64Array /* [1] */ };
  readonly #options: Required<AdamOptions>;

  constructor(count: number, { lr, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions) {
    this.state = { m: new Float32Array(count), v: new Float32Array(count), steps: new Float64Array(1) };
    this.#options = { lr, beta1, beta2, epsilon };
  }

  /** One step of the parameters, in place. */
  step(params: Float32Array, grads: Float32Array): void {
    const { m, v, steps } = this.state;
    assertSameLength("params", params.length, m.length);
    assertSameLength("grads", grads.length, m.length);
    const { lr, beta1, beta2, epsilon } = this.#options;
    const t = (steps[0] ?? 0) + 1;
    steps[0] = t;
    const rate = lr / (1 - beta1 ** t);
    const root = 1 / Math.sqrt(1 - beta2 ** t);
    for (let i = 0; i < params.length; i++) {
      const g = grads[i] ?? 0;
      const mean = beta1 * (m[i] ?? 0) + (1 - beta1) * g;
      const square = beta2 * (v[i] ?? 0) + (1 - beta2) * g * g;
      m[i] = mean;
      v[i] = square;
      params[i] = (params[i] ?? 0) - (rate * mean) / (root * Math.sqrt(square) + epsilon);
    }
  }
}

/** θ' ← (1−τ)θ' + τθ, in place. */
export function softUpdate(target: Float32Array, online: Float32Array, tau: number): void {
  assertSameLength("online", online.length, target.length);
  for (let i = 0; i < target.length; i++) {
    const value = target[i] ?? 0;
    target[i] = value + tau * ((online[i] ?? 0) - value);
  }
}

/**
 * Scales gradients whose Euclidean norm over all arrays exceeds `maxNorm` by maxNorm / (norm + 1e-6), in place.
 * @returns the norm before
 */
export function clipGlobalNorm(grads: readonly Float32Array[], maxNorm: number): number {
  let squares = 0;
  for (const array of grads) for (const value of array) squares += value * value;
  const norm = Math.sqrt(squares);
  const factor = maxNorm / (norm + NORM_EPSILON);
  if (factor < 1) {
    for (const array of grads) for (let i = 0; i < array.length; i++) array[i] = (array[i] ?? 0) * factor;
  }
  return norm;
}
