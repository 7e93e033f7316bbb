/** Environments one after the other, in this thread. Each input line is an id, or seconds to step it. */
import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { RowOut } from "../../protocol/env.ts";
import { allocate } from "../../protocol/ndarray.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { layoutOf } from "../../protocol/spaces.ts";

const TAPE = 50;

/** One environment with the room for its results and the actions to play. */
class Row {
  readonly env: TaskEnv;
  readonly #out: RowOut;
  readonly #tape: readonly Float32Array[];

  constructor(env: TaskEnv) {
    const { obs_space: obs, act_space: act, info_keys: terms } = env.spec;
    const rng = createRng(0);
    const size = layoutOf(act).buffers[0]?.size ?? 0;
    const low = act.type === "box" ? boundsOf(act.low.data) : [];
    const high = act.type === "box" ? boundsOf(act.high.data) : [];
    const draw = (_: unknown, i: number): number => {
      const from = low[i % low.length] ?? 0;
      return from + ((high[i % high.length] ?? 1) - from) * rng.random();
    };
    this.env = env;
    this.#tape = Array.from({ length: TAPE }, () => Float32Array.from({ length: size }, draw));
    this.#out = {
      obs: layoutOf(obs).buffers.map((buffer) => allocate(buffer.dtype, buffer.size)),
      terms: new Float64Array(terms.length),
      reward: 0,
      terminated: false,
      truncated: false,
      error: null,
    };
    env.resetInto(0, undefined, this.#out);
  }

  /** Mean time of a step, us; resets are not counted. */
  measure(budget: number): { value: number; count: number } {
    const out = this.#out;
    let count = 0;
    let spent = 0;
    while (spent < budget * 1000) {
      const start = performance.now();
      this.env.stepInto([this.#tape[count % TAPE] ?? new Float32Array()], out);
      spent += performance.now() - start;
      count++;
      if (out.terminated || out.truncated) this.env.resetInto(null, undefined, out);
    }
    return { value: (1000 * spent) / count, count };
  }
}

function boundsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

async function main(): Promise<void> {
  const engine = await createWasmEngine();
  let row: Row | null = null;
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    if (/^\d/.test(line)) {
      console.log(JSON.stringify(row?.measure(Number(line))));
      continue;
    }
    row?.env[Symbol.dispose]();
    const definition = findEnv(line);
    row = new Row(createEnv(definition, validateKwargs(definition, {}), engine, { seed: 0 }));
    console.log(JSON.stringify({ value: 0 }));
  }
}

await main();
