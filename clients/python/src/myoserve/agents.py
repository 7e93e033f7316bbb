"""Agents that live in the server: asked action by action, or let loose on an environment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, TypeAlias

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from . import _messages as m
from ._connection import Connection
from ._session import Session, plain
from ._spaces import SpaceCodec, to_nd
from ._wire_spaces import wire_space
from .driving import AnyEnv, Episode, Progress, learn, play
from .env import MyoServeEnv
from .errors import MyoServeError
from .vector import MyoServeVectorEnv

Mode: TypeAlias = Literal["explore", "exploit"]
JobProgress = m.JobState
# Seconds.
AGENT_TIMEOUT = 300.0
POLL_PERIOD = 0.2


class Job:
    """Work that the server does by itself."""

    def __init__(self, connection: Connection, handle: str) -> None:
        self._connection = connection
        self.handle = handle

    def progress(self) -> JobProgress:
        """State, env-steps done and wanted, seconds, metrics."""
        request = m.JobGet(id=0, job=self.handle)
        return self._connection.request(request, m.JobGetOk, timeout=AGENT_TIMEOUT).job

    def wait(self, timeout: float | None = None) -> JobProgress:
        """Wait for the end.

        Raises:
            MyoServeError: CANCELLED, or INTERNAL with the reason of the failure.
            TimeoutError: it still runs after `timeout` seconds.

        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            state = self.progress()
            if state.state == "done":
                return state
            if state.state == "cancelled":
                raise MyoServeError("CANCELLED", f"Job {self.handle} was cancelled.")
            if state.state == "failed":
                raise MyoServeError("INTERNAL", state.error or f"Job {self.handle} failed.")
            left = POLL_PERIOD if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"job {self.handle} still runs after {timeout} s")
            time.sleep(min(POLL_PERIOD, left))

    def cancel(self) -> JobProgress:
        """Stop it after its current step."""
        request = m.JobCancel(id=0, job=self.handle)
        return self._connection.request(request, m.JobCancelOk, timeout=AGENT_TIMEOUT).job


class RemoteAgent:
    """An agent of the server; made by `make_agent`. Closes at the end of a ``with`` block."""

    def __init__(
        self,
        connection: Connection,
        create: m.AgentCreate,
        obs: SpaceCodec,
        act: SpaceCodec,
        num_envs: int,
        session: Session | None,
    ) -> None:
        self._connection = connection
        self._session = session
        self._obs, self._act = obs, act
        self.num_envs = num_envs
        made = connection.request(create, m.AgentCreateOk, timeout=AGENT_TIMEOUT)
        self.handle = made.a
        self.config: Mapping[str, Any] = made.config
        self._closed = False

    def act(
        self,
        obs: Any,
        mode: Mode = "explore",
        *,
        reset_mask: npt.NDArray[np.bool_] | None = None,
    ) -> Any:
        """Actions for observations [N, …]; with one row also for one observation as it is.

        Args:
            obs: what the environment returned.
            mode: ``explore`` with exploration noise, ``exploit`` the best action.
            reset_mask: [N], True for rows whose episode starts anew.

        Raises:
            MyoServeError: BAD_OPTIONS or BAD_ACTION where the observations do not fit.

        """
        single = self._is_single(obs)
        request = m.AgentAct(
            id=0,
            a=self.handle,
            obs=self._pack(self._obs, obs, single),
            mode=mode,
            mask_reset=None if reset_mask is None else to_nd(np.asarray(reset_mask, np.bool_)),
        )
        reply = self._connection.request(request, m.AgentActOk, timeout=AGENT_TIMEOUT)
        views = self._act.views(reply.action)
        return self._act.row(views, 0) if single else self._act.batch(views)

    def observe(
        self,
        obs: Any,
        action: Any,
        reward: Any,
        terminated: Any,
        truncated: Any,
        next_obs: Any,
    ) -> Mapping[str, float]:
        """Feed transitions, [N, …] each, or one transition where N is 1; a learner does the updates that are due.

        Args:
            obs: what was acted on.
            action: what was executed.
            reward: of the step.
            terminated: the value ends here.
            truncated: the episode ends here, its value goes on.
            next_obs: what came then, before any reset.

        Returns:
            What the learner measured since it last said so: losses, values, rates; {} where nothing was due.

        """
        single = self._is_single(obs)
        reply = self._connection.request(
            m.AgentObserve(
                id=0,
                a=self.handle,
                obs=self._pack(self._obs, obs, single),
                action=self._pack(self._act, action, single),
                rew=to_nd(np.atleast_1d(np.asarray(reward, "<f8"))),
                term=to_nd(np.atleast_1d(np.asarray(terminated, np.bool_))),
                trunc=to_nd(np.atleast_1d(np.asarray(truncated, np.bool_))),
                next_obs=self._pack(self._obs, next_obs, single),
            ),
            m.AgentObserveOk,
            timeout=AGENT_TIMEOUT,
        )
        return reply.metrics or {}

    def learn(
        self,
        env: AnyEnv,
        steps: int,
        *,
        seed: int | None = None,
        report_every: int = 1000,
        on_progress: Callable[[Progress], None] | None = None,
        progress: bool = False,
    ) -> list[Progress]:
        """Learn from an environment that this process steps; see `myoserve.driving.learn`."""
        return learn(self, env, steps, seed=seed, report_every=report_every, on_progress=on_progress, progress=progress)

    def play(self, env: gym.Env[Any, Any], episodes: int = 1, *, seed: int | None = None) -> list[Episode]:
        """Play episodes of one environment without exploration; for agents of one row."""
        return play(lambda obs: self.act(obs, "exploit"), env, episodes, seed=seed)

    def _is_single(self, obs: Any) -> bool:
        space = self._obs.space
        return self.num_envs == 1 and (np.shape(obs) == space.shape if space.shape is not None else space.contains(obs))

    def _pack(self, codec: SpaceCodec, value: Any, single: bool) -> m.NdArray | list[m.NdArray]:
        return codec.pack_row(value) if single else codec.pack_batch(value, self.num_envs)

    def run(self, steps: int, *, seed: int | None = None, mode: Mode = "explore", learn: bool = False) -> Job:
        """Let the agent drive its environment for `steps` vector steps inside the server.

        The environment belongs to the job until it ends.

        Raises:
            MyoServeError: BAD_OPTIONS where the agent was made without an environment.

        """
        if self._session is None:
            raise MyoServeError(
                "BAD_OPTIONS",
                "An agent runs the environment it was made for, but this one has spaces only; pass env to make_agent.",
            )
        request = m.AgentRun(
            id=0,
            a=self.handle,
            s=self._session.lease.handle,
            steps=steps,
            seed=seed,
            mode=mode,
            learn=learn,
        )
        reply = self._connection.request(request, m.AgentRunOk, timeout=AGENT_TIMEOUT)
        return Job(self._connection, reply.job)

    def save(self) -> bytes:
        """Everything that is needed to continue bit for bit."""
        request = m.AgentSave(id=0, a=self.handle)
        reply = self._connection.request(request, m.AgentSaveOk, timeout=AGENT_TIMEOUT)
        return bytes(reply.blob)

    def load(self, checkpoint: bytes) -> None:
        """Continue from what an agent of the same algorithm, config and spaces saved."""
        request = m.AgentLoad(id=0, a=self.handle, blob=memoryview(checkpoint))
        self._connection.request(request, m.AgentLoadOk, timeout=AGENT_TIMEOUT)

    def close(self) -> None:
        """End the agent; its running jobs are cancelled. Idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            request = m.AgentClose(id=0, a=self.handle)
            self._connection.request(request, m.AgentCloseOk, timeout=2)
        except (MyoServeError, TimeoutError):
            # Gone already.
            pass
        if self._session is None:
            self._connection.close()

    def __enter__(self) -> RemoteAgent:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def make_agent(
    algo: str,
    env: AnyEnv | None = None,
    *,
    obs_space: gym.Space[Any] | None = None,
    act_space: gym.Space[Any] | None = None,
    num_envs: int = 1,
    dt: float | None = None,
    obs_keys: Mapping[str, tuple[int, Sequence[int]]] | None = None,
    preset: str | None = None,
    config: Mapping[str, Any] | None = None,
    seed: int | None = None,
    url: str | None = None,
) -> RemoteAgent:
    """Make an agent, for an environment of the server, of this process or of no Gymnasium at all.

    Args:
        algo: e.g. ``dep`` or ``mpo``; see ``npx myoserve agents``.
        env: what ``gym.make`` or ``gym.make_vec`` gave. One of the server can be driven inside it, by
            `RemoteAgent.run`; any other is stepped here, by `RemoteAgent.learn` or a loop of one's own. Else:
        obs_space: of one row.
        act_space: of one row.
        num_envs: rows.
        dt: control step, s.
        obs_keys: named slices of a flat observation: offset and shape.
        preset: a named config.
        config: what differs from the preset or the defaults.
        seed: of the agent's own random streams.
        url: of the server, where the environment is none of its.

    Raises:
        MyoServeError: AGENT_UNKNOWN, BAD_OPTIONS, CAPACITY.

    """
    create = m.AgentCreate(id=0, algo=algo, preset=preset, config=plain(config) if config else None, seed=seed)
    if env is not None and isinstance(env.unwrapped, (MyoServeEnv, MyoServeVectorEnv)):
        return _for_session(create, env.unwrapped.session)
    if env is not None:
        obs_space, act_space, num_envs = _spaces_of(env)
        dt = _dt_of(env) if dt is None else dt
    if obs_space is None or act_space is None:
        raise TypeError("make_agent needs env, or both obs_space and act_space")
    create.spaces = m.AgentCreateSpaces(
        obs_space=wire_space(obs_space),
        act_space=wire_space(act_space),
        num_envs=num_envs,
        dt=dt,
        obs_keys=None
        if obs_keys is None
        else {
            name: m.AgentCreateSpacesObsKeys(offset=offset, shape=list(shape))
            for name, (offset, shape) in obs_keys.items()
        },
    )
    connection = Connection(url)
    try:
        codecs = SpaceCodec(create.spaces.obs_space), SpaceCodec(create.spaces.act_space)
        return RemoteAgent(connection, create, *codecs, num_envs, None)
    except BaseException:
        connection.close()
        raise


def _for_session(create: m.AgentCreate, session: Session) -> RemoteAgent:
    if session.dicts is not None:
        raise MyoServeError(
            "BAD_OPTIONS",
            "An agent sees the observation as it travels, which info_dicts=True lengthens; make the environment "
            "without it and read env.unwrapped.obs_dict.",
        )
    create.s = session.lease.handle
    return RemoteAgent(session.connection, create, session.obs, session.act, session.num_envs, session)


def _spaces_of(env: AnyEnv) -> tuple[gym.Space[Any], gym.Space[Any], int]:
    """Spaces of one row, and how many rows."""
    if isinstance(env, gym.vector.VectorEnv):
        return env.single_observation_space, env.single_action_space, env.num_envs
    return env.observation_space, env.action_space, 1


def _dt_of(env: AnyEnv) -> float | None:
    """The control step as environments of Gymnasium and MuJoCo call it, s."""
    dt = getattr(env.unwrapped, "dt", None)
    return float(dt) if isinstance(dt, (int, float)) and dt > 0 else None


def list_agents(url: str | None = None) -> list[m.AgentEntry]:
    """Algorithms that a server hosts."""
    connection = Connection(url)
    try:
        return connection.request(m.AgentList(id=0), m.AgentListOk, timeout=60).agents
    finally:
        connection.close()
