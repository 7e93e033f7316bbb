import type { Metrics } from "../../protocol/agent.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { ActorCritic, ActorCriticShape, Proposal } from "../core/actor-critic.ts";
import { mean } from "../core/mean.ts";
import { MeanMetrics } from "../core/mean-metrics.ts";
import type { ReplayBatch } from "../core/replay/replay.ts";
import { softUpdate } from "../core/tensor/adam.ts";
import type { Mlp, TensorBackend } from "../core/tensor/backend.ts";
import { GaussianActor } from "../core/tensor/gaussian-actor.ts";
import { initialParams } from "../core/tensor/initial-params.ts";
import { ACTOR_REPORT, actorMemory, ActorStep, type ActorMemory } from "./actor-step.ts";
import { ActorThread, type ActorUpdate } from "./actor-thread.ts";
import type { MpoConfig } from "./config.ts";
import { CriticStep } from "./critic-step.ts";
import { DUAL, dualOf } from "./loss.ts";
import { actorSizes, criticSizes, gaussianHead } from "./networks.ts";
import { TargetNets } from "./target-nets.ts";

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

/**
 * Multiplications (samples · batch · parameters of the critic) of a step from which a thread of its own pays for sure: its
 * signals and touches cost a tenth of a millisecond, such a step takes two.
 */
const PARALLEL_WORK = 2e7;

/** What the last update found. */
export type UpdateReport = Readonly<Record<"critic_loss" | "value" | (typeof ACTOR_REPORT)[number], number>>;

/** Where standard normals come from. */
export interface NoiseSource {
  fill(out: Float32Array): void;
  /** Live array of a checkpoint. */
  readonly state: NumericArray;
}

/** Networks of MPO and their gradient steps; observations come normalised. */
export class MpoLearner implements ActorCritic {
  readonly actorSizes: readonly number[];
  readonly #config: MpoConfig;
  readonly #shape: ActorCriticShape;
  readonly #noise: NoiseSource;
  readonly #actor: GaussianActor;
  readonly #critic: Mlp;
  readonly #targets: TargetNets;
  readonly #criticStep: CriticStep;
  readonly #actorUpdate: ActorUpdate;
  readonly #memory: ActorMemory;
  /** [S, B, D] of the critic's step */
  readonly #criticNoise: Float32Array;
  readonly #metrics = new MeanMetrics(METRICS);

  /** @param rng draws the first parameters. */
  constructor(tensors: TensorBackend, shape: ActorCriticShape, config: MpoConfig, rng: Rng, noise: NoiseSource) {
    const { batch_size: batch, samples } = config;
    this.#config = config;
    this.#shape = shape;
    this.#noise = noise;
    this.actorSizes = actorSizes(shape, config);
    const sizes = criticSizes(shape, config);
    const firstActor = initialParams(this.actorSizes, rng);
    const firstCritic = initialParams(sizes, rng);
    const memory = actorMemory(shape, config, firstActor, firstCritic);
    this.#memory = memory;
    this.#actor = new GaussianActor(tensors, this.actorSizes, memory.actor);
    this.#critic = tensors.mlp(sizes, firstCritic);
    const targetNets = {
      actor: tensors.mlp(this.actorSizes, memory.targetActor),
      critic: tensors.mlp(sizes, memory.targetCritic),
    };
    const targets = new TargetNets(targetNets, { batch, samples, actions: shape.actions });
    this.#targets = targets;
    this.#criticStep = new CriticStep({ critic: this.#critic, targets }, config);
    const parallel = tensors.parallel && samples * batch * firstCritic.length >= PARALLEL_WORK;
    this.#actorUpdate = parallel
      ? new ActorThread({ backend: tensors.id, shape, config, memory })
      : inThisThread(new ActorStep({ actor: this.#actor.net, targets }, shape, config, memory));
    this.#criticNoise = new Float32Array(memory.noise.length);
  }

  get actorParams(): Float32Array {
    return this.#actor.net.params;
  }

  /** [2 + 2 D] logits, live; see `DUAL`. */
  get duals(): Float32Array {
    return this.#memory.duals;
  }

  get report(): UpdateReport {
    const found = ACTOR_REPORT.map((name, i) => [name, this.#memory.report[i] ?? 0] as const);
    const { loss, values } = this.#criticStep;
    return { critic_loss: loss, value: mean(values), ...Object.fromEntries(found) } as UpdateReport;
  }

  get state() {
    const { actor, targetActor, targetCritic, duals, actorAdam, dualAdam } = this.#memory;
    const adams = { actor: actorAdam, critic: this.#criticStep.adam, dual: dualAdam };
    const moments = Object.entries(adams).flatMap(([name, adam]) =>
      Object.entries(adam).map(([key, array]): [string, NumericArray] => [
        `${name}_adam_${key}`,
        array as NumericArray,
      ]),
    );
    return {
      arrays: {
        actor,
        critic: this.#critic.params,
        target_actor: targetActor,
        target_critic: targetCritic,
        duals,
        ...Object.fromEntries(moments),
        noise: this.#noise.state,
      },
      streams: [],
    };
  }

  touch(): void {
    this.#actor.touch();
    this.#critic.touch();
    this.#targets.touch();
  }

  propose(obs: Float32Array, rows: number, { mean, scale, latent }: Proposal): void {
    gaussianHead(this.#actor.outputs(obs, rows, latent), this.#shape.actions, mean, scale);
  }

  /** Samples stay as they are: the environment clips, the loss penalises. */
  squash(): void {
    // Nothing to bend.
  }

  learn(batch: ReplayBatch): void {
    const { target_rate: rate } = this.#config;
    const { obs, noise, actor, targetActor, targetCritic } = this.#memory;
    this.#noise.fill(this.#criticNoise);
    this.#noise.fill(noise);
    obs.set(batch.obs);
    this.#actorUpdate.begin();
    try {
      this.#criticStep.run(batch, this.#criticNoise);
    } finally {
      this.#actorUpdate.finish();
    }
    softUpdate(targetActor, actor, rate);
    softUpdate(targetCritic, this.#critic.params, rate);
    this.touch();
    this.#record();
  }

  takeMetrics(): Metrics {
    return this.#metrics.take();
  }

  [Symbol.dispose](): void {
    for (const part of [this.#actorUpdate, this.#actor, this.#critic, this.#targets]) part[Symbol.dispose]();
  }

  #record(): void {
    const { report } = this;
    const { actions } = this.#shape;
    const [toMean, toStd] = [DUAL.alphas, DUAL.alphas + actions];
    const alphas = Float64Array.from(this.duals, dualOf);
    this.#metrics.add(
      report.critic_loss,
      report.value,
      report.policy_mean_loss,
      report.policy_std_loss,
      report.kl_mean,
      report.kl_std,
      alphas[DUAL.temperature] ?? 0,
      alphas[DUAL.penaltyTemperature] ?? 0,
      mean(alphas, toMean, toStd),
      mean(alphas, toStd),
      report.policy_std,
    );
  }
}

/** Waiting does the work: after the critic's half, whose numbers it does not need. */
const inThisThread = (step: ActorStep): ActorUpdate => ({
  begin: () => undefined,
  finish: () => step.run(),
  [Symbol.dispose]: () => undefined,
});
