"""Messages of protocol version 1, generated from protocol/schema; do not edit."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

MINOR: Final = 0
SUBPROTOCOL_MSGPACK: Final = "myoserve.v1.msgpack"
SUBPROTOCOL_JSON: Final = "myoserve.v1.json"

ErrorCode: TypeAlias = Literal[
    "BAD_FRAME",
    "BAD_MESSAGE",
    "UNKNOWN_TYPE",
    "UNSUPPORTED_VERSION",
    "NEEDS_HELLO",
    "FORBIDDEN",
    "NOT_FOUND",
    "ENV_UNKNOWN",
    "AGENT_UNKNOWN",
    "BAD_ACTION",
    "BAD_OPTIONS",
    "NEEDS_RESET",
    "STEP_CONFLICT",
    "ENV_BUSY",
    "SESSION_LOST",
    "CAPACITY",
    "TOO_LARGE",
    "MODEL_MISSING",
    "CANCELLED",
    "UNAVAILABLE",
    "INTERNAL",
]
ERROR_CODES: Final[frozenset[str]] = frozenset(get_args(ErrorCode))
RETRYABLE_CODES: Final[frozenset[str]] = frozenset({"ENV_BUSY", "CAPACITY", "UNAVAILABLE"})
CLOSE_CODES: Final[dict[str, int]] = {
    "TOO_BIG": 1009,
    "BAD_FRAME": 4400,
    "HELLO_TIMEOUT": 4408,
    "REPLACED": 4409,
    "FLOODING": 4413,
    "DRAINING": 4503,
}


class HelloClient(msgspec.Struct, kw_only=True, omit_defaults=True):
    """HelloClient, part of a message."""

    name: str
    version: str
    lang: str


class HelloResume(msgspec.Struct, kw_only=True, omit_defaults=True):
    """HelloResume, part of a message."""

    s: str
    token: str


class NdArray(msgspec.Struct, kw_only=True, omit_defaults=True):
    """NdArray, part of a message."""

    dtype: str
    shape: list[int]
    data: memoryview


class AgentCreateSpacesObsKeys(msgspec.Struct, kw_only=True, omit_defaults=True):
    """AgentCreateSpacesObsKeys, part of a message."""

    offset: int
    shape: list[int]


class AgentCreateSpaces(msgspec.Struct, kw_only=True, omit_defaults=True):
    """AgentCreateSpaces, part of a message."""

    obs_space: dict[str, Any]
    act_space: dict[str, Any]
    num_envs: int | None = None
    dt: float | None = None
    obs_keys: dict[str, AgentCreateSpacesObsKeys] | None = None


class TrainEnv(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Environment and number of rows."""

    id: str | None = None
    url: str | None = None
    kwargs: dict[str, Any] | None = None
    num_envs: int | None = None


class TrainEval(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Evaluation on rows of its own, without exploration."""

    every: int | None = None
    episodes: int | None = None
    seed: int | None = None


class TrainPlayEnv(msgspec.Struct, kw_only=True, omit_defaults=True):
    """TrainPlayEnv, part of a message."""

    id: str
    kwargs: dict[str, Any] | None = None


class HelloOkServer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """HelloOkServer, part of a message."""

    name: str
    version: str
    engine: str
    boot_id: str


class HelloOkLimits(msgspec.Struct, kw_only=True, omit_defaults=True):
    """HelloOkLimits, part of a message."""

    max_message: int
    max_inflight: int
    max_envs: int
    max_sessions: int
    max_agents: int


class HelloOkResumed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """HelloOkResumed, part of a message."""

    s: str
    token: str | None
    k: int


class EnvEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """EnvEntry, part of a message."""

    id: str
    kind: str
    title: str
    family: str
    pack: str | None
    installed: bool


class ObsGroup(msgspec.Struct, kw_only=True, omit_defaults=True):
    """ObsGroup, part of a message."""

    shape: list[int]
    offset: int
    unit: str
    names: list[str]


class JointInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """JointInfo, part of a message."""

    name: str
    qpos: int
    range: tuple[float, float]


class EnvSpec(msgspec.Struct, kw_only=True, omit_defaults=True):
    """See the section on environment specs."""

    id: str
    title: str
    obs_space: dict[str, Any]
    act_space: dict[str, Any]
    obs_keys: dict[str, ObsGroup]
    obs_available: list[str]
    obs_dict: list[str] | None = None
    info_keys: list[str]
    reward_weights: dict[str, float]
    autoreset_modes: list[Literal["next_step", "same_step", "disabled"]]
    max_episode_steps: int | None
    dt: float
    frame_skip: int
    nondeterministic: bool
    kwargs_schema: dict[str, Any]
    options_schema: dict[str, Any]
    model_sha256: str | None
    engine: str
    actuators: list[str]
    joints: list[JointInfo]


class StepFinal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Last observation and terms of the rows that `mask` [N] names, in order."""

    mask: NdArray
    obs: NdArray | list[NdArray]
    terms: NdArray


class StepEpisodes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Return and length of the episodes that ended in the rows that `mask` [N] names."""

    mask: NdArray
    r: NdArray
    l: NdArray  # noqa: E741


class SceneMap(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Xpos [nbody, 3] m, xquat [nbody, 4] wxyz, qpos, mocap poses, act [na]."""

    model_sha256: str
    xpos: NdArray
    xquat: NdArray
    qpos: NdArray
    mocap_pos: NdArray
    mocap_quat: NdArray
    act: NdArray
    edits: dict[str, NdArray]


class RowState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Simulation state, observation groups and reward terms of one row, by name."""

    time: float
    qpos: NdArray
    qvel: NdArray
    act: NdArray
    obs: dict[str, NdArray]
    terms: dict[str, float]


class ModelAsset(msgspec.Struct, kw_only=True, omit_defaults=True):
    """ModelAsset, part of a message."""

    name: str
    sha256: str
    size: int


class AgentEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """AgentEntry, part of a message."""

    id: str
    title: str


class JobState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """JobState, part of a message."""

    job: str
    kind: str
    state: Literal["running", "done", "failed", "cancelled", "paused"]
    done: float
    total: float
    seconds: float
    metrics: dict[str, float]
    error: str | None


class TrainPreset(msgspec.Struct, kw_only=True, omit_defaults=True):
    """TrainPreset, part of a message."""

    name: str
    title: str
    algo: str
    preset: str | None
    config: dict[str, Any]
    env: str
    kwargs: dict[str, Any]
    num_envs: float
    steps: float


class BestPolicy(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The evaluation that did best.

    Score is success, then return.
    """

    step: int
    score: float
    return_: float = msgspec.field(name="return")
    success: float | None


class RunState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """State of a training run."""

    run: str
    name: str
    algo: str
    env: str
    state: Literal["running", "paused", "done", "failed", "cancelled"]
    job: str | None
    done: int
    total: int
    seconds: float
    steps_per_s: float
    eta_s: float | None
    metrics: dict[str, float]
    best: BestPolicy | None
    error: str | None
    created: str


class RequestBase(
    msgspec.Struct,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="t",
):
    """What every request carries: an id that its reply repeats."""

    id: int


class ReplyBase(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="t"):
    """What every reply carries; keys of later minor versions are ignored."""

    id: int


class ServerMessageBase(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="t"):
    """What the server sends on its own, and errors, whose id may be absent."""


class Hello(RequestBase, kw_only=True, tag="hello"):
    """First message of a connection, within 5 s.

    `resume` takes a session over after its socket was lost; the token is replaced by the one in the
    reply.
    """

    minor: int
    role: Literal["driver", "agent", "observer"]
    client: HelloClient
    caps: list[str] | None = None
    resume: list[HelloResume] | None = None


class Ping(RequestBase, kw_only=True, tag="ping"):
    """Application-level ping: round-trip time and clock offset."""

    c: int | None = None


class EnvList(RequestBase, kw_only=True, tag="env.list"):
    """Ids this server can make."""

    prefix: str | None = None


class EnvDescribe(RequestBase, kw_only=True, tag="env.describe"):
    """The spec of an id without making a session."""

    env: str
    kwargs: dict[str, Any] | None = None


class EnvMake(RequestBase, kw_only=True, tag="env.make"):
    """Make a session of `num_envs` rows.

    `resume` is the token that takes it over after a lost socket.
    """

    env: str
    num_envs: int | None = None
    kwargs: dict[str, Any] | None = None
    autoreset: Literal["next_step", "same_step", "disabled"]
    seed: int | None = None
    info_keys: list[str] | None = None


class EnvReset(RequestBase, kw_only=True, tag="env.reset"):
    """Reset the rows of `mask` (all when absent).

    An int seed s gives row i the seed s + i; an array gives each row its own, -1 meaning none. The
    reply holds all rows.
    """

    s: str
    k: int
    seed: int | NdArray | None = None
    mask: NdArray | None = None
    options: dict[str, Any] | None = None


class EnvStep(RequestBase, kw_only=True, tag="env.step"):
    """Step the rows of `env_ids` (all when absent).

    `k` is the session's next number; repeating a stored one with the same content returns the
    stored reply.
    """

    s: str
    k: int
    action: NdArray | list[NdArray]
    env_ids: NdArray | None = None


class EnvSnapshot(RequestBase, kw_only=True, tag="env.snapshot"):
    """Full state of rows: physics with warm start, task, random streams.

    Kept by the session under `snap`; the bytes travel too where `bytes` is true.
    """

    s: str
    env_ids: NdArray | None = None
    bytes: bool | None = None


class EnvRestore(RequestBase, kw_only=True, tag="env.restore"):
    """Continue from a snapshot of this session, or from bytes of an equal engine and model.

    One state goes to every row of `env_ids`; several go one to a row.
    """

    s: str
    k: int
    snap: str | None = None
    data: list[memoryview] | None = None
    env_ids: NdArray | None = None


class EnvRollout(RequestBase, kw_only=True, tag="env.rollout"):
    """Run B action sequences of H steps on copies of a state, over all workers.

    The rows stay as they are. Start: `snap` or `data` (one state for all sequences, or one for
    each), else the present state of row `row` (0 when absent). Rewards are bit-equal to stepping a
    row from there, whatever B; autoreset never applies, and random streams start each sequence
    where the state left them. A sequence ends with its episode (terminated, or truncated by the
    step limit): from then on its flags stay set, `rew` and `terms` are 0 and `obs` repeats the last
    one. Not numbered: it changes nothing.
    """

    s: str
    snap: str | None = None
    data: list[memoryview] | None = None
    row: int | None = None
    actions: NdArray | list[NdArray]
    want: list[Literal["rew", "done", "term", "trunc", "obs", "terms", "final_obs"]] | None = None
    obs_keys: list[str] | None = None


class EnvRender(RequestBase, kw_only=True, tag="env.render"):
    """What a viewer draws: poses and activations.

    The model's files are fetched once by hash (`env.model`, `blob.get`).
    """

    s: str
    env_ids: NdArray | None = None
    fmt: str


class EnvState(RequestBase, kw_only=True, tag="env.state"):
    """What rows hold at present, by name: simulation state, observation groups, reward terms.

    Not numbered: it changes nothing.
    """

    s: str
    env_ids: NdArray | None = None
    obs_keys: list[str] | None = None


class EnvModel(RequestBase, kw_only=True, tag="env.model"):
    """The files behind a model: its MJCF (the blob `model_sha256`) and the assets that it names."""

    s: str


class EnvMetrics(RequestBase, kw_only=True, tag="env.metrics"):
    """Scalars of a session: steps, resets, episodes, mean return and length of the last 100 episodes, mean queue and step times, median worker time of a batch (ms)."""

    s: str


class EnvClose(RequestBase, kw_only=True, tag="env.close"):
    """End a session and free its rows."""

    s: str


class BlobGet(RequestBase, kw_only=True, tag="blob.get"):
    """Bytes of a blob by hash, at most 1 MiB from `offset`."""

    sha256: str
    offset: int | None = None


class AgentList(RequestBase, kw_only=True, tag="agent.list"):
    """Algorithms this server hosts."""


class AgentDescribe(RequestBase, kw_only=True, tag="agent.describe"):
    """Config schema, defaults and presets of an algorithm."""

    algo: str


class AgentCreate(RequestBase, kw_only=True, tag="agent.create"):
    """Create an agent for the spaces of session `s`, or for spaces given here by a client that owns its own body."""

    algo: str
    preset: str | None = None
    config: dict[str, Any] | None = None
    seed: int | None = None
    s: str | None = None
    spaces: AgentCreateSpaces | None = None


class AgentAct(RequestBase, kw_only=True, tag="agent.act"):
    """Actions for a batch of observations.

    `mask_reset` names rows whose episode starts anew.
    """

    a: str
    obs: NdArray | list[NdArray]
    mode: Literal["explore", "exploit"] | None = None
    mask_reset: NdArray | None = None


class AgentObserve(RequestBase, kw_only=True, tag="agent.observe"):
    """Feed transitions of a client that owns its own body.

    A learner does the gradient steps that are due before it answers.
    """

    a: str
    obs: NdArray | list[NdArray]
    action: NdArray | list[NdArray]
    rew: NdArray
    term: NdArray
    trunc: NdArray
    next_obs: NdArray | list[NdArray]


class AgentRun(RequestBase, kw_only=True, tag="agent.run"):
    """Job: the agent drives session `s` for `steps` vector steps inside the server.

    The session belongs to the job until it ends.
    """

    a: str
    s: str
    steps: int
    seed: int | None = None
    mode: Literal["explore", "exploit"] | None = None
    learn: bool | None = None


class AgentSave(RequestBase, kw_only=True, tag="agent.save"):
    """Checkpoint: everything needed to continue bit for bit."""

    a: str


class AgentLoad(RequestBase, kw_only=True, tag="agent.load"):
    """Continue from a checkpoint of the same algorithm, config and spaces."""

    a: str
    blob: memoryview


class AgentClose(RequestBase, kw_only=True, tag="agent.close"):
    """End an agent.

    Its running jobs are cancelled.
    """

    a: str


class JobGet(RequestBase, kw_only=True, tag="job.get"):
    """State of a job."""

    job: str


class JobList(RequestBase, kw_only=True, tag="job.list"):
    """Jobs of this server, newest first."""


class JobCancel(RequestBase, kw_only=True, tag="job.cancel"):
    """Stop a job after its current step."""

    job: str


class TrainPresets(RequestBase, kw_only=True, tag="train.presets"):
    """Training presets: algorithm, config, environment and steps under one name."""


class TrainCreate(RequestBase, kw_only=True, tag="train.create"):
    """Start a training run.

    `algo` is an algorithm that learns or a training preset; the latter brings env and steps, which
    may be overridden. The run goes on when the client leaves and after a restart of the server.
    """

    algo: str
    preset: str | None = None
    config: dict[str, Any] | None = None
    env: TrainEnv | None = None
    seed: int | None = None
    steps: int | None = None
    name: str | None = None
    eval: TrainEval | None = None
    checkpoint_every: int | None = None
    log_every: int | None = None


class TrainList(RequestBase, kw_only=True, tag="train.list"):
    """Runs of this server, newest first."""


class TrainGet(RequestBase, kw_only=True, tag="train.get"):
    """State, settings and metrics of a run.

    `values` holds a row for each entry of `steps` above `since`, NaN where a metric was not taken;
    `more` says that later rows were left out.
    """

    run: str
    since: int | None = None


class TrainPause(RequestBase, kw_only=True, tag="train.pause"):
    """Write a checkpoint and stop.

    Answered when it is written.
    """

    run: str


class TrainResume(RequestBase, kw_only=True, tag="train.resume"):
    """Continue a run that is not running from its last checkpoint.

    `steps` is a new total.
    """

    run: str
    steps: int | None = None


class TrainCancel(RequestBase, kw_only=True, tag="train.cancel"):
    """Stop a run without another checkpoint.

    What is on disk stays.
    """

    run: str


class TrainPolicy(RequestBase, kw_only=True, tag="train.policy"):
    """A policy of a run, as its arrays and a description of them."""

    run: str
    which: Literal["last", "best"] | None = None


class TrainPlay(RequestBase, kw_only=True, tag="train.play"):
    """Play episodes with a policy of a run, on its environment or another of the same spaces.

    Answered when they are over.
    """

    run: str
    which: Literal["last", "best"] | None = None
    episodes: int | None = None
    seed: int | None = None
    env: TrainPlayEnv | None = None


class Sub(RequestBase, kw_only=True, tag="sub"):
    """Subscribe to a topic: job progress, episode ends, frames (scenes) or session metrics."""

    topic: Literal["job", "episodes", "frames", "metrics"]
    s: str | None = None
    job: str | None = None
    max_hz: float | None = None
    policy: Literal["latest", "drop_oldest"] | None = None


class Unsub(RequestBase, kw_only=True, tag="unsub"):
    """End a subscription."""

    sub: str


class HelloOk(ReplyBase, kw_only=True, tag="hello.ok"):
    """Reply to hello."""

    minor: int
    server: HelloOkServer
    caps: list[str]
    scopes: list[str]
    limits: HelloOkLimits
    ping_ms: int
    lease_ms: int
    now_ns: int
    resumed: list[HelloOkResumed] | None = None


class PingOk(ReplyBase, kw_only=True, tag="ping.ok"):
    """Reply to ping."""

    c: int | None = None
    now_ns: int


class EnvListOk(ReplyBase, kw_only=True, tag="env.list.ok"):
    """Reply to env.list."""

    envs: list[EnvEntry]


class EnvDescribeOk(ReplyBase, kw_only=True, tag="env.describe.ok"):
    """Reply to env.describe."""

    spec: EnvSpec


class EnvMakeOk(ReplyBase, kw_only=True, tag="env.make.ok"):
    """Reply to env.make."""

    s: str
    resume: str
    spec: EnvSpec
    lease_ms: int
    num_envs: int
    max_inflight: int


class EnvResetOk(ReplyBase, kw_only=True, tag="env.reset.ok"):
    """Reply to env.reset."""

    s: str
    k: int
    obs: NdArray | list[NdArray]
    terms: NdArray


class EnvStepOk(ReplyBase, kw_only=True, tag="env.step.ok"):
    """Reply to env.step."""

    s: str
    k: int
    obs: NdArray | list[NdArray]
    rew: NdArray
    term: NdArray
    trunc: NdArray
    terms: NdArray | None = None
    env_ids: NdArray | None = None
    final: StepFinal | None = None
    ep: StepEpisodes | None = None
    errors: dict[str, str] | None = None


class EnvSnapshotOk(ReplyBase, kw_only=True, tag="env.snapshot.ok"):
    """Reply to env.snapshot."""

    s: str
    snap: str
    data: list[memoryview] | None = None


class EnvRestoreOk(ReplyBase, kw_only=True, tag="env.restore.ok"):
    """Reply to env.restore."""

    s: str
    k: int


class EnvRolloutOk(ReplyBase, kw_only=True, tag="env.rollout.ok"):
    """Reply to env.rollout."""

    s: str
    rew: NdArray | None = None
    done: NdArray | None = None
    term: NdArray | None = None
    trunc: NdArray | None = None
    obs: NdArray | list[NdArray] | None = None
    terms: NdArray | None = None
    final_obs: NdArray | list[NdArray] | None = None
    errors: dict[str, str] | None = None


class EnvRenderOk(ReplyBase, kw_only=True, tag="env.render.ok"):
    """Reply to env.render."""

    s: str
    scenes: list[SceneMap]


class EnvStateOk(ReplyBase, kw_only=True, tag="env.state.ok"):
    """Reply to env.state."""

    s: str
    states: list[RowState]


class EnvModelOk(ReplyBase, kw_only=True, tag="env.model.ok"):
    """Reply to env.model."""

    model_sha256: str
    assets: list[ModelAsset]


class EnvMetricsOk(ReplyBase, kw_only=True, tag="env.metrics.ok"):
    """Reply to env.metrics."""

    s: str
    metrics: dict[str, float]


class EnvCloseOk(ReplyBase, kw_only=True, tag="env.close.ok"):
    """Reply to env.close."""

    s: str


class BlobGetOk(ReplyBase, kw_only=True, tag="blob.get.ok"):
    """Reply to blob.get."""

    sha256: str
    offset: int
    size: int
    data: memoryview


class AgentListOk(ReplyBase, kw_only=True, tag="agent.list.ok"):
    """Reply to agent.list."""

    agents: list[AgentEntry]


class AgentDescribeOk(ReplyBase, kw_only=True, tag="agent.describe.ok"):
    """Reply to agent.describe."""

    algo: str
    title: str
    config_schema: dict[str, Any]
    defaults: dict[str, Any]
    presets: dict[str, Any]


class AgentCreateOk(ReplyBase, kw_only=True, tag="agent.create.ok"):
    """Reply to agent.create."""

    a: str
    config: dict[str, Any]


class AgentActOk(ReplyBase, kw_only=True, tag="agent.act.ok"):
    """Reply to agent.act."""

    a: str
    action: NdArray | list[NdArray]


class AgentObserveOk(ReplyBase, kw_only=True, tag="agent.observe.ok"):
    """Reply to agent.observe."""

    a: str
    metrics: dict[str, float] | None = None


class AgentRunOk(ReplyBase, kw_only=True, tag="agent.run.ok"):
    """Reply to agent.run."""

    job: str


class AgentSaveOk(ReplyBase, kw_only=True, tag="agent.save.ok"):
    """Reply to agent.save."""

    a: str
    blob: memoryview
    sha256: str


class AgentLoadOk(ReplyBase, kw_only=True, tag="agent.load.ok"):
    """Reply to agent.load."""

    a: str


class AgentCloseOk(ReplyBase, kw_only=True, tag="agent.close.ok"):
    """Reply to agent.close."""

    a: str


class JobGetOk(ReplyBase, kw_only=True, tag="job.get.ok"):
    """Reply to job.get."""

    job: JobState


class JobListOk(ReplyBase, kw_only=True, tag="job.list.ok"):
    """Reply to job.list."""

    jobs: list[JobState]


class JobCancelOk(ReplyBase, kw_only=True, tag="job.cancel.ok"):
    """Reply to job.cancel."""

    job: JobState


class TrainPresetsOk(ReplyBase, kw_only=True, tag="train.presets.ok"):
    """Reply to train.presets."""

    presets: list[TrainPreset]


class TrainCreateOk(ReplyBase, kw_only=True, tag="train.create.ok"):
    """Reply to train.create."""

    run: str
    job: str
    config: dict[str, Any]


class TrainListOk(ReplyBase, kw_only=True, tag="train.list.ok"):
    """Reply to train.list."""

    runs: list[RunState]


class TrainGetOk(ReplyBase, kw_only=True, tag="train.get.ok"):
    """Reply to train.get."""

    run: RunState
    settings: dict[str, Any]
    names: list[str]
    steps: NdArray
    values: NdArray
    more: bool


class TrainPauseOk(ReplyBase, kw_only=True, tag="train.pause.ok"):
    """Reply to train.pause."""

    run: RunState


class TrainResumeOk(ReplyBase, kw_only=True, tag="train.resume.ok"):
    """Reply to train.resume."""

    run: RunState
    job: str


class TrainCancelOk(ReplyBase, kw_only=True, tag="train.cancel.ok"):
    """Reply to train.cancel."""

    run: RunState


class TrainPolicyOk(ReplyBase, kw_only=True, tag="train.policy.ok"):
    """Reply to train.policy."""

    run: str
    step: int
    meta: dict[str, Any]
    arrays: dict[str, NdArray]


class TrainPlayOk(ReplyBase, kw_only=True, tag="train.play.ok"):
    """Reply to train.play."""

    run: str
    step: int
    returns: NdArray
    lengths: NdArray
    success: NdArray | None = None


class SubOk(ReplyBase, kw_only=True, tag="sub.ok"):
    """Reply to sub."""

    sub: str


class UnsubOk(ReplyBase, kw_only=True, tag="unsub.ok"):
    """Reply to unsub."""

    sub: str


class EvJob(ServerMessageBase, kw_only=True, tag="ev.job"):
    """Event ev.job."""

    sub: str
    n: int
    dropped: int
    job: JobState


class EvEpisodes(ServerMessageBase, kw_only=True, tag="ev.episodes"):
    """Event ev.episodes."""

    sub: str
    n: int
    dropped: int
    s: str
    rows: NdArray
    r: NdArray
    l: NdArray  # noqa: E741


class EvFrames(ServerMessageBase, kw_only=True, tag="ev.frames"):
    """Event ev.frames."""

    sub: str
    n: int
    dropped: int
    s: str
    scenes: list[SceneMap]


class EvMetrics(ServerMessageBase, kw_only=True, tag="ev.metrics"):
    """Event ev.metrics."""

    sub: str
    n: int
    dropped: int
    s: str
    metrics: dict[str, float]


class EvDrain(ServerMessageBase, kw_only=True, tag="ev.drain"):
    """Event ev.drain."""

    deadline_ms: int
    reason: str


class ErrorReply(ServerMessageBase, kw_only=True, tag="error"):
    """The one error reply: code and sentence."""

    id: int | None = None
    code: str
    message: str
    retryable: bool
    s: str | None = None
    data: dict[str, Any] | None = None


Request: TypeAlias = (
    Hello
    | Ping
    | EnvList
    | EnvDescribe
    | EnvMake
    | EnvReset
    | EnvStep
    | EnvSnapshot
    | EnvRestore
    | EnvRollout
    | EnvRender
    | EnvState
    | EnvModel
    | EnvMetrics
    | EnvClose
    | BlobGet
    | AgentList
    | AgentDescribe
    | AgentCreate
    | AgentAct
    | AgentObserve
    | AgentRun
    | AgentSave
    | AgentLoad
    | AgentClose
    | JobGet
    | JobList
    | JobCancel
    | TrainPresets
    | TrainCreate
    | TrainList
    | TrainGet
    | TrainPause
    | TrainResume
    | TrainCancel
    | TrainPolicy
    | TrainPlay
    | Sub
    | Unsub
)
Reply: TypeAlias = (
    HelloOk
    | PingOk
    | EnvListOk
    | EnvDescribeOk
    | EnvMakeOk
    | EnvResetOk
    | EnvStepOk
    | EnvSnapshotOk
    | EnvRestoreOk
    | EnvRolloutOk
    | EnvRenderOk
    | EnvStateOk
    | EnvModelOk
    | EnvMetricsOk
    | EnvCloseOk
    | BlobGetOk
    | AgentListOk
    | AgentDescribeOk
    | AgentCreateOk
    | AgentActOk
    | AgentObserveOk
    | AgentRunOk
    | AgentSaveOk
    | AgentLoadOk
    | AgentCloseOk
    | JobGetOk
    | JobListOk
    | JobCancelOk
    | TrainPresetsOk
    | TrainCreateOk
    | TrainListOk
    | TrainGetOk
    | TrainPauseOk
    | TrainResumeOk
    | TrainCancelOk
    | TrainPolicyOk
    | TrainPlayOk
    | SubOk
    | UnsubOk
)
Event: TypeAlias = EvJob | EvEpisodes | EvFrames | EvMetrics | EvDrain
ServerMessage: TypeAlias = Reply | ErrorReply | Event
