import { sigmoid, softplus } from "../core/activations.ts";

/*
 * Axes: S action samples, B batch, D actions; arrays row-major, samples first: [S, B, D].
 *
 * Maximum a posteriori policy optimisation (Abdolmaleki et al. 2018, arXiv:1806.06920; the decoupled form and the
 * penalty on actions as in Abdolmaleki et al. 2020, arXiv:2005.07513). Equations and their gradients: README.md.
 */

export type Floats = Float32Array | Float64Array;

export interface MpoSizes {
  readonly batch: number;
  readonly samples: number;
  readonly actions: number;
}

/** Bounds of the constraints; symbols as in the README. */
export interface MpoBounds {
  /** Of KL(weights || target policy). */
  readonly epsilon: number;
  /** The same for the weights of the penalty; null: no penalty. */
  readonly epsilonPenalty: number | null;
  /** Of the KL through the mean, for each action. */
  readonly epsilonMean: number;
  /** Of the KL through the deviation, for each action. */
  readonly epsilonStd: number;
}

/** A diagonal Gaussian of each row. */
export interface Gaussians {
  /** [B, D] */
  readonly mean: Floats;
  /** [B, D] standard deviation */
  readonly scale: Floats;
}

/** What one gradient step reads. */
export interface MpoInput {
  readonly target: Gaussians;
  readonly online: Gaussians;
  /** [S, B, D] drawn from `target` */
  readonly actions: Floats;
  /** [S, B] values of the target critic */
  readonly values: Floats;
  /** [2 + 2 D] logits of the duals, see `DUAL` */
  readonly duals: Floats;
}

/** Places in a vector of duals; then D of the mean, then D of the deviation. */
export const DUAL = { temperature: 0, penaltyTemperature: 1, alphas: 2 } as const;

export const dualCount = (actions: number): number => DUAL.alphas + 2 * actions;

/** Added to the softplus of a dual, as depRL does. */
const DUAL_OFFSET = 1e-8;
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** A dual variable of its logit. */
export const dualOf = (logit: number): number => softplus(logit) + DUAL_OFFSET;

/** Loss of a temperature and its derivative by the logit. */
export interface TemperatureLoss {
  readonly loss: number;
  readonly grad: number;
}

/**
 * E-step: w = softmax over the samples of values / eta, added to `weights`, and the dual
 * L = eta (epsilon + mean_b logsumexp_s(values / eta) - ln S)  (arXiv:1806.06920, eq. 8).
 * @param values [S, B] @param weights [S, B]
 */
export function addWeights(
  { batch, samples }: MpoSizes,
  values: Floats,
  logit: number,
  epsilon: number,
  weights: Float64Array,
): TemperatureLoss {
  const eta = dualOf(logit);
  let logSums = 0;
  let weighted = 0;
  for (let b = 0; b < batch; b++) {
    let top = -Infinity;
    for (let s = 0; s < samples; s++) top = Math.max(top, values[s * batch + b] ?? 0);
    let sum = 0;
    for (let s = 0; s < samples; s++) sum += Math.exp(((values[s * batch + b] ?? 0) - top) / eta);
    for (let s = 0; s < samples; s++) {
      const at = s * batch + b;
      const weight = Math.exp(((values[at] ?? 0) - top) / eta) / sum;
      weights[at] = (weights[at] ?? 0) + weight;
      weighted += weight * (values[at] ?? 0);
    }
    logSums += top / eta + Math.log(sum);
  }
  const dual = epsilon + logSums / batch - Math.log(samples);
  return { loss: eta * dual, grad: sigmoid(logit) * (dual - weighted / batch / eta) };
}

/** Distance of each action vector from the box [-1, 1]^D, negative. @param actions [S, B, D] @param costs [S, B] */
export function actionCosts(sizes: MpoSizes, actions: Floats, costs: Float64Array): void {
  const { actions: dims } = sizes;
  let at = 0;
  for (let row = 0; row < costs.length; row++) {
    let sum = 0;
    for (const end = at + dims; at < end; at++) {
      const beyond = Math.abs(actions[at] ?? 0) - 1;
      if (beyond > 0) sum += beyond * beyond;
    }
    costs[row] = -Math.sqrt(sum);
  }
}

/** Everything the last evaluation found besides gradients; KLs are [D], means over the batch. */
export interface MpoReport {
  meanLoss: number;
  stdLoss: number;
  klMeanLoss: number;
  klStdLoss: number;
  alphaMeanLoss: number;
  alphaStdLoss: number;
  temperatureLoss: number;
  penaltyTemperatureLoss: number;
  readonly klMean: Float64Array;
  readonly klStd: Float64Array;
}

/** The M-step's loss with closed-form gradients, of one size; allocates nothing when evaluated. */
export class MpoLoss {
  /** [B, D] of the total loss by the online mean */
  readonly meanGrad: Float64Array;
  /** [B, D] by the online deviation */
  readonly scaleGrad: Float64Array;
  /** [2 + 2 D] by the logits of the duals */
  readonly dualGrad: Float64Array;
  readonly report: MpoReport;
  readonly #sizes: MpoSizes;
  readonly #bounds: MpoBounds;
  /** [S, B] w + w^p */
  readonly #weights: Float64Array;
  readonly #costs: Float64Array;
  /** [B] sum over the samples of the weights */
  readonly #mass: Float64Array;
  /** [B, D] weighted sums of (a - mu') and of its square */
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  constructor(sizes: MpoSizes, bounds: MpoBounds) {
    const { batch, samples, actions } = sizes;
    this.#sizes = sizes;
    this.#bounds = bounds;
    const rows = (count: number): Float64Array => new Float64Array(count);
    this.meanGrad = rows(batch * actions);
    this.scaleGrad = rows(batch * actions);
    this.dualGrad = rows(dualCount(actions));
    this.#weights = rows(samples * batch);
    this.#costs = rows(samples * batch);
    this.#mass = rows(batch);
    this.#first = rows(batch * actions);
    this.#second = rows(batch * actions);
    this.report = {
      meanLoss: 0,
      stdLoss: 0,
      klMeanLoss: 0,
      klStdLoss: 0,
      alphaMeanLoss: 0,
      alphaStdLoss: 0,
      temperatureLoss: 0,
      penaltyTemperatureLoss: 0,
      klMean: rows(actions),
      klStd: rows(actions),
    };
  }

  /** [S, B] weights of the last evaluation; columns sum to 1, or 2 with the penalty. */
  get weights(): Float64Array {
    return this.#weights;
  }

  /** Losses into `report`, gradients into `meanGrad`, `scaleGrad`, `dualGrad`. */
  evaluate(input: MpoInput): void {
    this.#weigh(input);
    this.#moments(input);
    this.#policy(input);
    this.#alphas(input);
  }

  /** E-step. */
  #weigh({ values, actions, duals }: MpoInput): void {
    const { epsilon, epsilonPenalty } = this.#bounds;
    const { report, dualGrad } = this;
    this.#weights.fill(0);
    const { temperature, penaltyTemperature } = DUAL;
    const main = addWeights(this.#sizes, values, duals[temperature] ?? 0, epsilon, this.#weights);
    report.temperatureLoss = main.loss;
    dualGrad[temperature] = main.grad;
    dualGrad[penaltyTemperature] = 0;
    if (epsilonPenalty === null) return;
    actionCosts(this.#sizes, actions, this.#costs);
    const logit = duals[penaltyTemperature] ?? 0;
    const penalty = addWeights(this.#sizes, this.#costs, logit, epsilonPenalty, this.#weights);
    report.penaltyTemperatureLoss = penalty.loss;
    dualGrad[penaltyTemperature] = penalty.grad;
  }

  /** Sums over the samples; both losses and all gradients follow from them. */
  #moments({ actions, target }: MpoInput): void {
    const { batch, samples, actions: dims } = this.#sizes;
    const first = this.#first.fill(0);
    const second = this.#second.fill(0);
    const mass = this.#mass.fill(0);
    const { mean } = target;
    const weights = this.#weights;
    const size = batch * dims;
    for (let s = 0; s < samples; s++) {
      for (let b = 0; b < batch; b++) {
        const weight = weights[s * batch + b] ?? 0;
        mass[b] = (mass[b] ?? 0) + weight;
        for (let at = b * dims, end = at + dims, from = s * size + at; at < end; at++, from++) {
          const offset = (actions[from] ?? 0) - (mean[at] ?? 0);
          const pull = weight * offset;
          first[at] = (first[at] ?? 0) + pull;
          second[at] = (second[at] ?? 0) + pull * offset;
        }
      }
    }
  }

  /** Negative weighted log-likelihoods with fixed deviation and with fixed mean, KLs by action, their gradients. */
  #policy({ target, online, duals }: MpoInput): void {
    const { batch, actions: dims } = this.#sizes;
    const { report, meanGrad, scaleGrad } = this;
    let [meanLoss, stdLoss] = [0, 0];
    for (let d = 0; d < dims; d++) {
      const alphaMean = dualOf(duals[DUAL.alphas + d] ?? 0);
      const alphaStd = dualOf(duals[DUAL.alphas + dims + d] ?? 0);
      let [klMean, klStd] = [0, 0];
      for (let b = 0; b < batch; b++) {
        const at = b * dims + d;
        const mass = this.#mass[b] ?? 0;
        const [first, second] = [this.#first[at] ?? 0, this.#second[at] ?? 0];
        const sigma = online.scale[at] ?? 0;
        const sigmaT = target.scale[at] ?? 0;
        const varianceT = sigmaT * sigmaT;
        const shift = (target.mean[at] ?? 0) - (online.mean[at] ?? 0);
        const ratio = varianceT / (sigma * sigma);
        meanLoss += (second + 2 * shift * first + mass * shift * shift) / (2 * varianceT);
        meanLoss += mass * (Math.log(sigmaT) + HALF_LOG_2PI);
        stdLoss += second / (2 * sigma * sigma) + mass * (Math.log(sigma) + HALF_LOG_2PI);
        klMean += (shift * shift) / (2 * varianceT);
        klStd += 0.5 * (ratio - 1 - Math.log(ratio));
        meanGrad[at] = -(first + mass * shift + alphaMean * shift) / varianceT / batch;
        scaleGrad[at] = (mass - second / (sigma * sigma) + alphaStd * (1 - ratio)) / sigma / batch;
      }
      report.klMean[d] = klMean / batch;
      report.klStd[d] = klStd / batch;
    }
    report.meanLoss = meanLoss / batch;
    report.stdLoss = stdLoss / batch;
  }

  /** Multipliers of the KLs. */
  #alphas({ duals }: MpoInput): void {
    const dims = this.#sizes.actions;
    const { epsilonMean, epsilonStd } = this.#bounds;
    const { report } = this;
    const mean = this.#alphaGroup(duals, DUAL.alphas, report.klMean, epsilonMean);
    const std = this.#alphaGroup(duals, DUAL.alphas + dims, report.klStd, epsilonStd);
    [report.klMeanLoss, report.alphaMeanLoss] = mean;
    [report.klStdLoss, report.alphaStdLoss] = std;
  }

  /** @returns sum of alpha KL, sum of alpha (epsilon - KL) */
  #alphaGroup(duals: Floats, from: number, kl: Float64Array, epsilon: number): [number, number] {
    let [klLoss, alphaLoss] = [0, 0];
    for (let d = 0; d < kl.length; d++) {
      const logit = duals[from + d] ?? 0;
      const slack = epsilon - (kl[d] ?? 0);
      const alpha = dualOf(logit);
      klLoss += alpha * (kl[d] ?? 0);
      alphaLoss += alpha * slack;
      this.dualGrad[from + d] = sigmoid(logit) * slack;
    }
    return [klLoss, alphaLoss];
  }
}
