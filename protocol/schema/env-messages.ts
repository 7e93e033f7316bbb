import { Type } from "@sinclair/typebox";
import type { EnvSpec } from "../env.ts";
import {
  Autoreset,
  Bytes,
  FreeMap,
  Handle,
  Name,
  Nd,
  NdBuffers,
  NdMask,
  NdRows,
  Optional,
  reply,
  request,
  Seed,
  Sha256,
  U32,
  type Operation,
} from "./common.ts";

const Spec = Type.Unsafe<EnvSpec>({ type: "object", description: "EnvSpec, see the section on specs" });
const Final = Type.Object({ mask: Nd, obs: NdBuffers, terms: Nd }, { description: "rows of `mask` only" });
const Episodes = Type.Object({ mask: Nd, r: Nd, l: Nd }, { description: "rows of `mask` only: return, length" });
const RowErrors = Type.Unsafe<Record<string, string>>({ type: "object", description: "row number → sentence" });

/** Environments. */
export const ENV_OPERATIONS = {
  "env.list": {
    doc: "Ids this server can make.",
    scope: "env:read",
    request: request("env.list", { prefix: Optional(Type.String({ maxLength: 128 })) }),
    reply: reply("env.list", {
      envs: Type.Array(
        Type.Object({
          id: Name,
          kind: Type.String({ description: "sim, bridge or real" }),
          title: Type.String(),
          family: Type.String(),
          pack: Type.Union([Type.String(), Type.Null()]),
          installed: Type.Boolean({ description: "false: the model pack is pulled at first use" }),
        }),
      ),
    }),
  },
  "env.describe": {
    doc: "The spec of an id without making a session.",
    scope: "env:read",
    request: request("env.describe", { env: Name, kwargs: Optional(FreeMap) }),
    reply: reply("env.describe", { spec: Spec }),
  },
  "env.make": {
    doc: "Make a session of `num_envs` rows. `resume` is the token that takes it over after a lost socket.",
    scope: "env:run",
    request: request("env.make", {
      env: Name,
      num_envs: Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
      kwargs: Optional(FreeMap),
      autoreset: Autoreset,
      seed: Optional(Seed),
      info_keys: Optional(Type.Array(Name, { maxItems: 256, description: "reward terms to send; all when absent" })),
    }),
    reply: reply("env.make", {
      s: Handle,
      resume: Type.String(),
      spec: Spec,
      lease_ms: U32,
      num_envs: U32,
      max_inflight: U32,
    }),
  },
  "env.reset": {
    doc: "Reset the rows of `mask` (all when absent). An int seed s gives row i the seed s + i; an array gives each row its own, -1 meaning none.",
    scope: "env:run",
    request: request("env.reset", {
      s: Handle,
      k: U32,
      seed: Optional(Type.Union([Seed, Nd, Type.Null()])),
      mask: Optional(NdMask),
      options: Optional(FreeMap),
    }),
    reply: reply("env.reset", { s: Handle, k: U32, obs: NdBuffers, terms: Nd }),
  },
  "env.step": {
    doc: "Step the rows of `env_ids` (all when absent). `k` is the session's next number; repeating a stored one with the same content returns the stored reply.",
    scope: "env:run",
    request: request("env.step", { s: Handle, k: U32, action: NdBuffers, env_ids: Optional(NdRows) }),
    reply: reply("env.step", {
      s: Handle,
      k: U32,
      obs: NdBuffers,
      rew: Nd,
      term: Nd,
      trunc: Nd,
      terms: Optional(Nd),
      env_ids: Optional(Nd),
      final: Optional(Final),
      ep: Optional(Episodes),
      errors: Optional(RowErrors),
    }),
  },
  "env.snapshot": {
    doc: "Full state of rows: physics with warm start, task, random streams. Kept by the session under `snap`; the bytes travel too where `bytes` is true.",
    scope: "env:state",
    request: request("env.snapshot", { s: Handle, env_ids: Optional(NdRows), bytes: Optional(Type.Boolean()) }),
    reply: reply("env.snapshot", { s: Handle, snap: Handle, data: Optional(Type.Array(Bytes)) }),
  },
  "env.restore": {
    doc: "Continue from a snapshot of this session, or from bytes of an equal engine and model. One state goes to every row of `env_ids`; several go one to a row.",
    scope: "env:state",
    request: request("env.restore", {
      s: Handle,
      k: U32,
      snap: Optional(Handle),
      data: Optional(Type.Array(Bytes, { minItems: 1 })),
      env_ids: Optional(NdRows),
    }),
    reply: reply("env.restore", { s: Handle, k: U32 }),
  },
  "env.render": {
    doc: "What a viewer draws: poses and activations; the model's files are fetched once by hash (`env.model`, `blob.get`).",
    scope: "env:render",
    request: request("env.render", {
      s: Handle,
      env_ids: Optional(NdRows),
      fmt: Type.Literal("scene"),
    }),
    reply: reply("env.render", {
      s: Handle,
      scenes: Type.Array(
        Type.Object({
          model_sha256: Sha256,
          xpos: Nd,
          xquat: Nd,
          qpos: Nd,
          mocap_pos: Nd,
          mocap_quat: Nd,
          act: Nd,
          edits: Type.Unsafe<Record<string, { dtype: string; shape: number[]; data: Uint8Array }>>({ type: "object" }),
        }),
      ),
    }),
  },
  "env.model": {
    doc: "The files behind a model: its MJCF (the blob `model_sha256`) and the assets that it names.",
    scope: "env:render",
    request: request("env.model", { s: Handle }),
    reply: reply("env.model", {
      model_sha256: Sha256,
      assets: Type.Array(Type.Object({ name: Type.String(), sha256: Sha256, size: U32 })),
    }),
  },
  "env.metrics": {
    doc: "Scalars of a session: steps, resets, episodes, mean return and length of the last 100 episodes, queue and step times.",
    scope: "env:run",
    request: request("env.metrics", { s: Handle }),
    reply: reply("env.metrics", { s: Handle, metrics: Type.Record(Type.String(), Type.Number()) }),
  },
  "env.close": {
    doc: "End a session and free its rows.",
    scope: "env:run",
    request: request("env.close", { s: Handle }),
    reply: reply("env.close", { s: Handle }),
  },
  "blob.get": {
    doc: "Bytes of a blob by hash, at most 1 MiB from `offset`.",
    scope: "blob:read",
    request: request("blob.get", { sha256: Sha256, offset: Optional(U32) }),
    reply: reply("blob.get", { sha256: Sha256, offset: U32, size: U32, data: Bytes }),
  },
} as const satisfies Record<string, Operation>;
