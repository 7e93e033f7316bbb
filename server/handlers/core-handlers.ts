import { SCOPES, type Scope } from "../../protocol/schema/common.ts";
import { MINOR, type RequestOf } from "../../protocol/schema/operations.ts";
import { MyoError } from "../../protocol/errors.ts";
import { SLOTS } from "../workers/control.ts";
import type { Handlers } from "./handler.ts";

type Role = RequestOf<"hello">["role"];

/** What a role may do. */
const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  driver: SCOPES,
  agent: SCOPES,
  observer: ["env:read", "env:render", "blob:read"],
};

/** What this server can beyond the operations of the minor version. */
const CAPABILITIES = ["snapshot", "rollout", "scene", "jobs", "streams"];

/** Monotonic clock, ns. */
const now = (): bigint => process.hrtime.bigint();

/** Connection life and streams. */
export const CORE_HANDLERS: Handlers<"hello" | "ping" | "sub" | "unsub"> = {
  hello(server, request, { connection }) {
    if (connection.greeted) {
      throw new MyoError(
        "BAD_MESSAGE",
        "A connection says hello once, but a second one came; open another connection.",
      );
    }
    if (request.minor > MINOR) {
      throw new MyoError(
        "UNSUPPORTED_VERSION",
        `This server speaks minor ${MINOR}, but ${request.minor} was asked for; ask for less.`,
      );
    }
    connection.greeted = true;
    connection.scopes = new Set(ROLE_SCOPES[request.role]);
    const resumed = request.resume?.map(({ s, token }) => {
      const taken = server.sessions.resume(s, token, connection);
      return { s, token: taken?.token ?? null, k: taken?.session.queue.lastDone ?? 0 };
    });
    const { maxMessage, maxEnvs, maxSessions, maxAgents, pingMs, leaseMs } = server.settings;
    return {
      minor: MINOR,
      server: { name: "myoserve", version: server.version, engine: server.engine, boot_id: server.bootId },
      caps: CAPABILITIES,
      scopes: [...connection.scopes],
      limits: {
        max_message: maxMessage,
        max_inflight: SLOTS,
        max_envs: maxEnvs,
        max_sessions: maxSessions,
        max_agents: maxAgents,
      },
      ping_ms: pingMs,
      lease_ms: leaseMs,
      now_ns: now(),
      ...(resumed !== undefined && { resumed }),
    };
  },

  ping: (_server, { c }) => ({ now_ns: now(), ...(c !== undefined && { c }) }),

  sub: (server, request, { connection }) => ({ sub: connection.subscriptions.open(server, request) }),

  unsub(_server, { sub }, { connection }) {
    connection.subscriptions.close(sub);
    return { sub };
  },
};
