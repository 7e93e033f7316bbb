import { sigmoid, softplus } from "../core/activations.ts";
import type { Floats } from "./loss.ts";

/*
 * Axes: B rows, D actions. The actor's last layer has 2 D outputs: D of the mean, then D of the deviation.
 */

/** Of the standard deviation, in action units. */
export const SCALE_BOUNDS = [1e-4, 1] as const;

/** mean = tanh, deviation = softplus within bounds. @param raw [B, 2 D] @param mean @param scale [B, D] */
export function gaussianHead(raw: Floats, dims: number, mean: Floats, scale: Floats): void {
  const rows = mean.length / dims;
  const [least, most] = SCALE_BOUNDS;
  for (let b = 0; b < rows; b++) {
    for (let d = 0; d < dims; d++) {
      const at = b * dims + d;
      mean[at] = Math.tanh(raw[2 * b * dims + d] ?? 0);
      const free = softplus(raw[(2 * b + 1) * dims + d] ?? 0);
      scale[at] = free < least ? least : free > most ? most : free;
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
  const [least, most] = SCALE_BOUNDS;
  for (let b = 0; b < rows; b++) {
    for (let d = 0; d < dims; d++) {
      const at = b * dims + d;
      const [toMean, toScale] = [2 * b * dims + d, (2 * b + 1) * dims + d];
      const tanh = mean[at] ?? 0;
      const x = raw[toScale] ?? 0;
      const free = softplus(x);
      const held = free < least || free > most;
      out[toMean] = (meanGrad[at] ?? 0) * (1 - tanh * tanh);
      out[toScale] = held ? 0 : (scaleGrad[at] ?? 0) * sigmoid(x);
    }
  }
}
