import type { PolicyArray, PolicyExport } from "../../protocol/agent.ts";
import { createRng } from "../../protocol/random/generator.ts";

const SIZES = [5, 8, 7, 6] as const;
const ACTIONS = 3;

/** A policy of kind gaussian-mlp with numbers of size 1. */
export function somePolicy(): PolicyExport {
  const rng = createRng(11);
  const draw = (...shape: number[]): PolicyArray => {
    const length = shape.reduce((product, n) => product * n, 1);
    return { shape, data: Float32Array.from({ length }, () => rng.standardNormal()) };
  };
  const fill = (value: number): PolicyArray => ({ shape: [ACTIONS], data: new Float32Array(ACTIONS).fill(value) });
  const arrays: Record<string, PolicyArray> = {
    obs_mean: draw(5),
    obs_std: { shape: [5], data: Float32Array.of(0.5, 1, 2, 0.01, 3) },
  };
  SIZES.slice(1).forEach((outputs, layer) => {
    arrays[`w${layer}`] = draw(SIZES[layer]!, outputs);
    arrays[`b${layer}`] = draw(outputs);
  });
  Object.assign(arrays, {
    action_middle: fill(0.5),
    action_half: fill(0.5),
    action_low: fill(0.1),
    action_high: fill(0.9),
  });
  return { meta: { kind: "gaussian-mlp", algo: "mpo", sizes: [...SIZES] }, arrays };
}

/** The best action of `somePolicy` in plain loops. */
export function bestAction(policy: PolicyExport, obs: Float32Array): number[] {
  const of = (name: string): Float32Array => policy.arrays[name]!.data;
  let x = [...obs].map((value, i) => (value - of("obs_mean")[i]!) / of("obs_std")[i]!);
  SIZES.slice(1).forEach((outputs, layer) => {
    const y = Array.from(of(`b${layer}`));
    for (let i = 0; i < x.length; i++)
      for (let j = 0; j < outputs; j++) y[j]! += x[i]! * of(`w${layer}`)[i * outputs + j]!;
    x = layer < SIZES.length - 2 ? y.map((value) => Math.max(0, value)) : y;
  });
  return x
    .slice(0, ACTIONS)
    .map((value, i) => Math.tanh(value) * of("action_half")[i]! + of("action_middle")[i]!)
    .map((value, i) => Math.min(Math.max(value, of("action_low")[i]!), of("action_high")[i]!));
}
