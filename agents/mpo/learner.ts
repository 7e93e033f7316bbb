import type { Metrics } from "../../protocol/agent.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { ActorCritic, ActorCriticShape, Proposal } from "../core/actor-critic.ts";
import { MeanMetrics } from "../core/mean-metrics.ts";
import type { ReplayBatch } from "../core/replay/replay.ts";
import { Adam, clipNorm, softUpdate } from "../core/tensor/adam.ts";
import type { Mlp, MlpInput, TensorBackend } from "../core/tensor/backend.ts";
import { GaussianActor } from "../core/tensor/gaussian-actor.ts";
import { initialParams } from "../core/tensor/initial-params.ts";
import type { MpoConfig } from "./config.ts";
import { DUAL, dualCount, dualOf, MpoLoss, type MpoReport } from "./loss.ts";
import { gaussianHead, gaussianHeadGrad } from "./networks.ts";

/*
 * Axes: B batch, S action samples, O observation, D actions; arrays row-major.
 */

const METRICS = [
  "critic_loss",
  "value",
  "policy_mean_loss",
  "policy_std_loss",
  "kl_mean",
  "kl_std",
  "temperature",
  "penalty_temperature",
  "alpha_mean",
  "alpha_std",
  "policy_std",
] as const;

/** Where standard normals come from. */
export interface NoiseSource {
  fill(out: Float32Array): void;
  /** Live array of a checkpoint. */
  readonly state: NumericArray;
}

function mean(values: Float32Array | Float64Array, from = 0, to = values.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? 0;
  return sum / (to - from);
}

/** Standard normals [S, B, D] become samples of the Gaussians [B, D], in place. */
function sampleGaussians(noise: Float32Array, mean: Float32Array, scale: Float32Array): void {
  const size = mean.length;
  for (let start = 0; start < noise.length; start += size) {
    for (let i = 0; i < size; i++) noise[start + i] = (mean[i] ?? 0) + (scale[i] ?? 0) * (noise[start + i] ?? 0);
  }
}

/** First logits of the duals. */
function initialDuals(config: MpoConfig, actions: number): Float32Array {
  const duals = new Float32Array(dualCount(actions)).fill(config.initial_log_temperature, 0, DUAL.alphas);
  duals.fill(config.initial_log_alpha_mean, DUAL.alphas, DUAL.alphas + actions);
  return duals.fill(config.initial_log_alpha_std, DUAL.alphas + actions);
}

/** Networks of MPO and their gradient steps; observations come normalised. */
export class MpoLearner implements ActorCritic {
  readonly actorSizes: readonly number[];
  /** What the last step found. */
  readonly loss: MpoLoss;
  criticLoss = 0;
  readonly duals: Float32Array;
  readonly #config: MpoConfig;
  readonly #shape: ActorCriticShape;
  readonly #noise: NoiseSource;
  readonly #actor: GaussianActor;
  readonly #critic: Mlp;
  readonly #targetActor: Mlp;
  readonly #targetCritic: Mlp;
  readonly #actorAdam: Adam;
  readonly #criticAdam: Adam;
  readonly #dualAdam: Adam;
  readonly #metrics = new MeanMetrics(METRICS);
  /** [B, O + D] */
  readonly #pairs: Float32Array;
  /** [S, B, D] samples of the target policy */
  readonly #actions: Float32Array;
  /** [S, B] */
  readonly #values: Float32Array;
  /** [B] */
  readonly #q: Float32Array;
  readonly #qGrad: Float32Array;
  /** [B, 2 D] outputs of the actor, of its target, and gradients by the former */
  readonly #raw: Float32Array;
  readonly #targetRaw: Float32Array;
  readonly #rawGrad: Float32Array;
  readonly #dualGrad: Float32Array;
  readonly #online: { mean: Float32Array; scale: Float32Array };
  readonly #target: { mean: Float32Array; scale: Float32Array };

  /** @param rng draws the first parameters. */
  constructor(tensors: TensorBackend, shape: ActorCriticShape, config: MpoConfig, rng: Rng, noise: NoiseSource) {
    const { obs, actions } = shape;
    const [batch, samples] = [config.batch_size, config.samples];
    this.#config = config;
    this.#shape = shape;
    this.#noise = noise;
    this.actorSizes = [obs, ...config.hidden, 2 * actions];
    const criticSizes = [obs + actions, ...config.hidden, 1];
    const actor = initialParams(this.actorSizes, rng);
    const critic = initialParams(criticSizes, rng);
    this.#actor = new GaussianActor(tensors, this.actorSizes, actor);
    this.#critic = tensors.mlp(criticSizes, critic);
    this.#targetActor = tensors.mlp(this.actorSizes, actor.slice());
    this.#targetCritic = tensors.mlp(criticSizes, critic.slice());
    this.duals = initialDuals(config, actions);
    this.#actorAdam = new Adam(actor, { rate: config.actor_rate });
    this.#criticAdam = new Adam(critic, { rate: config.critic_rate });
    this.#dualAdam = new Adam(this.duals, { rate: config.dual_rate });
    this.loss = new MpoLoss(
      { batch, samples, actions },
      {
        epsilon: config.epsilon,
        epsilonPenalty: config.action_penalty ? config.epsilon_penalty : null,
        epsilonMean: config.epsilon_mean,
        epsilonStd: config.epsilon_std,
      },
    );
    const zeros = (size: number): Float32Array => new Float32Array(size);
    this.#pairs = zeros(batch * (obs + actions));
    this.#actions = zeros(samples * batch * actions);
    this.#values = zeros(samples * batch);
    this.#q = zeros(batch);
    this.#qGrad = zeros(batch);
    this.#raw = zeros(2 * batch * actions);
    this.#targetRaw = zeros(2 * batch * actions);
    this.#rawGrad = zeros(2 * batch * actions);
    this.#dualGrad = zeros(this.duals.length);
    this.#online = { mean: zeros(batch * actions), scale: zeros(batch * actions) };
    this.#target = { mean: zeros(batch * actions), scale: zeros(batch * actions) };
  }

  get actorParams(): Float32Array {
    return this.#actor.net.params;
  }

  get state() {
    const adams = { actor: this.#actorAdam, critic: this.#criticAdam, dual: this.#dualAdam };
    const moments = Object.entries(adams).flatMap(([name, adam]) =>
      Object.entries(adam.state).map(([key, array]): [string, NumericArray] => [`${name}_adam_${key}`, array]),
    );
    return {
      arrays: {
        actor: this.#actor.net.params,
        critic: this.#critic.params,
        target_actor: this.#targetActor.params,
        target_critic: this.#targetCritic.params,
        duals: this.duals,
        ...Object.fromEntries(moments),
        noise: this.#noise.state,
      },
      streams: [],
    };
  }

  touch(): void {
    for (const net of [this.#actor, this.#critic, this.#targetActor, this.#targetCritic]) net.touch();
  }

  propose(obs: Float32Array, rows: number, { mean, scale, latent }: Proposal): void {
    gaussianHead(this.#actor.outputs(obs, rows, latent), this.#shape.actions, mean, scale);
  }

  /** Samples stay as they are: the environment clips, the loss penalises. */
  squash(): void {
    // Nothing to bend.
  }

  learn(batch: ReplayBatch): void {
    this.#criticStep(batch);
    this.#actorStep(batch);
    const { target_rate: rate } = this.#config;
    softUpdate(this.#targetActor.params, this.#actor.net.params, rate);
    softUpdate(this.#targetCritic.params, this.#critic.params, rate);
    this.#targetActor.touch();
    this.#targetCritic.touch();
    this.#record();
  }

  takeMetrics(): Metrics {
    return this.#metrics.take();
  }

  [Symbol.dispose](): void {
    for (const net of [this.#actor, this.#critic, this.#targetActor, this.#targetCritic]) net[Symbol.dispose]();
  }

  /** Expected SARSA over S samples: y = R + D mean_s Q'(s', a_s), loss mean_b (y - Q)^2. */
  #criticStep(batch: ReplayBatch): void {
    this.#evaluateTargets(batch.nextObs);
    const input = this.#join(batch);
    this.#critic.forward(input, this.#q, true);
    const count = this.#config.batch_size;
    let loss = 0;
    for (let b = 0; b < count; b++) {
      let value = 0;
      for (let at = b; at < this.#values.length; at += count) value += this.#values[at] ?? 0;
      const target = (batch.reward[b] ?? 0) + ((batch.discount[b] ?? 0) * value) / this.#config.samples;
      const error = (this.#q[b] ?? 0) - target;
      loss += error * error;
      this.#qGrad[b] = (2 * error) / count;
    }
    this.criticLoss = loss / count;
    this.#critic.backward(this.#qGrad);
    clipNorm(this.#critic.grads, this.#config.critic_clip);
    this.#criticAdam.step(this.#critic.grads);
    this.#critic.touch();
  }

  /** Weighted maximum likelihood under KL constraints to the target policy; temperatures and multipliers along with it. */
  #actorStep({ obs }: ReplayBatch): void {
    const { actions } = this.#shape;
    const { batch_size: rows, actor_clip: clip, min_log_dual: floor } = this.#config;
    const { duals, loss } = this;
    for (let i = 0; i < duals.length; i++) duals[i] = Math.max(duals[i] ?? 0, floor);
    this.#evaluateTargets(obs);
    this.#actor.net.forward({ rows, x: obs }, this.#raw, true);
    const online = this.#online;
    gaussianHead(this.#raw, actions, online.mean, online.scale);
    loss.evaluate({ target: this.#target, online, actions: this.#actions, values: this.#values, duals });
    gaussianHeadGrad(this.#raw, actions, online.mean, loss.meanGrad, loss.scaleGrad, this.#rawGrad);
    this.#actor.net.backward(this.#rawGrad);
    this.#dualGrad.set(loss.dualGrad);
    const { grads } = this.#actor.net;
    clipNorm(grads, clip);
    clipNorm(this.#dualGrad, clip);
    this.#actorAdam.step(grads);
    this.#dualAdam.step(this.#dualGrad);
    this.#actor.touch();
  }

  /** S samples of the target policy at each observation, and what the target critic thinks of them. */
  #evaluateTargets(obs: Float32Array): void {
    const { actions } = this.#shape;
    const { batch_size: rows, samples: repeats } = this.#config;
    const { mean, scale } = this.#target;
    this.#targetActor.forward({ rows, x: obs }, this.#targetRaw);
    gaussianHead(this.#targetRaw, actions, mean, scale);
    this.#noise.fill(this.#actions);
    sampleGaussians(this.#actions, mean, scale);
    this.#targetCritic.forward({ rows, repeats, shared: obs, own: this.#actions }, this.#values);
  }

  #join({ obs, action }: ReplayBatch): MlpInput {
    const { obs: width, actions } = this.#shape;
    const rows = this.#config.batch_size;
    for (let b = 0; b < rows; b++) {
      const at = b * (width + actions);
      this.#pairs.set(obs.subarray(b * width, (b + 1) * width), at);
      this.#pairs.set(action.subarray(b * actions, (b + 1) * actions), at + width);
    }
    return { rows, x: this.#pairs };
  }

  #record(): void {
    const report: MpoReport = this.loss.report;
    const { actions } = this.#shape;
    const [toMean, toStd] = [DUAL.alphas, DUAL.alphas + actions];
    const alphas = Float64Array.from(this.duals, dualOf);
    this.#metrics.add(
      this.criticLoss,
      mean(this.#q),
      report.meanLoss,
      report.stdLoss,
      mean(report.klMean),
      mean(report.klStd),
      alphas[DUAL.temperature] ?? 0,
      alphas[DUAL.penaltyTemperature] ?? 0,
      mean(alphas, toMean, toStd),
      mean(alphas, toStd),
      mean(this.#online.scale),
    );
  }
}
