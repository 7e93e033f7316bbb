import { namedStream } from "../../../protocol/random/generator.ts";
import { paramCount, type TensorBackend } from "./backend.ts";

/** Critic of myoLegWalk with two layers of 256, a batch of 256. */
const SIZES = [403, 256, 256, 1] as const;
const ROWS = 256;
/** The first passes load kernels and fill caches. */
const WARM_UP = 3;
const REPEATS = 15;

/** What `timeReferenceUpdate` times, for people. */
export const REFERENCE_UPDATE = `forward and backward of ${SIZES.join("-")} on ${ROWS} rows`;

/** Median time of a forward and a backward pass of the reference network, ms. */
export function timeReferenceUpdate(backend: TensorBackend): number {
  const rng = namedStream(0, "reference-update");
  const params = Float32Array.from({ length: paramCount(SIZES) }, () => rng.uniform(-0.05, 0.05));
  const x = Float32Array.from({ length: ROWS * SIZES[0] }, () => rng.uniform(-1, 1));
  const out = new Float32Array(ROWS);
  using mlp = backend.mlp(SIZES, params);
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + REPEATS; i++) {
    const start = performance.now();
    mlp.forward({ rows: ROWS, x }, out, true);
    mlp.backward(out);
    if (i >= WARM_UP) times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0;
}
