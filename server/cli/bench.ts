import { availableParallelism } from "node:os";
import { Option, type Command } from "commander";
import { ENGINE_NAMES, settleEngine, type EngineName } from "../../envs/engine/select.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { allocate, type NumericArray } from "../../protocol/ndarray.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { layoutOf, type Space } from "../../protocol/spaces.ts";
import { catalogWith } from "../environments.ts";
import { createLog } from "../log.ts";
import { PackInstaller } from "../packs.ts";
import { LocalVectorEnv } from "../vector/local-vector-env.ts";
import { userFolder } from "../user-folder.ts";
import { PhysicsPool } from "../workers/physics-pool.ts";
import { printJson } from "./json.ts";
import { integer, jsonObject, userDirOption } from "./options.ts";

interface BenchFlags {
  readonly envs: number;
  readonly seconds: number;
  readonly workers: number;
  readonly engine: EngineName;
  readonly kwargs: JsonObject;
  readonly userDir: string | null;
  readonly json: boolean;
}

const WARM_UP_SECONDS = 1;
const MAX_SECONDS = 3600;
const MAX_ENVS = 65_536;
const MAX_WORKERS = 1024;

/** Actions in [0, 1]: inside the box of every muscle-driven task. */
function randomActions(space: Space, rows: number): NumericArray[] {
  const rng = createRng(0);
  return layoutOf(space).buffers.map(({ dtype, size }) => {
    const array = allocate(dtype, rows * size);
    if (array instanceof Float32Array || array instanceof Float64Array) {
      for (let i = 0; i < array.length; i++) array[i] = rng.random();
    }
    return array;
  });
}

async function stepFor(env: LocalVectorEnv, actions: readonly NumericArray[], seconds: number): Promise<number> {
  const start = performance.now();
  let batches = 0;
  while (performance.now() - start < seconds * 1000) {
    await env.step(actions);
    batches++;
  }
  return (batches * env.numEnvs) / ((performance.now() - start) / 1000);
}

async function bench(id: string, flags: BenchFlags): Promise<void> {
  const { envs, seconds, workers, engine: name, kwargs, json } = flags;
  const log = createLog("warn");
  const { id: engine, note } = await settleEngine(name);
  if (note !== null) log.warn(note);
  const user = userFolder(flags.userDir);
  const catalog = catalogWith(user);
  const checked = catalog.kwargs(id, kwargs);
  await new PackInstaller(catalog, createLog("info")).ensure(id);
  const environments = new URL("../environments.js", import.meta.url).href;
  const pool = new PhysicsPool({ workers, catalog: environments, tasks: user.tasks, engine, maxGroups: 1, log });
  try {
    await using env = await LocalVectorEnv.make({
      pool,
      env: id,
      kwargs: checked,
      numEnvs: envs,
      autoreset: "next_step",
      seed: 0,
    });
    await env.reset(Array.from({ length: envs }, (_, row) => row));
    const actions = randomActions(env.spec.act_space, envs);
    await stepFor(env, actions, WARM_UP_SECONDS);
    const rate = await stepFor(env, actions, seconds);
    if (json) printJson({ id, envs, workers, engine: env.spec.engine, seconds, env_steps_per_s: rate });
    else console.log(`${id}: ${rate.toFixed(0)} env-steps/s (${envs} envs, ${workers} workers, ${env.spec.engine})`);
  } finally {
    await pool.stop();
  }
}

export function addBenchCommand(root: Command): void {
  root
    .command("bench <id>")
    .description("quick local figure: env-steps per second of the physics workers, without a socket")
    .option("--envs <number>", "rows", integer(1, MAX_ENVS), 64)
    .option("--seconds <number>", "time to measure", integer(1, MAX_SECONDS), 5)
    .option("--workers <number>", "physics worker threads", integer(1, MAX_WORKERS), availableParallelism())
    .addOption(new Option("--engine <name>", "physics engine").choices([...ENGINE_NAMES]).default("wasm"))
    .option("--kwargs <json>", "keyword arguments as a JSON object", jsonObject, {})
    .addOption(userDirOption())
    .option("--json", "print JSON", false)
    .action(bench);
}
