import type { TensorBackend } from "../../../../agents/core/tensor/backend.ts";
import { openTensors } from "../../../../agents/core/tensor/tfjs.ts";
import { findAgent, resolveConfig } from "../../../../agents/registry.ts";
import type { EngineId } from "../../../../envs/engine/physics.ts";
import type { Learner } from "../../../../protocol/agent.ts";
import type { JsonObject } from "../../../../protocol/env.ts";
import { layoutOf } from "../../../../protocol/spaces.ts";
import { catalog } from "../../../../server/environments.ts";
import { createLog } from "../../../../server/log.ts";
import { actorOf, playEpisodes, summarise, type Actor } from "../../../../server/training/evaluation.ts";
import { TrainingLoop } from "../../../../server/training/training-loop.ts";
import { TrainingWindow } from "../../../../server/training/training-window.ts";
import { LocalVectorEnv } from "../../../../server/vector/local-vector-env.ts";
import { compiledUrl } from "../../../../protocol/compiled-url.ts";
import { PhysicsPool } from "../../../../server/workers/physics-pool.ts";
import type { World } from "./plan.ts";
import { withRecording } from "./record-dep.ts";

/** Rows of a run and of its evaluation. */
const MAX_GROUPS = 2;
/** Row i takes seed + i: trials lie so far apart that no two share a row's. */
const SEED_STRIDE = 1000;

/** What decides a trial's outcome beside engine and tensor library. */
export interface Trial {
  readonly world: World;
  readonly method: string;
  readonly algo: string;
  /** Over the algorithm's defaults. */
  readonly config: JsonObject;
  readonly seed: number;
  /** Env-steps of all rows. */
  readonly steps: number;
  readonly rows: number;
  readonly evaluations: { readonly count: number; readonly waves: number; readonly seed: number };
}

/** One evaluation. */
export interface Point {
  /** Share of the episodes that are solved in their last step. */
  readonly success: number;
  /** Steps that are solved, mean over episodes. */
  readonly solved_steps: number;
  /** Env-steps so far. */
  readonly steps: number;
  /** Time of training so far, without evaluations, s: on the wall, and of all cores. */
  readonly wall: number;
  readonly cpu: number;
}

export interface TrialResult {
  readonly curve: readonly Point[];
  /** Mean success of the curve. */
  readonly metric: number;
  readonly updates: number;
  /** Of the whole trial with evaluations, s. */
  readonly wall: number;
  readonly cpu: number;
  readonly engine: string;
  readonly tensors: string;
  readonly threads: number;
}

/** s */
interface Clock {
  readonly wall: number;
  readonly cpu: number;
}

function clock(): Clock {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

const since = (start: Clock): Clock => {
  const now = clock();
  return { wall: now.wall - start.wall, cpu: now.cpu - start.cpu };
};

/** Default observation groups and those the algorithm reads. */
async function kwargsOf({ id, kwargs }: Trial["world"], needed: readonly string[], engine: EngineId) {
  const host = await catalog.openHost(engine);
  using env = host.create(id, catalog.kwargs(id, kwargs), 0);
  const groups = Object.keys(env.spec.obs_keys);
  const added = needed.filter((group) => !groups.includes(group));
  return catalog.kwargs(id, added.length === 0 ? kwargs : { ...kwargs, obs_keys: [...groups, ...added] });
}

/** @throws Error where the environment does not say when it is solved */
async function evaluate(test: LocalVectorEnv, episodes: number, seed: number, act: Actor) {
  const results = await playEpisodes(test, { episodes, seed }, act);
  const { solved, length } = results === null ? { solved: null, length: 0 } : summarise(results);
  if (solved === null) throw new Error("The environment of a trial must say when it is solved.");
  return { success: solved.atEnd, solved_steps: solved.steps * length };
}

async function learn(trial: Trial, learner: Learner, train: LocalVectorEnv, test: LocalVectorEnv): Promise<Point[]> {
  const { count, waves, seed } = trial.evaluations;
  const act: Actor = actorOf(learner, trial.rows, layoutOf(train.spec.obs_space).buffers);
  const loop = new TrainingLoop(learner, train, new TrainingWindow(train.spec.info_keys, trial.rows));
  await loop.begin(SEED_STRIDE * trial.seed);
  const curve: Point[] = [];
  let spent: Clock = { wall: 0, cpu: 0 };
  let steps = 0;
  for (let e = 1; e <= count; e++) {
    const start = clock();
    for (; steps < (trial.steps * e) / count; steps += trial.rows) await loop.step();
    const { wall, cpu } = since(start);
    spent = { wall: spent.wall + wall, cpu: spent.cpu + cpu };
    curve.push({ steps, ...spent, ...(await evaluate(test, waves * trial.rows, seed, act)) });
  }
  return curve;
}

interface Machine {
  readonly pool: PhysicsPool;
  readonly engine: EngineId;
  readonly tensors: TensorBackend;
}

async function onRows(trial: Trial, { pool, engine, tensors }: Machine): Promise<TrialResult> {
  const { world, algo, rows } = trial;
  const seed = SEED_STRIDE * trial.seed;
  const definition = findAgent(algo);
  if (definition.learns !== true) throw new Error(`${algo} learns nothing.`);
  const given = await withRecording(trial.config, world, seed, engine);
  const config = resolveConfig(definition, undefined, given);
  const kwargs = await kwargsOf(world, definition.needsGroups(config), engine);
  const make = (autoreset: "same_step" | "disabled"): Promise<LocalVectorEnv> =>
    LocalVectorEnv.make({ pool, env: world.id, kwargs, numEnvs: rows, autoreset, seed });
  await using train = await make("same_step");
  await using test = await make("disabled");
  using learner = await definition.create({ spec: train.spec, numEnvs: rows, seed }, config);
  const curve = await learn(trial, learner, train, test);
  return {
    curve,
    metric: curve.reduce((sum, { success }) => sum + success, 0) / curve.length,
    updates: learner.progress.updates,
    ...clock(),
    engine: train.spec.engine,
    tensors: tensors.id,
    threads: tensors.threads,
  };
}

/** One trial in this process, with one physics worker that works while the learner waits. */
export async function runTrial(trial: Trial, engine: EngineId): Promise<TrialResult> {
  const file = import.meta.url.endsWith(".ts") ? "environments.ts" : "environments.js";
  const pool = new PhysicsPool({
    workers: 1,
    catalog: compiledUrl(new URL(`../../../../server/${file}`, import.meta.url).href),
    engine,
    maxGroups: MAX_GROUPS,
    log: createLog("warn"),
  });
  try {
    await pool.ready();
    // Its threads are fixed by the first one opened.
    using tensors = await openTensors({ threads: 1 });
    return await onRows(trial, { pool, engine, tensors });
  } finally {
    await pool.stop();
  }
}
