import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { bytesBorrow, toNdArray } from "../../protocol/ndarray.ts";
import { readMetrics, type MetricsRow } from "../training/metrics-log.ts";
import { TRAIN_PRESETS } from "../training/presets.ts";
import type { Handlers } from "./handler.ts";

/** Rows of metrics in one reply. */
const MAX_ROWS = 10_000;
const PLAY_EPISODES = 5;
/** Of episodes that are played; evaluations have others. */
const PLAY_SEED = 2_000_000_000;

/** Rows as a table; NaN where a row lacks a figure. */
function tableOf(rows: readonly MetricsRow[]) {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const values = new Float64Array(rows.length * names.length).fill(Number.NaN);
  rows.forEach((row, i) => {
    names.forEach((name, column) => {
      values[i * names.length + column] = row.values[name] ?? Number.NaN;
    });
  });
  const steps = Float64Array.from(rows, ({ step }) => step);
  return {
    names,
    steps: toNdArray("<f8", [rows.length], steps),
    values: toNdArray("<f8", [rows.length, names.length], values),
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
    presets: Object.entries(TRAIN_PRESETS).map(([name, { numEnvs, ...rest }]) => ({ name, ...rest, num_envs: numEnvs })),
  }),

  async "train.create"(server, { t: _t, id: _id, ...request }) {
    if (server.draining) throw new MyoError("UNAVAILABLE", "The server is shutting down; connect again later.");
    const { run, job, settings } = await server.training.create(request);
    return { run, job: job.id, config: settings.config };
  },

  "train.list": async (server) => ({ runs: await server.training.list() }),

  async "train.get"(server, { run: id, since = -1 }) {
    const { folder, settings } = await server.training.run(id);
    const rows = await readMetrics(folder, since);
    const run = await server.training.state(id);
    return { run, settings: { ...settings }, ...tableOf(rows.slice(0, MAX_ROWS)), more: rows.length > MAX_ROWS };
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
    const { step, returns, lengths, success } = await server.training.play({
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
      ...(success !== null && { success: toNdArray("|b1", [episodes], bytesBorrow(success)) }),
    };
  },
};
