import type { ActorCriticShape } from "../core/actor-critic.ts";
import { mean } from "../core/mean.ts";
import { sharedCopy, sharedDoubles, sharedFloats } from "../core/shared-arrays.ts";
import { Adam, adamState, clipNorm, type AdamState } from "../core/tensor/adam.ts";
import type { Mlp } from "../core/tensor/backend.ts";
import type { MpoConfig } from "./config.ts";
import { DUAL, dualCount, MpoLoss } from "./loss.ts";
import { gaussianHead, gaussianHeadGrad } from "./networks.ts";
import type { TargetNets } from "./target-nets.ts";

/*
 * Axes: B batch, S action samples, O observation, D actions; arrays row-major.
 */

/** What an actor's step finds, in the order of its report. */
export const ACTOR_REPORT = [
  "policy_mean_loss",
  "policy_std_loss",
  "kl_mean_loss",
  "kl_std_loss",
  "alpha_mean_loss",
  "alpha_std_loss",
  "temperature_loss",
  "penalty_temperature_loss",
  "kl_mean",
  "kl_std",
  "policy_std",
] as const;

/** All that an actor's step reads and writes; in shared memory, so that another thread can make it. */
export interface ActorMemory {
  /** Parameters. */
  readonly actor: Float32Array;
  readonly targetActor: Float32Array;
  readonly targetCritic: Float32Array;
  /** [2 + 2 D] logits, see `DUAL` */
  readonly duals: Float32Array;
  readonly actorAdam: AdamState;
  readonly dualAdam: AdamState;
  /** [B, O] */
  readonly obs: Float32Array;
  /** [S, B, D] standard normals, used up by a step */
  readonly noise: Float32Array;
  /** In the order of ACTOR_REPORT. */
  readonly report: Float64Array;
}

/** First logits of the duals. */
function initialDuals(config: MpoConfig, actions: number): Float32Array {
  const duals = sharedFloats(dualCount(actions)).fill(config.initial_log_temperature, 0, DUAL.alphas);
  duals.fill(config.initial_log_alpha_mean, DUAL.alphas, DUAL.alphas + actions);
  return duals.fill(config.initial_log_alpha_std, DUAL.alphas + actions);
}

/** Of a learner that has made no step. @param actor @param critic first parameters */
export function actorMemory(
  { obs, actions }: ActorCriticShape,
  config: MpoConfig,
  actor: Float32Array,
  critic: Float32Array,
): ActorMemory {
  const { batch_size: batch, samples } = config;
  const duals = initialDuals(config, actions);
  return {
    actor: sharedCopy(actor),
    targetActor: sharedCopy(actor),
    targetCritic: sharedCopy(critic),
    duals,
    actorAdam: adamState(actor.length),
    dualAdam: adamState(duals.length),
    obs: sharedFloats(batch * obs),
    noise: sharedFloats(samples * batch * actions),
    report: sharedDoubles(ACTOR_REPORT.length),
  };
}

/**
 * The actor's half of an update: weighted maximum likelihood under KL constraints to the target policy, temperatures and
 * multipliers along with it. It reads nothing that the critic's half writes.
 */
export class ActorStep {
  readonly #config: MpoConfig;
  readonly #memory: ActorMemory;
  readonly #actor: Mlp;
  readonly #targets: TargetNets;
  readonly #loss: MpoLoss;
  readonly #actorAdam: Adam;
  readonly #dualAdam: Adam;
  /** [B, 2 D] outputs of the actor, and gradients by them */
  readonly #raw: Float32Array;
  readonly #rawGrad: Float32Array;
  readonly #dualGrad: Float32Array;
  readonly #online: { readonly mean: Float32Array; readonly scale: Float32Array };

  /** @param nets over the parameters of the memory */
  constructor(
    nets: { readonly actor: Mlp; readonly targets: TargetNets },
    { actions }: ActorCriticShape,
    config: MpoConfig,
    memory: ActorMemory,
  ) {
    const { batch_size: batch, samples } = config;
    this.#config = config;
    this.#memory = memory;
    this.#actor = nets.actor;
    this.#targets = nets.targets;
    this.#actorAdam = new Adam(memory.actor, { rate: config.actor_rate }, memory.actorAdam);
    this.#dualAdam = new Adam(memory.duals, { rate: config.dual_rate }, memory.dualAdam);
    this.#loss = new MpoLoss(
      { batch, samples, actions },
      {
        epsilon: config.epsilon,
        epsilonPenalty: config.action_penalty ? config.epsilon_penalty : null,
        epsilonMean: config.epsilon_mean,
        epsilonStd: config.epsilon_std,
      },
    );
    const zeros = (size: number): Float32Array => new Float32Array(size);
    this.#raw = zeros(2 * batch * actions);
    this.#rawGrad = zeros(2 * batch * actions);
    this.#dualGrad = zeros(memory.duals.length);
    this.#online = { mean: zeros(batch * actions), scale: zeros(batch * actions) };
  }

  /** Changes the actor's parameters and the duals; the caller touches the actor. */
  run(): void {
    const { batch_size: rows, actor_clip: clip, min_log_dual: floor } = this.#config;
    const { duals, obs, noise } = this.#memory;
    const { policy: target, values } = this.#targets;
    const [loss, online] = [this.#loss, this.#online];
    const actions = online.mean.length / rows;
    for (let i = 0; i < duals.length; i++) duals[i] = Math.max(duals[i] ?? 0, floor);
    this.#targets.evaluate(obs, noise);
    this.#actor.forward({ rows, x: obs }, this.#raw, true);
    gaussianHead(this.#raw, actions, online.mean, online.scale);
    loss.evaluate({ target, online, actions: noise, values, duals });
    gaussianHeadGrad(this.#raw, actions, online.mean, loss.meanGrad, loss.scaleGrad, this.#rawGrad);
    this.#actor.backward(this.#rawGrad);
    this.#dualGrad.set(loss.dualGrad);
    const { grads } = this.#actor;
    clipNorm(grads, clip);
    clipNorm(this.#dualGrad, clip);
    this.#actorAdam.step(grads);
    this.#dualAdam.step(this.#dualGrad);
    this.#writeReport();
  }

  #writeReport(): void {
    const { report } = this.#loss;
    this.#memory.report.set([
      report.meanLoss,
      report.stdLoss,
      report.klMeanLoss,
      report.klStdLoss,
      report.alphaMeanLoss,
      report.alphaStdLoss,
      report.temperatureLoss,
      report.penaltyTemperatureLoss,
      mean(report.klMean),
      mean(report.klStd),
      mean(this.#online.scale),
    ]);
  }
}
