import { Type } from "@sinclair/typebox";
import { FreeMap, Handle, Name, Optional, reply, request, U32, type Operation } from "./common.ts";

const ROLES = ["driver", "agent", "observer"] as const;

/** Connection life. */
export const CORE_OPERATIONS = {
  hello: {
    doc: "First message of a connection, within 5 s. `resume` takes a session over after its socket was lost; the token is replaced by the one in the reply.",
    scope: null,
    request: request("hello", {
      minor: U32,
      role: Type.Unsafe<(typeof ROLES)[number]>({ type: "string", enum: [...ROLES] }),
      client: Type.Object({ name: Name, version: Name, lang: Name }, { additionalProperties: false }),
      caps: Optional(Type.Array(Name, { maxItems: 64 })),
      resume: Optional(
        Type.Array(
          Type.Object({ s: Handle, token: Type.String({ maxLength: 128 }) }, { additionalProperties: false }),
          {
            maxItems: 256,
          },
        ),
      ),
    }),
    reply: reply("hello", {
      minor: U32,
      server: Type.Object({
        name: Type.String(),
        version: Type.String(),
        engine: Type.String(),
        boot_id: Type.String(),
      }),
      caps: Type.Array(Type.String()),
      scopes: Type.Array(Type.String()),
      limits: Type.Object({
        max_message: U32,
        max_inflight: U32,
        max_envs: U32,
        max_sessions: U32,
        max_agents: U32,
      }),
      ping_ms: U32,
      lease_ms: U32,
      now_ns: Type.Unsafe<bigint>({ type: "integer", description: "server monotonic clock, ns (uint64)" }),
      resumed: Optional(
        Type.Array(
          Type.Object({
            s: Handle,
            /** null: the session is gone (SESSION_LOST). */
            token: Type.Union([Type.String(), Type.Null()]),
            /** Number of the last executed reset, step or restore. */
            k: U32,
          }),
        ),
      ),
    }),
  },
  ping: {
    doc: "Application-level ping: round-trip time and clock offset.",
    scope: null,
    request: request("ping", { c: Optional(Type.Integer()) }),
    reply: reply("ping", { c: Optional(Type.Integer()), now_ns: Type.Unsafe<bigint>({ type: "integer" }) }),
  },
} as const satisfies Record<string, Operation>;

/** The one error reply. `id` is absent only where the frame had none. */
export const ErrorReply = Type.Object({
  t: Type.Literal("error"),
  id: Optional(U32),
  code: Type.String(),
  message: Type.String(),
  retryable: Type.Boolean(),
  s: Optional(Handle),
  data: Optional(FreeMap),
});
