import { Type } from "@sinclair/typebox";
import { ACT_MODES } from "../agent.ts";
import type { Space } from "../spaces.ts";
import {
  Bytes,
  closed,
  FreeMap,
  Handle,
  Name,
  Nd,
  NdBuffers,
  NdMask,
  Optional,
  reply,
  request,
  Seed,
  U32,
  type Operation,
} from "./common.ts";

const Mode = Type.Unsafe<(typeof ACT_MODES)[number]>({ type: "string", enum: [...ACT_MODES] });
const SpaceMap = Type.Unsafe<Space>({ type: "object", description: "a space, see the section on spaces" });
export const JOB_STATES = ["running", "done", "failed", "cancelled"] as const;
const JobState = closed({
  job: Handle,
  kind: Type.String(),
  state: Type.Unsafe<(typeof JOB_STATES)[number]>({ type: "string", enum: [...JOB_STATES] }),
  /** Work done and wanted, in env-steps of all rows. */
  done: Type.Number(),
  total: Type.Number(),
  seconds: Type.Number(),
  metrics: Type.Record(Type.String(), Type.Number()),
  error: Type.Union([Type.String(), Type.Null()]),
});

/** Agents and jobs. */
export const AGENT_OPERATIONS = {
  "agent.list": {
    doc: "Algorithms this server hosts.",
    scope: "agent:run",
    request: request("agent.list", {}),
    reply: reply("agent.list", { agents: Type.Array(Type.Object({ id: Name, title: Type.String() })) }),
  },
  "agent.describe": {
    doc: "Config schema, defaults and presets of an algorithm.",
    scope: "agent:run",
    request: request("agent.describe", { algo: Name }),
    reply: reply("agent.describe", {
      id: Name,
      title: Type.String(),
      config_schema: FreeMap,
      defaults: FreeMap,
      presets: FreeMap,
    }),
  },
  "agent.create": {
    doc: "Create an agent for the spaces of session `s`, or for spaces given here by a client that owns its own body.",
    scope: "agent:run",
    request: request("agent.create", {
      algo: Name,
      preset: Optional(Name),
      config: Optional(FreeMap),
      seed: Optional(Seed),
      s: Optional(Handle),
      spaces: Optional(
        closed({
          obs_space: SpaceMap,
          act_space: SpaceMap,
          num_envs: Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
          dt: Optional(Type.Number({ exclusiveMinimum: 0 })),
          obs_keys: Optional(Type.Unsafe<Record<string, { offset: number; shape: number[] }>>({ type: "object" })),
        }),
      ),
    }),
    reply: reply("agent.create", { a: Handle, config: FreeMap }),
  },
  "agent.act": {
    doc: "Actions for a batch of observations; `mask_reset` names rows whose episode starts anew.",
    scope: "agent:run",
    request: request("agent.act", { a: Handle, obs: NdBuffers, mode: Optional(Mode), mask_reset: Optional(NdMask) }),
    reply: reply("agent.act", { a: Handle, action: NdBuffers }),
  },
  "agent.observe": {
    doc: "Feed transitions of a client that owns its own body.",
    scope: "agent:run",
    request: request("agent.observe", {
      a: Handle,
      obs: NdBuffers,
      action: NdBuffers,
      rew: Nd,
      term: Nd,
      trunc: Nd,
      next_obs: NdBuffers,
    }),
    reply: reply("agent.observe", { a: Handle }),
  },
  "agent.run": {
    doc: "Job: the agent drives session `s` for `steps` vector steps inside the server. The session belongs to the job until it ends.",
    scope: "agent:run",
    request: request("agent.run", {
      a: Handle,
      s: Handle,
      steps: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
      seed: Optional(Seed),
      mode: Optional(Mode),
      learn: Optional(Type.Boolean()),
    }),
    reply: reply("agent.run", { job: Handle }),
  },
  "agent.save": {
    doc: "Checkpoint: everything needed to continue bit for bit.",
    scope: "agent:run",
    request: request("agent.save", { a: Handle }),
    reply: reply("agent.save", { a: Handle, blob: Bytes, sha256: Type.String() }),
  },
  "agent.load": {
    doc: "Continue from a checkpoint of the same algorithm, config and spaces.",
    scope: "agent:run",
    request: request("agent.load", { a: Handle, blob: Bytes }),
    reply: reply("agent.load", { a: Handle }),
  },
  "agent.close": {
    doc: "End an agent; its running jobs are cancelled.",
    scope: "agent:run",
    request: request("agent.close", { a: Handle }),
    reply: reply("agent.close", { a: Handle }),
  },
  "job.get": {
    doc: "State of a job.",
    scope: "agent:run",
    request: request("job.get", { job: Handle }),
    reply: reply("job.get", { job: JobState }),
  },
  "job.list": {
    doc: "Jobs of this server, newest first.",
    scope: "agent:run",
    request: request("job.list", {}),
    reply: reply("job.list", { jobs: Type.Array(JobState) }),
  },
  "job.cancel": {
    doc: "Stop a job after its current step.",
    scope: "agent:run",
    request: request("job.cancel", { job: Handle }),
    reply: reply("job.cancel", { job: JobState }),
  },
} as const satisfies Record<string, Operation>;

const TOPICS = ["job", "episodes", "frames", "metrics"] as const;
const POLICIES = ["latest", "drop_oldest"] as const;

/** Streams: events `ev.<topic>` with `sub`, a running number `n` and the count of `dropped` ones. */
export const STREAM_OPERATIONS = {
  sub: {
    doc: "Subscribe to a topic: job progress, episode ends, frames (scenes) or session metrics.",
    scope: "env:read",
    request: request("sub", {
      topic: Type.Unsafe<(typeof TOPICS)[number]>({ type: "string", enum: [...TOPICS] }),
      s: Optional(Handle),
      job: Optional(Handle),
      max_hz: Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1000 })),
      policy: Optional(Type.Unsafe<(typeof POLICIES)[number]>({ type: "string", enum: [...POLICIES] })),
    }),
    reply: reply("sub", { sub: Handle }),
  },
  unsub: {
    doc: "End a subscription.",
    scope: "env:read",
    request: request("unsub", { sub: Handle }),
    reply: reply("unsub", { sub: Handle }),
  },
} as const satisfies Record<string, Operation>;

const event = <T extends string, P extends Parameters<typeof Type.Object>[0]>(topic: T, properties: P) =>
  Type.Object({ t: Type.Literal(`ev.${topic}`), sub: Handle, n: U32, dropped: U32, ...properties });

/** What the server sends on its own. */
export const EVENTS = {
  "ev.job": event("job", { job: JobState }),
  "ev.episodes": event("episodes", { s: Handle, rows: Nd, r: Nd, l: Nd }),
  "ev.frames": event("frames", { s: Handle, scenes: Type.Array(FreeMap) }),
  "ev.metrics": event("metrics", { s: Handle, metrics: Type.Record(Type.String(), Type.Number()) }),
  "ev.drain": Type.Object({ t: Type.Literal("ev.drain"), deadline_ms: U32, reason: Type.String() }),
} as const;
