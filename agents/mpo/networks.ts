import type { ActorCriticShape } from "../core/actor-critic.ts";
import type { MpoConfig } from "./config.ts";
import type { Floats } from "./loss.ts";

/*
 * Axes: B rows, D actions. The actor's last layer has 2 D outputs: D of the mean, then D of the deviation.
 */

type Hidden = Pick<MpoConfig, "hidden">;

export const actorSizes = ({ obs, actions }: ActorCriticShape, { hidden }: Hidden): number[] => [
  obs,
  ...hidden,
  2 * actions,
];

export const criticSizes = ({ obs, actions }: ActorCriticShape, { hidden }: Hidden): number[] => [
  obs + actions,
  ...hidden,
  1,
];

/** Of the standard deviation, in action units. */
export const SCALE_BOUNDS = [1e-4, 1] as const;

/** Outputs whose softplus is a bound: ln(e^bound - 1). */
const [HELD_BELOW, HELD_ABOVE] = SCALE_BOUNDS.map((bound) => Math.log(Math.expm1(bound))) as [number, number];

/** mean = tanh, deviation = softplus within bounds. @param raw [B, 2 D] @param mean @param scale [B, D] */
export function gaussianHead(raw: Floats, dims: number, mean: Floats, scale: Floats): void {
  const rows = mean.length / dims;
  const [least, most] = SCALE_BOUNDS;
  for (let b = 0; b < rows; b++) {
    const toMean = 2 * b * dims;
    const toScale = toMean + dims;
    const at = b * dims;
    for (let d = 0; d < dims; d++) {
      // In the form that takes one exponential; exact to 1e-16, and deviations start at 1e-4.
      mean[at + d] = 1 - 2 / (Math.exp(2 * (raw[toMean + d] ?? 0)) + 1);
      const x = raw[toScale + d] ?? 0;
      scale[at + d] = x <= HELD_BELOW ? least : x >= HELD_ABOVE ? most : Math.log(1 + Math.exp(x));
    }
  }
}

/**
 * Gradient by the raw outputs; none passes a deviation that is held at a bound.
 * @param meanGrad @param scaleGrad [B, D] @param out [B, 2 D]
 */
export function gaussianHeadGrad(
  raw: Floats,
  dims: number,
  mean: Floats,
  meanGrad: Floats,
  scaleGrad: Floats,
  out: Floats,
): void {
  const rows = mean.length / dims;
  for (let b = 0; b < rows; b++) {
    const toMean = 2 * b * dims;
    const toScale = toMean + dims;
    const at = b * dims;
    for (let d = 0; d < dims; d++) {
      const tanh = mean[at + d] ?? 0;
      const x = raw[toScale + d] ?? 0;
      out[toMean + d] = (meanGrad[at + d] ?? 0) * (1 - tanh * tanh);
      out[toScale + d] = x < HELD_BELOW || x > HELD_ABOVE ? 0 : (scaleGrad[at + d] ?? 0) / (1 + Math.exp(-x));
    }
  }
}
