import { Type } from "@sinclair/typebox";
import {
  closed,
  described,
  FreeMap,
  JobHandle,
  Name,
  Nd,
  type Operation,
  Optional,
  reply,
  request,
  RunHandle,
  Seed,
} from "./common.ts";

/** `paused` is continued by train.resume only, `running` by the next start of the server too. */
export const RUN_STATES = ["running", "paused", "done", "failed", "cancelled"] as const;
/** Which policy of a run: that of the last checkpoint, or the one that did best in an evaluation. */
export const POLICY_CHOICES = ["last", "best"] as const;
export type PolicyChoice = (typeof POLICY_CHOICES)[number];

const MAX_STEPS = 1_000_000_000_000;
const MAX_ROWS = 65_536;
const MAX_EPISODES = 10_000;
const MAX_PLAYED = 100;

const Count = Type.Integer({ minimum: 0, maximum: MAX_STEPS });
const Steps = Type.Integer({ minimum: 1, maximum: MAX_STEPS });
const Choice = Type.Unsafe<PolicyChoice>({ type: "string", enum: [...POLICY_CHOICES] });
const Nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

const BestState = closed(
  { step: Count, score: Type.Number(), return: Type.Number(), success: Nullable(Type.Number()) },
  { title: "BestPolicy", description: "the evaluation that did best; score is success, then return" },
);

export const RunState = closed(
  {
    run: RunHandle,
    name: Type.String(),
    algo: Name,
    env: Name,
    state: Type.Unsafe<(typeof RUN_STATES)[number]>({ type: "string", enum: [...RUN_STATES] }),
    job: described(Nullable(JobHandle), "that works on it, or did last since the server started"),
    done: described(Count, "env-steps of all rows"),
    total: described(Count, "env-steps wanted"),
    seconds: described(Type.Number(), "spent so far, of all jobs"),
    steps_per_s: Type.Number(),
    eta_s: described(Nullable(Type.Number()), "s until the end, while it runs"),
    metrics: described(Type.Record(Type.String(), Type.Number()), "last row"),
    best: Nullable(BestState),
    error: Nullable(Type.String()),
    created: described(Type.String(), "ISO 8601, UTC"),
  },
  { title: "RunState", description: "state of a training run" },
);

const EnvChoice = closed(
  {
    id: Optional(described(Name, "that of the training preset where absent")),
    url: Optional(
      Type.String({
        minLength: 1,
        maxLength: 2048,
        description: "server that has the rows, `ws://` or `wss://`; this one where absent",
      }),
    ),
    kwargs: Optional(FreeMap),
    num_envs: Optional(Type.Integer({ minimum: 1, maximum: MAX_ROWS })),
  },
  { title: "TrainEnv", description: "environment and number of rows" },
);

const EvalChoice = closed(
  {
    every: Optional(described(Count, "env-steps between evaluations, 0: none")),
    episodes: Optional(Type.Integer({ minimum: 1, maximum: MAX_EPISODES })),
    seed: Optional(described(Seed, "episode e starts from seed + e")),
  },
  { title: "TrainEval", description: "evaluation on rows of its own, without exploration" },
);

/** Training runs: they outlive their client and the server. */
export const TRAIN_OPERATIONS = {
  "train.presets": {
    doc: "Training presets: algorithm, config, environment and steps under one name.",
    scope: "agent:run",
    request: request("train.presets", {}),
    reply: reply("train.presets", {
      presets: Type.Array(
        Type.Object(
          {
            name: Name,
            title: Type.String(),
            algo: Name,
            preset: Nullable(Type.String()),
            config: FreeMap,
            env: Name,
            kwargs: FreeMap,
            num_envs: Type.Number(),
            steps: Type.Number(),
          },
          { title: "TrainPreset" },
        ),
      ),
    }),
  },
  "train.create": {
    doc: "Start a training run. `algo` is an algorithm that learns or a training preset; the latter brings env and steps, which may be overridden. The run goes on when the client leaves and after a restart of the server.",
    scope: "agent:run",
    request: request("train.create", {
      algo: Name,
      preset: Optional(described(Name, "of the algorithm")),
      config: Optional(FreeMap),
      env: Optional(EnvChoice),
      seed: Optional(Seed),
      steps: Optional(described(Steps, "env-steps of all rows")),
      name: Optional(Name),
      eval: Optional(EvalChoice),
      checkpoint_every: Optional(described(Count, "env-steps, 0: at pause and end only")),
      log_every: Optional(described(Steps, "env-steps between rows of metrics")),
    }),
    reply: reply("train.create", { run: RunHandle, job: JobHandle, config: FreeMap }),
  },
  "train.list": {
    doc: "Runs of this server, newest first.",
    scope: "agent:run",
    request: request("train.list", {}),
    reply: reply("train.list", { runs: Type.Array(RunState) }),
  },
  "train.get": {
    doc: "State, settings and metrics of a run. `values` holds a row for each entry of `steps` above `since`, NaN where a metric was not taken; `more` says that later rows were left out.",
    scope: "agent:run",
    request: request("train.get", { run: RunHandle, since: Optional(Count) }),
    reply: reply("train.get", {
      run: RunState,
      settings: FreeMap,
      names: Type.Array(Type.String()),
      steps: described(Nd, "`<f8` [n] env-steps"),
      values: described(Nd, "`<f8` [n, names]"),
      more: Type.Boolean(),
    }),
  },
  "train.pause": {
    doc: "Write a checkpoint and stop; answered when it is written.",
    scope: "agent:run",
    request: request("train.pause", { run: RunHandle }),
    reply: reply("train.pause", { run: RunState }),
  },
  "train.resume": {
    doc: "Continue a run that is not running from its last checkpoint; `steps` is a new total.",
    scope: "agent:run",
    request: request("train.resume", { run: RunHandle, steps: Optional(Steps) }),
    reply: reply("train.resume", { run: RunState, job: JobHandle }),
  },
  "train.cancel": {
    doc: "Stop a run without another checkpoint; what is on disk stays.",
    scope: "agent:run",
    request: request("train.cancel", { run: RunHandle }),
    reply: reply("train.cancel", { run: RunState }),
  },
  "train.policy": {
    doc: "A policy of a run, as its arrays and a description of them.",
    scope: "agent:run",
    request: request("train.policy", { run: RunHandle, which: Optional(Choice) }),
    reply: reply("train.policy", {
      run: RunHandle,
      step: Count,
      meta: FreeMap,
      arrays: Type.Record(Type.String(), Nd),
    }),
  },
  "train.play": {
    doc: "Play episodes with a policy of a run, on its environment or another of the same spaces; answered when they are over.",
    scope: "agent:run",
    request: request("train.play", {
      run: RunHandle,
      which: Optional(Choice),
      episodes: Optional(Type.Integer({ minimum: 1, maximum: MAX_PLAYED })),
      seed: Optional(described(Seed, "episode e starts from seed + e")),
      env: Optional(closed({ id: Name, kwargs: Optional(FreeMap) })),
    }),
    reply: reply("train.play", {
      run: RunHandle,
      step: Count,
      returns: described(Nd, "`<f8` [n]"),
      lengths: described(Nd, "`<u4` [n] steps"),
      success: Optional(described(Nd, "`|b1` [n] solved, where the environment says so")),
    }),
  },
} as const satisfies Record<string, Operation>;
