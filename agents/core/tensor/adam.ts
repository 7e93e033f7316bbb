import { sharedDoubles, sharedFloats } from "../shared-arrays.ts";

export interface AdamOptions {
  readonly rate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Moments and number of steps. */
export interface AdamState {
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** [1] */
  readonly steps: Float64Array;
}

/** Of an optimiser that has made no step. @param size of the parameters */
export const adamState = (size: number): AdamState => ({
  m: sharedFloats(size),
  v: sharedFloats(size),
  steps: sharedDoubles(1),
});

/** Adam (Kingma and Ba 2015, algorithm 1) over a flat vector, f32 moments as torch keeps them. */
export class Adam {
  /** Live arrays: a checkpoint copies them, a restore writes into them. */
  readonly state: AdamState;
  readonly #params: Float32Array;
  readonly #options: Required<AdamOptions>;

  /** @param params updated in place. */
  constructor(params: Float32Array, options: AdamOptions, state: AdamState = adamState(params.length)) {
    this.#params = params;
    this.#options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...options };
    this.state = state;
  }

  step(grads: Float32Array): void {
    const { rate, beta1, beta2, epsilon } = this.#options;
    const params = this.#params;
    const { m, v, steps } = this.state;
    const t = (steps[0] ?? 0) + 1;
    steps[0] = t;
    const size = rate / (1 - beta1 ** t);
    const spread = 1 / Math.sqrt(1 - beta2 ** t);
    for (let i = 0; i < params.length; i++) {
      const grad = grads[i] ?? 0;
      const mean = (m[i] ?? 0) * beta1 + (1 - beta1) * grad;
      const square = (v[i] ?? 0) * beta2 + (1 - beta2) * grad * grad;
      m[i] = mean;
      v[i] = square;
      params[i] = (params[i] ?? 0) - (size * mean) / (Math.sqrt(square) * spread + epsilon);
    }
  }
}

/** target <- (1 - rate) target + rate online */
export function softUpdate(target: Float32Array, online: Float32Array, rate: number): void {
  for (let i = 0; i < target.length; i++) {
    const now = target[i] ?? 0;
    target[i] = now + rate * ((online[i] ?? 0) - now);
  }
}

/** Scale a gradient down to a Euclidean norm; a bound of 0 leaves it. */
export function clipNorm(grads: Float32Array, bound: number): void {
  if (bound <= 0) return;
  let sum = 0;
  for (let i = 0; i < grads.length; i++) sum += (grads[i] ?? 0) ** 2;
  // The offset is torch's.
  const factor = bound / (Math.sqrt(sum) + 1e-6);
  if (factor >= 1) return;
  for (let i = 0; i < grads.length; i++) grads[i] = (grads[i] ?? 0) * factor;
}
