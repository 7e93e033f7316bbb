import { Type } from "@sinclair/typebox";
import { ACT_MODES } from "../agent.ts";
import {
  AgentHandle,
  Bytes,
  closed,
  described,
  FreeMap,
  JobHandle,
  Name,
  Nd,
  NdBuffers,
  NdMask,
  type Operation,
  Optional,
  reply,
  request,
  Seed,
  SessionHandle,
  SubHandle,
  U32,
} from "./common.ts";
import { SceneMap } from "./env-messages.ts";
import { SpaceMap } from "./env-spec.ts";

const Mode = Type.Unsafe<(typeof ACT_MODES)[number]>({ type: "string", enum: [...ACT_MODES] });
/** `paused`: a training run that was checkpointed; train.resume starts another job. */
export const JOB_STATES = ["running", "done", "failed", "cancelled", "paused"] as const;
const Metrics = Type.Record(Type.String(), Type.Number());
const JobState = closed(
  {
    job: JobHandle,
    kind: Type.String(),
    state: Type.Unsafe<(typeof JOB_STATES)[number]>({ type: "string", enum: [...JOB_STATES] }),
    /** Work done and wanted, in env-steps of all rows. */
    done: Type.Number(),
    total: Type.Number(),
    seconds: Type.Number(),
    metrics: Metrics,
    error: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "JobState" },
);

/** Agents and jobs. */
export const AGENT_OPERATIONS = {
  "agent.list": {
    doc: "Algorithms this server hosts.",
    scope: "agent:run",
    request: request("agent.list", {}),
    reply: reply("agent.list", {
      agents: Type.Array(Type.Object({ id: Name, title: Type.String() }, { title: "AgentEntry" })),
    }),
  },
  "agent.describe": {
    doc: "Config schema, defaults and presets of an algorithm.",
    scope: "agent:run",
    request: request("agent.describe", { algo: Name }),
    reply: reply("agent.describe", {
      algo: Name,
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
      s: Optional(SessionHandle),
      spaces: Optional(
        closed({
          obs_space: SpaceMap("observation of one row"),
          act_space: SpaceMap("action of one row"),
          num_envs: Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
          dt: Optional(Type.Number({ exclusiveMinimum: 0 })),
          obs_keys: Optional(Type.Record(Type.String(), Type.Object({ offset: U32, shape: Type.Array(U32) }))),
        }),
      ),
    }),
    reply: reply("agent.create", { a: AgentHandle, config: FreeMap }),
  },
  "agent.act": {
    doc: "Actions for a batch of observations; `mask_reset` names rows whose episode starts anew.",
    scope: "agent:run",
    request: request("agent.act", {
      a: AgentHandle,
      obs: NdBuffers,
      mode: Optional(Mode),
      mask_reset: Optional(NdMask),
    }),
    reply: reply("agent.act", { a: AgentHandle, action: NdBuffers }),
  },
  "agent.observe": {
    doc: "Feed transitions of a client that owns its own body; a learner does the gradient steps that are due before it answers.",
    scope: "agent:run",
    request: request("agent.observe", {
      a: AgentHandle,
      obs: NdBuffers,
      action: NdBuffers,
      rew: described(Nd, "`<f8` [n]"),
      term: described(Nd, "`|b1` [n]"),
      trunc: described(Nd, "`|b1` [n]"),
      next_obs: NdBuffers,
    }),
    reply: reply("agent.observe", {
      a: AgentHandle,
      metrics: Optional(described(Metrics, "what a learner measured since it last said so")),
    }),
  },
  "agent.run": {
    doc: "Job: the agent drives session `s` for `steps` vector steps inside the server. The session belongs to the job until it ends.",
    scope: "agent:run",
    request: request("agent.run", {
      a: AgentHandle,
      s: SessionHandle,
      steps: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
      seed: Optional(Seed),
      mode: Optional(Mode),
      learn: Optional(Type.Boolean()),
    }),
    reply: reply("agent.run", { job: JobHandle }),
  },
  "agent.save": {
    doc: "Checkpoint: everything needed to continue bit for bit.",
    scope: "agent:run",
    request: request("agent.save", { a: AgentHandle }),
    reply: reply("agent.save", { a: AgentHandle, blob: Bytes, sha256: Type.String() }),
  },
  "agent.load": {
    doc: "Continue from a checkpoint of the same algorithm, config and spaces.",
    scope: "agent:run",
    request: request("agent.load", { a: AgentHandle, blob: Bytes }),
    reply: reply("agent.load", { a: AgentHandle }),
  },
  "agent.close": {
    doc: "End an agent; its running jobs are cancelled.",
    scope: "agent:run",
    request: request("agent.close", { a: AgentHandle }),
    reply: reply("agent.close", { a: AgentHandle }),
  },
  "job.get": {
    doc: "State of a job.",
    scope: "agent:run",
    request: request("job.get", { job: JobHandle }),
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
    request: request("job.cancel", { job: JobHandle }),
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
      s: Optional(SessionHandle),
      job: Optional(JobHandle),
      max_hz: Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1000 })),
      policy: Optional(Type.Unsafe<(typeof POLICIES)[number]>({ type: "string", enum: [...POLICIES] })),
    }),
    reply: reply("sub", { sub: SubHandle }),
  },
  unsub: {
    doc: "End a subscription.",
    scope: "env:read",
    request: request("unsub", { sub: SubHandle }),
    reply: reply("unsub", { sub: SubHandle }),
  },
} as const satisfies Record<string, Operation>;

const event = <T extends string, P extends Parameters<typeof Type.Object>[0]>(topic: T, properties: P) =>
  Type.Object({ t: Type.Literal(`ev.${topic}`), sub: SubHandle, n: U32, dropped: U32, ...properties });

/** What the server sends on its own. */
export const EVENTS = {
  "ev.job": event("job", { job: JobState }),
  "ev.episodes": event("episodes", {
    s: SessionHandle,
    rows: described(Nd, "`<u4` [m]"),
    r: described(Nd, "`<f8` [m] return"),
    l: described(Nd, "`<u4` [m] length, steps"),
  }),
  "ev.frames": event("frames", { s: SessionHandle, scenes: Type.Array(SceneMap) }),
  "ev.metrics": event("metrics", { s: SessionHandle, metrics: Type.Record(Type.String(), Type.Number()) }),
  "ev.drain": Type.Object({ t: Type.Literal("ev.drain"), deadline_ms: U32, reason: Type.String() }),
} as const;
