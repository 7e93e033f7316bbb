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
      const a = actions[at] ?? 0;
      // max(|a|, 1) - 1 without a branch: which samples are beyond is as good as random.
      const beyond = 0.5 * (Math.abs(a - 1) + Math.abs(a + 1)) - 1;
      sum += beyond * beyond;
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
  /** [D] */
  readonly #alphaMean: Float64Array;
  readonly #alphaStd: Float64Array;
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
    this.#alphaMean = rows(actions);
    this.#alphaStd = rows(actions);
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
  #moments({ actions, target: { mean } }: MpoInput): void {
    const { batch, samples, actions: dims } = this.#sizes;
    const weights = this.#weights;
    const [mass, first, second] = [this.#mass, this.#first, this.#second];
    for (let b = 0; b < batch; b++) {
      let sum = 0;
      for (let s = 0; s < samples; s++) sum += weights[s * batch + b] ?? 0;
      mass[b] = sum;
      const row = b * dims;
      first.fill(0, row, row + dims);
      second.fill(0, row, row + dims);
      // Row by row: sample by sample lies 4 KiB times something apart, which caches take badly.
      let s = 0;
      for (; s + 4 <= samples; s += 4) this.#addFour(actions, mean, b, s);
      for (; s < samples; s++) this.#addOne(actions, mean, b, s);
    }
  }

  #addOne(actions: Floats, mean: Floats, b: number, s: number): void {
    const { batch, actions: dims } = this.#sizes;
    const [first, second] = [this.#first, this.#second];
    const weight = this.#weights[s * batch + b] ?? 0;
    const row = b * dims;
    const from = (s * batch + b) * dims;
    for (let d = 0; d < dims; d++) {
      const offset = (actions[from + d] ?? 0) - (mean[row + d] ?? 0);
      const pull = weight * offset;
      first[row + d] = (first[row + d] ?? 0) + pull;
      second[row + d] = (second[row + d] ?? 0) + pull * offset;
    }
  }

  /** Samples s to s + 3 of row b: three times as fast as one by one. */
  #addFour(actions: Floats, mean: Floats, b: number, s: number): void {
    const { batch, actions: dims } = this.#sizes;
    const [first, second, weights] = [this.#first, this.#second, this.#weights];
    const at = s * batch + b;
    const w0 = weights[at] ?? 0;
    const w1 = weights[at + batch] ?? 0;
    const w2 = weights[at + 2 * batch] ?? 0;
    const w3 = weights[at + 3 * batch] ?? 0;
    const size = batch * dims;
    const row = b * dims;
    for (let d = row, from = at * dims; d < row + dims; d++, from++) {
      const center = mean[d] ?? 0;
      const a0 = (actions[from] ?? 0) - center;
      const a1 = (actions[from + size] ?? 0) - center;
      const a2 = (actions[from + 2 * size] ?? 0) - center;
      const a3 = (actions[from + 3 * size] ?? 0) - center;
      first[d] = (first[d] ?? 0) + (w0 * a0 + w1 * a1 + (w2 * a2 + w3 * a3));
      second[d] = (second[d] ?? 0) + (w0 * a0 * a0 + w1 * a1 * a1 + (w2 * a2 * a2 + w3 * a3 * a3));
    }
  }

  /** Negative weighted log-likelihoods with fixed deviation and with fixed mean, KLs by action, their gradients. */
  #policy({ target, online, duals }: MpoInput): void {
    const { batch, actions: dims } = this.#sizes;
    const { report, meanGrad, scaleGrad } = this;
    const [alphaMean, alphaStd, mass] = [this.#alphaMean, this.#alphaStd, this.#mass];
    for (let d = 0; d < dims; d++) {
      alphaMean[d] = dualOf(duals[DUAL.alphas + d] ?? 0);
      alphaStd[d] = dualOf(duals[DUAL.alphas + dims + d] ?? 0);
    }
    const klMean = report.klMean.fill(0);
    const klStd = report.klStd.fill(0);
    let meanLoss = 0;
    let stdLoss = 0;
    for (let b = 0; b < batch; b++) {
      const all = mass[b] ?? 0;
      for (let d = 0; d < dims; d++) {
        const at = b * dims + d;
        const pulls = this.#first[at] ?? 0;
        const squares = this.#second[at] ?? 0;
        const sigma = online.scale[at] ?? 0;
        const sigmaT = target.scale[at] ?? 0;
        const inverse = 1 / (sigma * sigma);
        const inverseT = 1 / (sigmaT * sigmaT);
        const shift = (target.mean[at] ?? 0) - (online.mean[at] ?? 0);
        const ratio = sigmaT * sigmaT * inverse;
        const logSigma = Math.log(sigma);
        const logSigmaT = Math.log(sigmaT);
        meanLoss += 0.5 * inverseT * (squares + shift * (2 * pulls + all * shift)) + all * (logSigmaT + HALF_LOG_2PI);
        stdLoss += 0.5 * inverse * squares + all * (logSigma + HALF_LOG_2PI);
        klMean[d] = (klMean[d] ?? 0) + 0.5 * inverseT * shift * shift;
        klStd[d] = (klStd[d] ?? 0) + 0.5 * (ratio - 1) + logSigma - logSigmaT;
        meanGrad[at] = (-inverseT * (pulls + (all + (alphaMean[d] ?? 0)) * shift)) / batch;
        scaleGrad[at] = (all - inverse * squares + (alphaStd[d] ?? 0) * (1 - ratio)) / sigma / batch;
      }
    }
    for (let d = 0; d < dims; d++) {
      klMean[d] = (klMean[d] ?? 0) / batch;
      klStd[d] = (klStd[d] ?? 0) / batch;
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
