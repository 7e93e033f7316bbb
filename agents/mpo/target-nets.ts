import type { Mlp } from "../core/tensor/backend.ts";
import type { Gaussians, MpoSizes } from "./loss.ts";
import { gaussianHead } from "./networks.ts";

/*
 * Axes: B batch, S action samples, O observation, D actions; arrays row-major.
 */

/** Standard normals [S, B, D] become samples of the Gaussians [B, D], in place. */
function sampleGaussians(noise: Float32Array, mean: Float32Array, scale: Float32Array): void {
  const size = mean.length;
  for (let start = 0; start < noise.length; start += size) {
    for (let i = 0; i < size; i++) noise[start + i] = (mean[i] ?? 0) + (scale[i] ?? 0) * (noise[start + i] ?? 0);
  }
}

/** Target policy and target critic; both steps of an update look at them. */
export class TargetNets implements Disposable {
  /** What the target policy does at the observations of the last evaluation. */
  readonly policy: Gaussians & { readonly mean: Float32Array; readonly scale: Float32Array };
  /** [S, B] of the last evaluation */
  readonly values: Float32Array;
  readonly #actor: Mlp;
  readonly #critic: Mlp;
  readonly #sizes: MpoSizes;
  /** [B, 2 D] */
  readonly #raw: Float32Array;

  constructor(nets: { readonly actor: Mlp; readonly critic: Mlp }, sizes: MpoSizes) {
    const { batch, samples, actions } = sizes;
    this.#actor = nets.actor;
    this.#critic = nets.critic;
    this.#sizes = sizes;
    this.#raw = new Float32Array(2 * batch * actions);
    this.policy = { mean: new Float32Array(batch * actions), scale: new Float32Array(batch * actions) };
    this.values = new Float32Array(samples * batch);
  }

  /** Parameters were written. */
  touch(): void {
    this.#actor.touch();
    this.#critic.touch();
  }

  /**
   * S samples of the target policy at each observation, and what the target critic thinks of them.
   * @param obs [B, O] @param noise [S, B, D] standard normals; become the samples
   */
  evaluate(obs: Float32Array, noise: Float32Array): void {
    const { batch: rows, samples: repeats, actions } = this.#sizes;
    const { mean, scale } = this.policy;
    this.#actor.forward({ rows, x: obs }, this.#raw);
    gaussianHead(this.#raw, actions, mean, scale);
    sampleGaussians(noise, mean, scale);
    this.#critic.forward({ rows, repeats, shared: obs, own: noise }, this.values);
  }

  [Symbol.dispose](): void {
    this.#actor[Symbol.dispose]();
    this.#critic[Symbol.dispose]();
  }
}
