import { namedStream } from "../../../protocol/random/generator.ts";

/** How a comparison moves the muscles. */
export const ACTION_KINDS = ["sine", "uniform"] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** The recordings' actions: 95 % of the range, one sine an element. */
const AMPLITUDE = 0.475;
/** Cycles a control step, and the phase by which the next element runs ahead, in cycles. */
const FREQUENCY = 0.037;
const PHASE = 0.1731;

export interface ActionPlan {
  readonly kind: ActionKind;
  readonly seed: number;
  readonly episodes: number;
  readonly steps: number;
}

/** Actions of all episodes, [episodes, steps, low.length], the same for both sides. */
export function plannedActions(
  { kind, seed, episodes, steps }: ActionPlan,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
): { readonly values: Float32Array; readonly shape: readonly number[] } {
  const size = low.length;
  const values = new Float32Array(episodes * steps * size);
  const rng = namedStream(seed, "parity-actions");
  for (let k = 0; k < values.length; k++) {
    const i = k % size;
    const step = (k - i) / size;
    const share =
      kind === "uniform" ? rng.random() : 0.5 + AMPLITUDE * Math.sin(2 * Math.PI * (FREQUENCY * step + PHASE * i));
    const bottom = low[i] ?? NaN;
    values[k] = bottom + ((high[i] ?? NaN) - bottom) * share;
  }
  return { values, shape: [episodes, steps, size] };
}
