import type { Mlp, TensorBackend } from "./backend.ts";
import { paramCount } from "./backend.ts";

/*
 * Axes: N rows, O observation, D actions, H units of the last hidden layer.
 */

/** A network with 2 D outputs that acts on any number of rows, and shows its last hidden layer where that is asked for. */
export class GaussianActor implements Disposable {
  /** [O, hidden …, 2 D] */
  readonly sizes: readonly number[];
  readonly net: Mlp;
  readonly #tensors: TensorBackend;
  #trunk: Mlp | null = null;
  #trunkIsOld = false;
  #raw = new Float32Array(0);

  constructor(tensors: TensorBackend, sizes: readonly number[], params: Float32Array) {
    this.#tensors = tensors;
    this.sizes = sizes;
    this.net = tensors.mlp(sizes, params);
  }

  /** Parameters were written. */
  touch(): void {
    this.net.touch();
    this.#trunkIsOld = true;
  }

  /** Outputs [N, 2 D], borrowed until the next call. @param obs [N, O] @param latent [N, H] or null */
  outputs(obs: Float32Array, rows: number, latent: Float32Array | null): Float32Array {
    const size = rows * (this.sizes.at(-1) ?? 0);
    if (this.#raw.length !== size) this.#raw = new Float32Array(size);
    this.net.forward({ rows, x: obs }, this.#raw);
    if (latent !== null) this.#hidden(obs, rows, latent);
    return this.#raw;
  }

  [Symbol.dispose](): void {
    this.net[Symbol.dispose]();
    this.#trunk?.[Symbol.dispose]();
  }

  /** A network of the hidden layers alone: their parameters come first. */
  #hidden(obs: Float32Array, rows: number, out: Float32Array): void {
    const sizes = this.sizes.slice(0, -1);
    this.#trunk ??= this.#tensors.mlp(sizes, this.net.params.subarray(0, paramCount(sizes)));
    if (this.#trunkIsOld) this.#trunk.touch();
    this.#trunkIsOld = false;
    this.#trunk.forward({ rows, x: obs }, out);
    for (let i = 0; i < out.length; i++) out[i] = Math.max(0, out[i] ?? 0);
  }
}
