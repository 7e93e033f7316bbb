import { createHash } from "node:crypto";
import type { AgentContext } from "../../protocol/agent.ts";
import type { Buffers } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { DTYPES, fromNdArray, toNdArray, type NdArray } from "../../protocol/ndarray.ts";
import type { RequestOf } from "../../protocol/schema/operations.ts";
import { layoutOf, type Space } from "../../protocol/spaces.ts";
import { AGENTS, findAgent } from "../../agents/registry.ts";
import type { ServerContext } from "../context.ts";
import { AgentDriver, checkAgentRun, type AgentRun } from "../jobs/agent-run.ts";
import { checkSpace } from "../jobs/check-space.ts";
import type { Call, Handlers } from "./handler.ts";

/** One array, or a list where the space has several dtypes. */
function toWire(buffers: Buffers, space: Space, rows: number): NdArray | NdArray[] {
  const list = layoutOf(space).buffers.map(({ dtype, size }, i) =>
    toNdArray(dtype, [rows, size], buffers[i] ?? new Uint8Array()),
  );
  const [only] = list;
  return list.length === 1 && only !== undefined ? only : list;
}

/** A batch from the wire, for a space and a number of rows. @throws MyoError BAD_OPTIONS */
function fromWire(arrays: NdArray | NdArray[], space: Space, rows: number, what: string): Buffers {
  const list = Array.isArray(arrays) ? arrays : [arrays];
  const { buffers } = layoutOf(space);
  const fits =
    list.length === buffers.length &&
    buffers.every(
      ({ dtype, size }, i) => list[i]?.dtype === dtype && list[i].data.byteLength === DTYPES[dtype].bytes * size * rows,
    );
  if (!fits) {
    const wanted = buffers.map(({ dtype, size }) => `${dtype} [${rows}, ${size}]`).join(", ");
    const came = list.map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(", ");
    throw new MyoError(
      "BAD_OPTIONS",
      `The agent's ${what} is ${wanted}, but ${came} came; send what it was created for.`,
    );
  }
  return list.map((array) => fromNdArray(array).slice());
}

function column<T>(array: NdArray, rows: number, what: string, make: (array: NdArray) => T): T {
  if (array.shape.length === 1 && array.shape[0] === rows) return make(array);
  throw new MyoError(
    "BAD_OPTIONS",
    `${what} has the shape [${rows}], but [${array.shape.join(", ")}] came; send one value a row.`,
  );
}

/** What `agent.create` builds for: a session, or spaces of a client with a body of its own. */
function contextOf(server: ServerContext, request: RequestOf<"agent.create">): Omit<AgentContext, "seed"> {
  const { s, spaces } = request;
  if ((s === undefined) === (spaces === undefined)) {
    throw new MyoError("BAD_OPTIONS", "agent.create takes either s or spaces; send exactly one of them.");
  }
  if (s !== undefined) {
    const { spec, numEnvs } = server.sessions.get(s).group;
    const { obs_space, act_space, obs_keys, dt, actuators } = spec;
    return { spec: { obs_space, act_space, obs_keys, dt, actuators }, numEnvs };
  }
  const { obs_space, act_space, num_envs: numEnvs = 1, dt = 0.01, obs_keys: given = {} } = spaces ?? never();
  checkSpace(obs_space, numEnvs);
  checkSpace(act_space, numEnvs);
  const obs_keys = Object.fromEntries(
    Object.entries(given).map(([name, { offset, shape }]) => [name, { offset, shape, unit: "1", names: [] }]),
  );
  return { spec: { obs_space, act_space, obs_keys, dt, actuators: [] }, numEnvs };
}

function never(): never {
  throw new MyoError("INTERNAL", "Neither s nor spaces.");
}

/** Start the job of agent.run; the session belongs to it until it ends. */
function run(server: ServerContext, request: RequestOf<"agent.run">, { connection }: Call): string {
  const { a, steps, seed = null, mode = "explore", learn = false } = request;
  const session = server.sessions.owned(request.s, connection);
  const { spec, numEnvs } = session.group;
  server.agents.assertFits(a, spec, numEnvs);
  const work: AgentRun = { agent: server.agents.thread, a, session, steps, seed, mode, learn };
  checkAgentRun(work);
  const job = server.jobs.start("agent.run", steps * numEnvs, a, async (started) => {
    session.reservedBy = started.id;
    try {
      await new AgentDriver(work, started).run();
    } finally {
      session.reservedBy = null;
    }
    return undefined;
  });
  return job.id;
}

type AgentOperation =
  | "agent.list"
  | "agent.describe"
  | "agent.create"
  | "agent.act"
  | "agent.observe"
  | "agent.run"
  | "agent.save"
  | "agent.load"
  | "agent.close"
  | "job.get"
  | "job.list"
  | "job.cancel";

/** Agents and jobs. */
export const AGENT_HANDLERS: Handlers<AgentOperation> = {
  "agent.list": () => ({ agents: AGENTS.map(({ id, title }) => ({ id, title })) }),

  "agent.describe"(_server, { algo }) {
    const { id, title, configSchema, defaults, presets } = findAgent(algo);
    return { algo: id, title, config_schema: configSchema, defaults, presets };
  },

  "agent.create"(server, request, { connection }) {
    const { algo, preset, config, seed } = request;
    const context = contextOf(server, request);
    return server.agents.create({ algo, preset, config, seed, context }, connection);
  },

  async "agent.act"(server, { a, obs, mode = "explore", mask_reset: mask }) {
    const { spec, numEnvs } = server.agents.context(a);
    const batch = fromWire(obs, spec.obs_space, numEnvs, "obs");
    const starts = mask === undefined ? null : column(mask, numEnvs, "mask_reset", ({ data }) => data.slice());
    const action = await server.agents.act(a, batch, mode, starts);
    return { a, action: toWire(action, spec.act_space, numEnvs) };
  },

  async "agent.observe"(server, { a, obs, action, rew, term, trunc, next_obs }) {
    const { spec, numEnvs } = server.agents.context(a);
    const metrics = await server.agents.observe(a, {
      obs: fromWire(obs, spec.obs_space, numEnvs, "obs"),
      action: fromWire(action, spec.act_space, numEnvs, "action"),
      reward: column(rew, numEnvs, "rew", (array) => Float64Array.from(fromNdArray(array), Number)),
      terminated: column(term, numEnvs, "term", ({ data }) => data.slice()),
      truncated: column(trunc, numEnvs, "trunc", ({ data }) => data.slice()),
      nextObs: fromWire(next_obs, spec.obs_space, numEnvs, "next_obs"),
    });
    return { a, metrics };
  },

  "agent.run": (server, request, call) => ({ job: run(server, request, call) }),

  async "agent.save"(server, { a }) {
    const blob = await server.agents.save(a);
    return { a, blob, sha256: createHash("sha256").update(blob).digest("hex") };
  },

  async "agent.load"(server, { a, blob }) {
    await server.agents.load(a, blob.slice());
    return { a };
  },

  async "agent.close"(server, { a }) {
    server.jobs.cancelOf(a);
    await server.agents.close(a);
    return { a };
  },

  "job.get": (server, { job }) => ({ job: server.jobs.get(job).state() }),
  "job.list": (server) => ({ jobs: server.jobs.list().map((job) => job.state()) }),
  "job.cancel"(server, { job }) {
    const found = server.jobs.get(job);
    found.cancel();
    return { job: found.state() };
  },
};
