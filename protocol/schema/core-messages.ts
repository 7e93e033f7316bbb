import { Type } from "@sinclair/typebox";
import {
  described,
  FreeMap,
  Name,
  type Operation,
  Optional,
  reply,
  request,
  SessionHandle,
  U32,
  U64,
} from "./common.ts";

const ROLES = ["driver", "agent", "observer"] as const;

/** Connection life. */
export const CORE_OPERATIONS = {
  hello: {
    doc: "First message of a connection, within 5 s. `resume` takes a session over after its socket was lost; the token is replaced by the one in the reply.",
    scope: null,
    request: request("hello", {
      minor: described(U32, "newest minor version the client knows"),
      role: Type.Unsafe<(typeof ROLES)[number]>({ type: "string", enum: [...ROLES] }),
      client: Type.Object({ name: Name, version: Name, lang: Name }, { additionalProperties: false }),
      caps: Optional(Type.Array(Name, { maxItems: 64, description: "capabilities the client has" })),
      resume: Optional(
        Type.Array(
          Type.Object({ s: SessionHandle, token: Type.String({ maxLength: 128 }) }, { additionalProperties: false }),
          {
            maxItems: 256,
          },
        ),
      ),
    }),
    reply: reply("hello", {
      minor: described(U32, "the minor version spoken"),
      server: Type.Object({
        name: Type.String(),
        version: Type.String(),
        engine: Type.String(),
        boot_id: Type.String({ description: "another one: the server was restarted" }),
      }),
      caps: Type.Array(Type.String(), { description: "capabilities of the server" }),
      scopes: Type.Array(Type.String(), { description: "what the connection may do" }),
      limits: Type.Object({
        max_message: described(U32, "bytes of a frame"),
        max_inflight: described(U32, "numbered requests of a session under way"),
        max_envs: described(U32, "rows of a session"),
        max_sessions: U32,
        max_agents: U32,
      }),
      ping_ms: described(U32, "period of the server's pings, ms"),
      lease_ms: described(U32, "life of a session without a socket, ms"),
      now_ns: U64,
      resumed: Optional(
        Type.Array(
          Type.Object({
            s: SessionHandle,
            token: Type.Union([Type.String(), Type.Null()], { description: "null: the session is gone" }),
            k: described(U32, "number of the last executed reset, step or restore"),
          }),
        ),
      ),
    }),
  },
  ping: {
    doc: "Application-level ping: round-trip time and clock offset.",
    scope: null,
    request: request("ping", { c: Optional(Type.Integer({ description: "any number; the reply repeats it" })) }),
    reply: reply("ping", {
      c: Optional(Type.Integer({ description: "any number; the reply repeats it" })),
      now_ns: U64,
    }),
  },
} as const satisfies Record<string, Operation>;

/** The one error reply. `id` is absent only where the frame had none. */
export const ErrorReply = Type.Object({
  t: Type.Literal("error"),
  id: Optional(U32),
  code: Type.String(),
  message: Type.String({ description: "one sentence: rule, value, remedy" }),
  retryable: Type.Boolean({ description: "the same request may succeed later" }),
  s: Optional(SessionHandle),
  data: Optional(FreeMap),
});
