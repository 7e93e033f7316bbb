import { MyoError } from "../../protocol/errors.ts";
import type { JsonObject } from "../../protocol/env.ts";
import type { Kwargs } from "../../envs/task.ts";
import type { ServerContext } from "../context.ts";
import { checkSeed } from "../sessions/check-rows.ts";
import { SLOTS } from "../workers/control.ts";
import { DEFERRED, type Handlers } from "./handler.ts";

const prepare = (server: ServerContext, id: string, kwargs: Record<string, unknown> | undefined): Promise<Kwargs> =>
  server.packs.prepare(id, (kwargs ?? {}) as JsonObject);

type EnvOperation =
  | "env.list"
  | "env.describe"
  | "env.make"
  | "env.reset"
  | "env.step"
  | "env.snapshot"
  | "env.restore"
  | "env.rollout"
  | "env.render"
  | "env.state"
  | "env.model"
  | "env.metrics"
  | "env.close"
  | "blob.get";

/** Environments, sessions and their models. */
export const ENV_HANDLERS: Handlers<EnvOperation> = {
  "env.list": ({ catalog }, { prefix = "" }) => ({
    envs: catalog
      .list()
      .filter(({ id }) => id.startsWith(prefix))
      .map((entry) => ({ ...entry, kind: "sim", installed: entry.pack === null || catalog.installed(entry.pack) })),
  }),

  async "env.describe"(server, { env, kwargs }) {
    const checked = await prepare(server, env, kwargs);
    return { spec: await server.pool.any().control("describe", { id: env, kwargs: checked }) };
  },

  async "env.make"(server, request, { connection }) {
    if (server.draining) throw new MyoError("UNAVAILABLE", "The server is shutting down; connect again later.");
    const { env, num_envs: numEnvs = 1, autoreset, seed = null, info_keys: infoKeys } = request;
    if (seed !== null) checkSeed(seed, numEnvs);
    const kwargs = await prepare(server, env, request.kwargs);
    const options = { env, kwargs, numEnvs, autoreset, seed, infoKeys };
    const { session, token } = await server.sessions.make(options, connection);
    // A client that left meanwhile may come back for it within the lease.
    if (!connection.open) server.sessions.orphan(connection);
    const { spec } = session.group;
    const lease = server.settings.leaseMs;
    return { s: session.s, resume: token, spec, lease_ms: lease, num_envs: numEnvs, max_inflight: SLOTS };
  },

  "env.reset"(server, request, { connection, responder }) {
    server.sessions.owned(request.s, connection).reset(request, responder);
    return DEFERRED;
  },

  "env.step"(server, request, { connection, responder }) {
    server.sessions.owned(request.s, connection).step(request, responder);
    return DEFERRED;
  },

  "env.snapshot"(server, request, { connection, responder }) {
    server.sessions.owned(request.s, connection).snapshot(request, responder);
    return DEFERRED;
  },

  "env.restore"(server, request, { connection, responder }) {
    server.sessions.owned(request.s, connection).restore(request, responder);
    return DEFERRED;
  },

  "env.rollout"(server, request, { connection, responder }) {
    server.sessions.owned(request.s, connection).rollout(request, responder);
    return DEFERRED;
  },

  "env.render"(server, request, { responder }) {
    server.sessions.get(request.s).render(request, responder);
    return DEFERRED;
  },

  "env.state"(server, request, { connection, responder }) {
    server.sessions.owned(request.s, connection).state(request, responder);
    return DEFERRED;
  },

  async "env.model"(server, { s }) {
    const { env, kwargs } = server.sessions.get(s).group;
    const source = server.catalog.model(env, kwargs);
    if (source === null) throw new MyoError("NOT_FOUND", `${env} has no model; there is nothing to draw.`);
    const { model_sha256, assets } = await server.blobs.add(source);
    return { model_sha256, assets: [...assets] };
  },

  "env.metrics"(server, { s }) {
    return { s, metrics: server.sessions.get(s).stats.metrics() };
  },

  "env.close"(server, { s }, { connection }) {
    server.sessions.owned(s, connection);
    server.sessions.close(s);
    return { s };
  },

  async "blob.get"(server, { sha256, offset = 0 }) {
    const { size, data } = await server.blobs.read(sha256, offset);
    return { sha256, offset, size, data };
  },
};
