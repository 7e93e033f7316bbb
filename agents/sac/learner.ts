import type { Metrics } from "../../protocol/agent.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { ActorCritic, ActorCriticShape, Proposal } from "../core/actor-critic.ts";
import type { AgentState } from "../core/checkpoint.ts";
import { mean } from "../core/mean.ts";
import { MeanMetrics } from "../core/mean-metrics.ts";
import type { NormalNoise } from "../core/normal-noise.ts";
import type { ReplayBatch } from "../core/replay/replay.ts";
import { Adam, clipNorm, softUpdate } from "../core/tensor/adam.ts";
import type { Mlp, TensorBackend } from "../core/tensor/backend.ts";
import { GaussianActor } from "../core/tensor/gaussian-actor.ts";
import { initialParams } from "../core/tensor/initial-params.ts";
import type { SacConfig } from "./config.ts";
import { actorGrad, clampedLogScale, squashedDraws, temperatureGrad } from "./loss.ts";

/*
 * Axes: B batch, O observation, D actions; arrays row-major.
 */

const METRICS = ["critic_loss", "value", "actor_loss", "entropy", "temperature"] as const;

/** A critic, its target and its optimiser. */
class Critic implements Disposable {
  readonly net: Mlp;
  readonly target: Mlp;
  readonly adam: Adam;
  /** [B] values of the last pass */
  readonly values: Float32Array;
  /** [B, D] gradient by the action of the last backward pass */
  readonly actionGrad: Float32Array;

  constructor(tensors: TensorBackend, sizes: readonly number[], config: SacConfig, rng: Rng, actions: number) {
    const params = initialParams(sizes, rng);
    this.net = tensors.mlp(sizes, params);
    this.target = tensors.mlp(sizes, params.slice());
    this.adam = new Adam(params, { rate: config.critic_rate });
    this.values = new Float32Array(config.batch_size);
    this.actionGrad = new Float32Array(config.batch_size * actions);
  }

  get arrays() {
    const { m, v, steps } = this.adam.state;
    return { params: this.net.params, target: this.target.params, m, v, steps };
  }

  touch(): void {
    this.net.touch();
    this.target.touch();
  }

  [Symbol.dispose](): void {
    this.net[Symbol.dispose]();
    this.target[Symbol.dispose]();
  }
}

/** Networks of SAC and their gradient steps; observations come normalised. */
export class SacLearner implements ActorCritic {
  readonly actorSizes: readonly number[];
  readonly #config: SacConfig;
  readonly #shape: ActorCriticShape;
  readonly #targetEntropy: number;
  readonly #noiseSource: NormalNoise;
  readonly #actor: GaussianActor;
  readonly #actorAdam: Adam;
  readonly #critics: readonly [Critic, Critic];
  /** [1] ln alpha */
  readonly #logTemperature: Float32Array;
  readonly #temperatureAdam: Adam;
  readonly #metrics = new MeanMetrics(METRICS);
  /** [B, 2 D] */
  readonly #raw: Float32Array;
  readonly #rawGrad: Float32Array;
  /** [B, D] */
  readonly #noise: Float32Array;
  readonly #action: Float32Array;
  /** [B] */
  readonly #logProb: Float32Array;
  readonly #returns: Float32Array;
  readonly #grad: Float32Array;
  #criticLoss = 0;

  /** @param rng draws the first parameters. */
  constructor(tensors: TensorBackend, shape: ActorCriticShape, config: SacConfig, rng: Rng, noise: NormalNoise) {
    const { obs, actions } = shape;
    const { batch_size: batch } = config;
    this.#config = config;
    this.#shape = shape;
    this.#targetEntropy = config.target_entropy ?? -actions;
    this.#noiseSource = noise;
    this.actorSizes = [obs, ...config.hidden, 2 * actions];
    const actor = initialParams(this.actorSizes, rng);
    this.#actor = new GaussianActor(tensors, this.actorSizes, actor);
    this.#actorAdam = new Adam(actor, { rate: config.actor_rate });
    const critic = (): Critic => new Critic(tensors, [obs + actions, ...config.hidden, 1], config, rng, actions);
    this.#critics = [critic(), critic()];
    this.#logTemperature = Float32Array.of(Math.log(config.initial_temperature));
    this.#temperatureAdam = new Adam(this.#logTemperature, { rate: config.temperature_rate });
    const zeros = (size: number): Float32Array => new Float32Array(size);
    this.#raw = zeros(2 * batch * actions);
    this.#rawGrad = zeros(2 * batch * actions);
    this.#noise = zeros(batch * actions);
    this.#action = zeros(batch * actions);
    this.#logProb = zeros(batch);
    this.#returns = zeros(batch);
    this.#grad = zeros(batch);
  }

  get actorParams(): Float32Array {
    return this.#actor.net.params;
  }

  get state(): AgentState {
    const parts = {
      actor: { params: this.#actor.net.params, ...this.#actorAdam.state },
      critic1: this.#critics[0].arrays,
      critic2: this.#critics[1].arrays,
      temperature: { log: this.#logTemperature, ...this.#temperatureAdam.state },
      noise: { state: this.#noiseSource.state },
    };
    const arrays = Object.entries(parts).flatMap(([part, named]) =>
      Object.entries(named).map(([name, array]): [string, NumericArray] => [`${part}_${name}`, array as NumericArray]),
    );
    return { arrays: Object.fromEntries(arrays), streams: [] };
  }

  touch(): void {
    this.#actor.touch();
    for (const critic of this.#critics) critic.touch();
  }

  propose(obs: Float32Array, rows: number, proposal: Proposal): void {
    const { actions } = this.#shape;
    const raw = this.#actor.outputs(obs, rows, proposal.latent);
    for (let row = 0; row < rows; row++) {
      for (let d = 0; d < actions; d++) {
        proposal.mean[row * actions + d] = raw[2 * row * actions + d] ?? 0;
        proposal.scale[row * actions + d] = Math.exp(clampedLogScale(raw[(2 * row + 1) * actions + d] ?? 0));
      }
    }
  }

  squash(action: Float32Array, at: number, count: number): void {
    for (let i = at; i < at + count; i++) action[i] = Math.tanh(action[i] ?? 0);
  }

  learn(batch: ReplayBatch): void {
    this.#criticStep(batch);
    this.#actorStep(batch);
    for (const { net, target } of this.#critics) {
      softUpdate(target.params, net.params, this.#config.target_rate);
      target.touch();
    }
  }

  takeMetrics(): Metrics {
    return this.#metrics.take();
  }

  [Symbol.dispose](): void {
    this.#actor[Symbol.dispose]();
    for (const critic of this.#critics) critic[Symbol.dispose]();
  }

  /** One action for each observation, with its log-probability. */
  #draw(obs: Float32Array, keep: boolean): void {
    this.#actor.net.forward({ rows: this.#config.batch_size, x: obs }, this.#raw, keep);
    this.#noiseSource.fill(this.#noise);
    squashedDraws(this.#raw, this.#shape.actions, this.#noise, { action: this.#action, logProb: this.#logProb });
  }

  /** y = R + D (min_i Q'_i(s', a') - alpha ln pi(a'|s')), both critics descend mean_b (y - Q)². */
  #criticStep({ obs, action, nextObs, reward, discount }: ReplayBatch): void {
    const rows = this.#config.batch_size;
    const temperature = this.#temperature;
    this.#draw(nextObs, false);
    const next = { rows, repeats: 1, shared: nextObs, own: this.#action };
    for (const { target, values } of this.#critics) target.forward(next, values);
    const [first, second] = this.#critics;
    for (let b = 0; b < rows; b++) {
      const value = Math.min(first.values[b] ?? 0, second.values[b] ?? 0) - temperature * (this.#logProb[b] ?? 0);
      this.#returns[b] = (reward[b] ?? 0) + (discount[b] ?? 0) * value;
    }
    this.#criticLoss = 0;
    for (const critic of this.#critics) this.#fit(critic, obs, action);
  }

  #fit({ net, adam, values }: Critic, shared: Float32Array, own: Float32Array): void {
    const rows = this.#config.batch_size;
    net.forward({ rows, repeats: 1, shared, own }, values, true);
    for (let b = 0; b < rows; b++) {
      const error = (values[b] ?? 0) - (this.#returns[b] ?? 0);
      this.#criticLoss += (error * error) / rows / 2;
      this.#grad[b] = (2 * error) / rows;
    }
    net.backward(this.#grad);
    clipNorm(net.grads, this.#config.critic_clip);
    adam.step(net.grads);
    net.touch();
  }

  /** Actor and temperature. */
  #actorStep({ obs }: ReplayBatch): void {
    const { actions } = this.#shape;
    const temperature = this.#temperature;
    const values = mean(this.#critics[0].values);
    this.#draw(obs, true);
    const least = this.#gradeActions(obs);
    const valueGrad = this.#critics[0].actionGrad;
    const input = { raw: this.#raw, noise: this.#noise, action: this.#action, valueGrad, temperature };
    actorGrad(input, actions, this.#rawGrad);
    this.#actor.net.backward(this.#rawGrad);
    const { grads } = this.#actor.net;
    clipNorm(grads, this.#config.actor_clip);
    this.#actorAdam.step(grads);
    this.#actor.touch();
    const byTemperature = Float32Array.of(temperatureGrad(this.#logProb, this.#targetEntropy));
    this.#temperatureAdam.step(byTemperature);
    const logProb = mean(this.#logProb);
    this.#metrics.add(this.#criticLoss, values, temperature * logProb - least, -logProb, temperature);
  }

  /** Gradient of the smaller value of each row by its action, into the first critic's. @returns mean of the smaller values */
  #gradeActions(shared: Float32Array): number {
    const rows = this.#config.batch_size;
    const [first, second] = this.#critics;
    const input = { rows, repeats: 1, shared, own: this.#action };
    for (const { net, values } of this.#critics) net.forward(input, values, true);
    let sum = 0;
    const choose = (own: Critic, other: Critic, ties: number): void => {
      for (let b = 0; b < rows; b++) {
        const lead = (other.values[b] ?? 0) - (own.values[b] ?? 0);
        const chosen = lead > 0 || lead === ties;
        this.#grad[b] = chosen ? 1 : 0;
        if (chosen) sum += own.values[b] ?? 0;
      }
      own.net.backward(this.#grad, own.actionGrad);
    };
    choose(first, second, 0);
    choose(second, first, Number.NaN);
    for (let i = 0; i < first.actionGrad.length; i++) {
      first.actionGrad[i] = (first.actionGrad[i] ?? 0) + (second.actionGrad[i] ?? 0);
    }
    return sum / rows;
  }

  get #temperature(): number {
    return Math.exp(this.#logTemperature[0] ?? 0);
  }
}
