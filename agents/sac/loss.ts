import { softplus } from "../core/activations.ts";

/*
 * Axes: B batch, D actions; arrays row-major. u = mean + sigma noise, a = tanh u.
 *
 * Soft actor-critic (Haarnoja et al. 2018, arXiv:1801.01290, and 2018b, arXiv:1812.05905).
 */

type Floats = Float32Array | Float64Array;

/** Bounds of the logarithm of the deviation. */
export const LOG_SCALE_BOUNDS = [-20, 2] as const;
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** ln(1 - tanh² u) without cancellation: 2 (ln 2 - u - softplus(-2 u)). */
export function logTanhSlope(u: number): number {
  return 2 * (Math.LN2 - u - softplus(-2 * u));
}

export function clampedLogScale(raw: number): number {
  return Math.min(Math.max(raw, LOG_SCALE_BOUNDS[0]), LOG_SCALE_BOUNDS[1]);
}

/** Draws of a squashed Gaussian. */
export interface SquashedDraws {
  /** [B, D] a */
  readonly action: Floats;
  /** [B] ln pi(a) */
  readonly logProb: Floats;
}

/**
 * a = tanh(u) and its log-probability sum_d [ ln N(u; mean, sigma) - ln(1 - a²) ]  (2018b, eq. 21 of appendix C).
 * @param raw [B, 2 D] mean, then logarithm of the deviation before its bounds @param noise [B, D]
 */
export function squashedDraws(raw: Floats, dims: number, noise: Floats, { action, logProb }: SquashedDraws): void {
  for (let b = 0; b < logProb.length; b++) {
    let sum = 0;
    for (let d = 0; d < dims; d++) {
      const at = b * dims + d;
      const logScale = clampedLogScale(raw[(2 * b + 1) * dims + d] ?? 0);
      const draw = noise[at] ?? 0;
      const u = (raw[2 * b * dims + d] ?? 0) + Math.exp(logScale) * draw;
      action[at] = Math.tanh(u);
      sum -= 0.5 * draw * draw + logScale + HALF_LOG_2PI + logTanhSlope(u);
    }
    logProb[b] = sum;
  }
}

/** What the gradient of the actor's loss is made of. */
export interface SacActorInput {
  /** [B, 2 D] */
  readonly raw: Floats;
  /** [B, D] */
  readonly noise: Floats;
  /** [B, D] tanh u */
  readonly action: Floats;
  /** [B, D] gradient of sum_b Q(s_b, a_b) by the action */
  readonly valueGrad: Floats;
  readonly temperature: number;
}

/**
 * Gradient of mean_b [ alpha ln pi(a_b) - Q(s_b, a_b) ] by the actor's outputs (2018b, eq. 9): with dlnpi/du = 2 a,
 * dlnpi/dln sigma = -1 + 2 a sigma noise; none by a logarithm that is held at a bound.
 * @param out [B, 2 D]
 */
export function actorGrad(
  { raw, noise, action, valueGrad, temperature }: SacActorInput,
  dims: number,
  out: Floats,
): void {
  const rows = action.length / dims;
  for (let b = 0; b < rows; b++) {
    for (let d = 0; d < dims; d++) {
      const at = b * dims + d;
      const toScale = (2 * b + 1) * dims + d;
      const a = action[at] ?? 0;
      const logScale = raw[toScale] ?? 0;
      const byDraw = 2 * temperature * a - (valueGrad[at] ?? 0) * (1 - a * a);
      out[2 * b * dims + d] = byDraw / rows;
      const held = logScale < LOG_SCALE_BOUNDS[0] || logScale > LOG_SCALE_BOUNDS[1];
      out[toScale] = held ? 0 : (byDraw * Math.exp(logScale) * (noise[at] ?? 0) - temperature) / rows;
    }
  }
}

/** Gradient of -ln alpha mean_b (ln pi(a_b) + target) by ln alpha (2018b, eq. 18 in the form its code uses). */
export function temperatureGrad(logProb: Floats, target: number): number {
  let sum = 0;
  for (let b = 0; b < logProb.length; b++) sum += (logProb[b] ?? 0) + target;
  return -sum / logProb.length;
}
