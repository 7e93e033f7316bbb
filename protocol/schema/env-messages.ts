import { Type } from "@sinclair/typebox";
import {
  Autoreset,
  Bytes,
  described,
  FreeMap,
  Name,
  Nd,
  NdBuffers,
  NdMask,
  NdRows,
  type Operation,
  Optional,
  reply,
  request,
  Seed,
  SessionHandle,
  Sha256,
  SnapHandle,
  StepNumber,
  U32,
} from "./common.ts";
import { EnvSpecMap } from "./env-spec.ts";

const Mask = described(Nd, "`|b1` [n], m rows set");
const Final = Type.Object(
  { mask: Mask, obs: NdBuffers, terms: described(Nd, "`<f8` [m, T]") },
  { title: "StepFinal", description: "last observation and terms of the rows that `mask` [N] names, in order" },
);
const Episodes = Type.Object(
  { mask: Mask, r: described(Nd, "`<f8` [m] return"), l: described(Nd, "`<u4` [m] length, steps") },
  {
    title: "StepEpisodes",
    description: "return and length of the episodes that ended in the rows that `mask` [N] names",
  },
);
const RowErrors = Type.Record(Type.String(), Type.String(), { description: "row number to sentence" });
const EnvEntry = Type.Object(
  {
    id: Name,
    kind: Type.String({ description: "sim, bridge or real" }),
    title: Type.String(),
    family: Type.String(),
    pack: Type.Union([Type.String(), Type.Null()]),
    installed: Type.Boolean({ description: "false: the model pack is pulled at first use" }),
  },
  { title: "EnvEntry" },
);
/** What a viewer draws of one row. */
export const SceneMap = Type.Object(
  {
    model_sha256: Sha256,
    xpos: Nd,
    xquat: Nd,
    qpos: Nd,
    mocap_pos: Nd,
    mocap_quat: Nd,
    act: Nd,
    edits: Type.Record(Type.String(), Nd, {
      description: "fields of the full model that differ from the file, whole",
    }),
  },
  { title: "SceneMap", description: "xpos [nbody, 3] m, xquat [nbody, 4] wxyz, qpos, mocap poses, act [na]" },
);
const RowStateMap = Type.Object(
  {
    time: Type.Number({ description: "s" }),
    qpos: described(Nd, "`<f8` [nq]"),
    qvel: described(Nd, "`<f8` [nv]"),
    act: described(Nd, "`<f8` [na]"),
    obs: Type.Record(Type.String(), Nd, { description: "`<f4`, group by name" }),
    terms: Type.Record(Type.String(), Type.Number(), {
      description:
        "every reward term of the last step and `dense`, the reward; empty before the first step after a reset or restore",
    }),
  },
  { title: "RowState", description: "simulation state, observation groups and reward terms of one row, by name" },
);
/** What env.rollout may be asked for. */
export const ROLLOUT_PARTS = ["rew", "done", "term", "trunc", "obs", "terms", "final_obs"] as const;
export type RolloutPart = (typeof ROLLOUT_PARTS)[number];
const RolloutPartName = Type.Unsafe<RolloutPart>({ type: "string", enum: [...ROLLOUT_PARTS] });
const Asset = Type.Object({ name: Type.String(), sha256: Sha256, size: U32 }, { title: "ModelAsset" });

/** Environments. */
export const ENV_OPERATIONS = {
  "env.list": {
    doc: "Ids this server can make.",
    scope: "env:read",
    request: request("env.list", { prefix: Optional(Type.String({ maxLength: 128 })) }),
    reply: reply("env.list", {
      envs: Type.Array(EnvEntry),
    }),
  },
  "env.describe": {
    doc: "The spec of an id without making a session.",
    scope: "env:read",
    request: request("env.describe", { env: Name, kwargs: Optional(FreeMap) }),
    reply: reply("env.describe", { spec: EnvSpecMap }),
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
      s: SessionHandle,
      resume: Type.String(),
      spec: EnvSpecMap,
      lease_ms: U32,
      num_envs: U32,
      max_inflight: U32,
    }),
  },
  "env.reset": {
    doc: "Reset the rows of `mask` (all when absent). An int seed s gives row i the seed s + i; an array gives each row its own, -1 meaning none. The reply holds all rows.",
    scope: "env:run",
    request: request("env.reset", {
      s: SessionHandle,
      k: StepNumber,
      seed: Optional(Type.Union([Seed, Nd, Type.Null()])),
      mask: Optional(NdMask),
      options: Optional(FreeMap),
    }),
    reply: reply("env.reset", {
      s: SessionHandle,
      k: StepNumber,
      obs: NdBuffers,
      terms: described(Nd, "`<f8` [n, T]"),
    }),
  },
  "env.step": {
    doc: "Step the rows of `env_ids` (all when absent). `k` is the session's next number; repeating a stored one with the same content returns the stored reply.",
    scope: "env:run",
    request: request("env.step", { s: SessionHandle, k: StepNumber, action: NdBuffers, env_ids: Optional(NdRows) }),
    reply: reply("env.step", {
      s: SessionHandle,
      k: StepNumber,
      obs: NdBuffers,
      rew: described(Nd, "`<f8` [n]"),
      term: described(Nd, "`|b1` [n]"),
      trunc: described(Nd, "`|b1` [n]"),
      terms: Optional(described(Nd, "`<f8` [n, T]; absent when none were asked for")),
      env_ids: Optional(described(Nd, "`<u4` [n]; the rows of the request")),
      final: Optional(Final),
      ep: Optional(Episodes),
      errors: Optional(RowErrors),
    }),
  },
  "env.snapshot": {
    doc: "Full state of rows: physics with warm start, task, random streams. Kept by the session under `snap`; the bytes travel too where `bytes` is true.",
    scope: "env:state",
    request: request("env.snapshot", { s: SessionHandle, env_ids: Optional(NdRows), bytes: Optional(Type.Boolean()) }),
    reply: reply("env.snapshot", { s: SessionHandle, snap: SnapHandle, data: Optional(Type.Array(Bytes)) }),
  },
  "env.restore": {
    doc: "Continue from a snapshot of this session, or from bytes of an equal engine and model. One state goes to every row of `env_ids`; several go one to a row.",
    scope: "env:state",
    request: request("env.restore", {
      s: SessionHandle,
      k: StepNumber,
      snap: Optional(SnapHandle),
      data: Optional(Type.Array(Bytes, { minItems: 1 })),
      env_ids: Optional(NdRows),
    }),
    reply: reply("env.restore", { s: SessionHandle, k: StepNumber }),
  },
  "env.rollout": {
    doc: "Run B action sequences of H steps on copies of a state, over all workers; the rows stay as they are. Start: `snap` or `data` (one state for all sequences, or one for each), else the present state of row `row` (0 when absent). Rewards are bit-equal to stepping a row from there, whatever B; autoreset never applies, and random streams start each sequence where the state left them. A sequence ends with its episode (terminated, or truncated by the step limit): from then on its flags stay set, `rew` and `terms` are 0 and `obs` repeats the last one. Not numbered: it changes nothing.",
    scope: "env:state",
    request: request("env.rollout", {
      s: SessionHandle,
      snap: Optional(SnapHandle),
      data: Optional(Type.Array(Bytes, { minItems: 1 })),
      row: Optional(U32),
      actions: described(NdBuffers, "[B, H, size], a list where the space has several dtypes"),
      want: Optional(
        Type.Array(RolloutPartName, { maxItems: ROLLOUT_PARTS.length, description: "`rew` and `done` when absent" }),
      ),
      obs_keys: Optional(
        Type.Array(Name, {
          minItems: 1,
          maxItems: 256,
          description: "groups of the observation to send; all when absent",
        }),
      ),
    }),
    reply: reply("env.rollout", {
      s: SessionHandle,
      rew: Optional(described(Nd, "`<f8` [B, H]")),
      done: Optional(described(Nd, "`|b1` [B, H]; terminated or truncated in this step or before")),
      term: Optional(described(Nd, "`|b1` [B, H]; terminated in this step or before")),
      trunc: Optional(described(Nd, "`|b1` [B, H]; truncated in this step or before")),
      obs: Optional(described(NdBuffers, "[B, H, size of the groups], a list where the space has several dtypes")),
      terms: Optional(described(Nd, "`<f8` [B, H, T]; every reward term of the spec")),
      final_obs: Optional(described(NdBuffers, "[B, size of the groups]; the last observation of each sequence")),
      errors: Optional(described(RowErrors, "sequence number to sentence")),
    }),
  },
  "env.render": {
    doc: "What a viewer draws: poses and activations; the model's files are fetched once by hash (`env.model`, `blob.get`).",
    scope: "env:render",
    request: request("env.render", {
      s: SessionHandle,
      env_ids: Optional(NdRows),
      fmt: Type.Literal("scene"),
    }),
    reply: reply("env.render", {
      s: SessionHandle,
      scenes: Type.Array(SceneMap),
    }),
  },
  "env.state": {
    doc: "What rows hold at present, by name: simulation state, observation groups, reward terms. Not numbered: it changes nothing.",
    scope: "env:state",
    request: request("env.state", {
      s: SessionHandle,
      env_ids: Optional(NdRows),
      obs_keys: Optional(
        Type.Array(Name, { maxItems: 256, description: "of `obs_available`; those of `obs_dict` when absent" }),
      ),
    }),
    reply: reply("env.state", { s: SessionHandle, states: Type.Array(RowStateMap) }),
  },
  "env.model": {
    doc: "The files behind a model: its MJCF (the blob `model_sha256`) and the assets that it names.",
    scope: "env:render",
    request: request("env.model", { s: SessionHandle }),
    reply: reply("env.model", {
      model_sha256: Sha256,
      assets: Type.Array(Asset),
    }),
  },
  "env.metrics": {
    doc: "Scalars of a session: steps, resets, episodes, mean return and length of the last 100 episodes, mean queue and step times, median worker time of a batch (ms).",
    scope: "env:run",
    request: request("env.metrics", { s: SessionHandle }),
    reply: reply("env.metrics", { s: SessionHandle, metrics: Type.Record(Type.String(), Type.Number()) }),
  },
  "env.close": {
    doc: "End a session and free its rows.",
    scope: "env:run",
    request: request("env.close", { s: SessionHandle }),
    reply: reply("env.close", { s: SessionHandle }),
  },
  "blob.get": {
    doc: "Bytes of a blob by hash, at most 1 MiB from `offset`.",
    scope: "blob:read",
    request: request("blob.get", { sha256: Sha256, offset: Optional(U32) }),
    reply: reply("blob.get", { sha256: Sha256, offset: U32, size: U32, data: Bytes }),
  },
} as const satisfies Record<string, Operation>;
