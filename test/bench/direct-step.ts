import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import { allocate } from "../../protocol/ndarray.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { median } from "./report.ts";

/** Median time of one control step in this process, us: what a round trip pays for physics and task alone. */
async function main(id: string): Promise<void> {
  const definition = findEnv(id);
  const env = createEnv(definition, validateKwargs(definition, {}), await createWasmEngine(), { seed: 0 });
  const obs = layoutOf(env.spec.obs_space).buffers.map((buffer) => allocate(buffer.dtype, buffer.size));
  const out = {
    obs,
    terms: new Float64Array(env.spec.info_keys.length),
    reward: 0,
    terminated: false,
    truncated: false,
    error: null,
  };
  const size = layoutOf(env.spec.act_space).buffers[0]?.size ?? 0;
  const rng = createRng(0);
  const tape = Array.from({ length: 50 }, () => Float32Array.from({ length: size }, () => rng.random()));
  env.resetInto(0, undefined, out);
  let step = 0;
  const measure = (seconds: number): number => {
    const samples: number[] = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const action = [tape[step++ % tape.length] ?? new Float32Array(size)];
      const start = performance.now();
      env.stepInto(action, out);
      samples.push((performance.now() - start) * 1000);
      if (out.terminated || out.truncated) env.resetInto(null, undefined, out);
    }
    return median(samples);
  };
  measure(2);
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify({ value: measure(Number(line)) }));
  }
}

await main(process.argv[2] ?? "myoLegWalk-v0");
