import type { Rng } from "../../../protocol/random/generator.ts";
import { paramCount } from "./backend.ts";

/**
 * Weights and biases as torch's Linear starts them: uniform in ±1/sqrt(inputs), by layer W [in, out], then b [out].
 */
export function initialParams(sizes: readonly number[], rng: Rng): Float32Array {
  const params = new Float32Array(paramCount(sizes));
  let at = 0;
  sizes.slice(1).forEach((outputs, layer) => {
    const inputs = sizes[layer] ?? 0;
    const bound = 1 / Math.sqrt(inputs);
    for (const end = at + (inputs + 1) * outputs; at < end; at++) params[at] = rng.uniform(-bound, bound);
  });
  return params;
}
