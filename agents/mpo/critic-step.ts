import type { ReplayBatch } from "../core/replay/replay.ts";
import { Adam, clipNorm, type AdamState } from "../core/tensor/adam.ts";
import type { Mlp } from "../core/tensor/backend.ts";
import type { MpoConfig } from "./config.ts";
import type { TargetNets } from "./target-nets.ts";

/*
 * Axes: B batch, S action samples, O observation, D actions; arrays row-major.
 */

/** The critic's half of an update: expected SARSA over S samples, y = R + D mean_s Q'(s', a_s), loss mean_b (y - Q)². */
export class CriticStep {
  /** Of the last step. */
  loss = 0;
  /** [B] values of the last step */
  readonly values: Float32Array;
  readonly adam: AdamState;
  readonly #config: MpoConfig;
  readonly #critic: Mlp;
  readonly #targets: TargetNets;
  readonly #adam: Adam;
  /** [B, O + D] */
  readonly #pairs: Float32Array;
  /** [B] */
  readonly #grad: Float32Array;

  constructor(nets: { readonly critic: Mlp; readonly targets: TargetNets }, config: MpoConfig) {
    const { batch_size: batch } = config;
    this.#config = config;
    this.#critic = nets.critic;
    this.#targets = nets.targets;
    this.#adam = new Adam(nets.critic.params, { rate: config.critic_rate });
    this.adam = this.#adam.state;
    this.#pairs = new Float32Array(batch * (nets.critic.sizes[0] ?? 0));
    this.values = new Float32Array(batch);
    this.#grad = new Float32Array(batch);
  }

  /** Changes the critic's parameters; the caller touches it. @param noise [S, B, D] standard normals, used up */
  run(batch: ReplayBatch, noise: Float32Array): void {
    const { batch_size: rows, critic_clip: clip } = this.#config;
    this.#targets.evaluate(batch.nextObs, noise);
    this.#join(batch);
    this.#critic.forward({ rows, x: this.#pairs }, this.values, true);
    this.#gradeValues(batch);
    this.#critic.backward(this.#grad);
    clipNorm(this.#critic.grads, clip);
    this.#adam.step(this.#critic.grads);
  }

  #gradeValues({ reward, discount }: ReplayBatch): void {
    const { batch_size: rows, samples } = this.#config;
    const { values } = this.#targets;
    let loss = 0;
    for (let b = 0; b < rows; b++) {
      let value = 0;
      for (let at = b; at < values.length; at += rows) value += values[at] ?? 0;
      const target = (reward[b] ?? 0) + ((discount[b] ?? 0) * value) / samples;
      const error = (this.values[b] ?? 0) - target;
      loss += error * error;
      this.#grad[b] = (2 * error) / rows;
    }
    this.loss = loss / rows;
  }

  #join({ obs, action }: ReplayBatch): void {
    const rows = this.#config.batch_size;
    const [width, actions] = [obs.length / rows, action.length / rows];
    for (let b = 0; b < rows; b++) {
      const at = b * (width + actions);
      this.#pairs.set(obs.subarray(b * width, (b + 1) * width), at);
      this.#pairs.set(action.subarray(b * actions, (b + 1) * actions), at + width);
    }
  }
}
