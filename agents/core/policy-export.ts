import type { AgentContext, PolicyArray, PolicyExport } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import type { ActionRange } from "./spaces.ts";

/*
 * Axes: O observation, A actions.
 */

/** What happens to the 2 A outputs: A of the mean, then A of the deviation. */
export interface PolicyHead {
  /** The Gaussian's mean is tanh of its outputs, or it is them and tanh comes after a sample. The best action is the same. */
  readonly tanh: "mean" | "sample";
  readonly deviation: "softplus" | "exp";
  /** Bounds of the deviation for softplus, of its logarithm for exp. */
  readonly bounds: readonly [number, number];
}

interface PolicyNetwork {
  readonly algo: string;
  /** [O, hidden …, 2 A] */
  readonly sizes: readonly number[];
  /** By layer W [in, out], then b [out]. */
  readonly params: Float32Array;
  readonly head: PolicyHead;
}

const copied = (shape: readonly number[], values: ArrayLike<number>): PolicyArray => ({
  shape,
  data: Float32Array.from(values),
});

/** Layers as `w0` [in, out], `b0` [out], `w1`, … */
function layersOf({ sizes, params }: PolicyNetwork): Record<string, PolicyArray> {
  const arrays: Record<string, PolicyArray> = {};
  let at = 0;
  sizes.slice(1).forEach((outputs, layer) => {
    const inputs = sizes[layer] ?? 0;
    arrays[`w${layer}`] = copied([inputs, outputs], params.subarray(at, (at += inputs * outputs)));
    arrays[`b${layer}`] = copied([outputs], params.subarray(at, (at += outputs)));
  });
  return arrays;
}

/**
 * A Gaussian policy for playing: obs are the elements `obs_columns` of an observation (null: all), x = (obs - obs_mean) / obs_std, layers with ReLU between them, best action
 * tanh(first A outputs), then action_middle + action_half * a, clipped to [action_low, action_high].
 * @param normaliser [O] @param columns [O]
 */
export function exportPolicy(
  network: PolicyNetwork,
  normaliser: { readonly mean: ArrayLike<number>; readonly std: ArrayLike<number> },
  range: ActionRange,
  spec: AgentContext["spec"],
  columns: Int32Array | null,
): PolicyExport {
  const { algo, sizes, head } = network;
  const { size, middle, half, low, high } = range;
  const meta: JsonObject = {
    kind: "gaussian-mlp",
    algo,
    sizes: [...sizes],
    activation: "relu",
    tanh: head.tanh,
    deviation: head.deviation,
    deviation_bounds: [...head.bounds],
    obs_buffers: layoutOf(spec.obs_space).buffers.map(({ dtype, size: elements }) => [dtype, elements]),
    obs_columns: columns === null ? null : [...columns],
    obs_keys: spec.obs_keys as unknown as JsonObject,
    act_buffers: layoutOf(spec.act_space).buffers.map(({ dtype, size: elements }) => [dtype, elements]),
    actuators: [...spec.actuators],
    dt: spec.dt,
  };
  const arrays = {
    obs_mean: copied([normaliser.mean.length], normaliser.mean),
    obs_std: copied([normaliser.std.length], normaliser.std),
    ...layersOf(network),
    action_middle: copied([size], middle),
    action_half: copied([size], half),
    action_low: copied([size], low),
    action_high: copied([size], high),
  };
  return { meta, arrays };
}
