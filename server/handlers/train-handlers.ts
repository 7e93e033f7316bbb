import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { bytesBorrow, toNdArray } from "../../protocol/ndarray.ts";
import { PLAY_EPISODES, PLAY_SEED } from "../training/play.ts";
import { TRAIN_PRESETS } from "../training/presets.ts";
import { readMetrics, type MetricsTable } from "../training/read-metrics.ts";
import type { Handlers } from "./handler.ts";

/** Rows of metrics in one reply. */
const MAX_ROWS = 10_000;

/** The first rows of a table as the wire has them. */
function toWire({ names, steps, rows }: MetricsTable) {
  const count = Math.min(rows.length, MAX_ROWS);
  const values = new Float64Array(count * names.length);
  for (let i = 0; i < count; i++) values.set(rows[i] ?? [], i * names.length);
  return {
    names: [...names],
    steps: toNdArray("<f8", [count], steps.slice(0, count)),
    values: toNdArray("<f8", [count, names.length], values),
    more: rows.length > count,
  };
}

type TrainOperation =
  | "train.presets"
  | "train.create"
  | "train.list"
  | "train.get"
  | "train.pause"
  | "train.resume"
  | "train.cancel"
  | "train.policy"
  | "train.play";

/** Training runs. */
export const TRAIN_HANDLERS: Handlers<TrainOperation> = {
  "train.presets": () => ({
    presets: Object.entries(TRAIN_PRESETS).map(([name, { numEnvs, ...rest }]) => ({
      name,
      ...rest,
      num_envs: numEnvs,
    })),
  }),

  async "train.create"(server, request) {
    if (server.draining) throw new MyoError("UNAVAILABLE", "The server is shutting down; connect again later.");
    const { run, job, settings } = await server.training.create(request);
    return { run, job: job.id, config: settings.config };
  },

  "train.list": async (server) => ({ runs: await server.training.list() }),

  async "train.get"(server, { run: id, since = -1 }) {
    const { folder, settings } = await server.training.run(id);
    const table = await readMetrics(folder, since);
    return { run: await server.training.state(id), settings: { ...settings }, ...toWire(table) };
  },

  "train.pause": async (server, { run }) => ({ run: await server.training.pause(run) }),

  async "train.resume"(server, { run: id, steps }) {
    const { run, job } = await server.training.resume(id, steps);
    return { run, job: job.id };
  },

  "train.cancel": async (server, { run }) => ({ run: await server.training.cancel(run) }),

  async "train.policy"(server, { run, which = "last" }) {
    const { step, policy } = await server.training.policy(run, which);
    const arrays = Object.fromEntries(
      Object.entries(policy.arrays).map(([name, { shape, data }]) => [name, toNdArray("<f4", [...shape], data)]),
    );
    return { run, step, meta: policy.meta, arrays };
  },

  async "train.play"(server, { run, which = "last", episodes = PLAY_EPISODES, seed = PLAY_SEED, env }) {
    const chosen = env === undefined ? null : { id: env.id, kwargs: (env.kwargs ?? {}) as JsonObject };
    const { step, returns, lengths, solved } = await server.training.play({
      policy: { run, which },
      env: chosen,
      episodes,
      seed,
    });
    return {
      run,
      step,
      returns: toNdArray("<f8", [episodes], returns),
      lengths: toNdArray("<u4", [episodes], lengths),
      ...(solved !== null && { success: toNdArray("|b1", [episodes], bytesBorrow(solved.success)) }),
    };
  },
};
