import { openEngine } from "../../../../envs/engine/select.ts";
import type { EngineId } from "../../../../envs/engine/physics.ts";
import { createEnv, findEnv, validateKwargs } from "../../../../envs/registry.ts";
import type { JsonObject } from "../../../../protocol/env.ts";
import { createController } from "../exploration/controllers.ts";
import { DEP, type World } from "./plan.ts";

/** Control steps that synergies are taken from: ten episodes. */
const STEPS = 2000;

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null;

/** Actions of DEP in a world, a list a step. */
async function recordDep({ id, kwargs }: World, seed: number, engineId: EngineId): Promise<number[][]> {
  using engine = await openEngine(engineId);
  const definition = findEnv(id);
  using env = createEnv(definition, validateKwargs(definition, { ...kwargs, obs_keys: ["muscle"] }), engine, { seed });
  const { spec } = env;
  const dep = createController({ kind: "agent", algo: "dep", config: DEP }, { spec, seed, copies: null });
  const actions: number[][] = [];
  let out = env.reset(seed);
  for (let step = 0; step < STEPS; step++) {
    if (out.truncated) out = env.reset(null);
    const action = dep.act(out.obs[0] as Float32Array);
    actions.push([...action]);
    out = env.step([action]);
  }
  return actions;
}

/** A plan names the recording that SAR takes its synergies from as `actions: "dep"`: it is made here. */
export async function withRecording(
  config: JsonObject,
  world: World,
  seed: number,
  engine: EngineId,
): Promise<JsonObject> {
  const { exploration } = config;
  if (!isObject(exploration) || exploration["actions"] !== "dep") return config;
  return { ...config, exploration: { ...exploration, actions: await recordDep(world, seed, engine) } };
}
