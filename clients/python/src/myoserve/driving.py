"""A loop that owns the environment: it asks an agent for actions and tells it what came of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from ._progress import ProgressBar
from ._spaces import Array

AnyEnv: TypeAlias = "gym.Env[Any, Any] | gym.vector.VectorEnv[Any, Any, Any]"
# Episodes that a mean return looks back on.
RECENT = 100


class Actor(Protocol):
    """What `learn` needs of an agent; all arrays are [N, …]."""

    def act(self, obs: Any, *, reset_mask: Array | None = None) -> Any:
        """Actions; True in the mask where an episode starts anew."""

    def observe(
        self, obs: Any, action: Any, reward: Any, terminated: Any, truncated: Any, next_obs: Any
    ) -> Mapping[str, float]:
        """Take transitions, learn from them where it is due, and say what was measured."""


@dataclass(frozen=True)
class Progress:
    """How far a learner has come."""

    steps: int
    """Environment steps of all rows."""
    episodes: int
    seconds: float
    mean_return: float | None
    """Of the last 100 episodes; None before the first ended."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Newest value of everything that the learner measured."""


@dataclass(frozen=True)
class Episode:
    """One episode that was played to its end."""

    total_reward: float
    length: int
    solved: bool
    """The environment said ``info["solved"]`` in its last step."""


@dataclass(frozen=True)
class _Outcome:
    """Of one step of all rows."""

    next_obs: Array
    """Before any reset."""
    reward: Array
    terminated: Array
    truncated: Array
    obs: Array
    """To act on next."""


class _OneRow:
    def __init__(self, env: gym.Env[Any, Any]) -> None:
        self._env = env
        self.num_envs = 1

    def reset(self, seed: int | None) -> Array:
        return np.asarray(self._env.reset(seed=seed)[0])[None]

    def step(self, action: Array) -> _Outcome:
        obs, reward, terminated, truncated, _ = self._env.step(action[0])
        after = obs if not (terminated or truncated) else self._env.reset()[0]
        flags = np.array([terminated]), np.array([truncated])
        return _Outcome(np.asarray(obs)[None], np.array([reward], np.float64), *flags, np.asarray(after)[None])


class _ManyRows:
    def __init__(self, env: gym.vector.VectorEnv[Any, Any, Any]) -> None:
        self._env = env
        self.num_envs = env.num_envs
        self._mode = AutoresetMode(env.metadata.get("autoreset_mode", AutoresetMode.NEXT_STEP))
        if self._mode is AutoresetMode.NEXT_STEP:
            raise ValueError(
                "Learning needs each episode's last observation and no step that only resets, but the environment has "
                "autoreset_mode NEXT_STEP; make it with AutoresetMode.SAME_STEP or DISABLED."
            )

    def reset(self, seed: int | None) -> Array:
        return np.array(self._env.reset(seed=seed)[0])

    def step(self, action: Array) -> _Outcome:
        after, reward, terminated, truncated, infos = self._env.step(action)
        next_obs = after = np.array(after)
        ended = terminated | truncated
        if ended.any():
            if self._mode is AutoresetMode.DISABLED:
                after = np.array(self._env.reset(options={"reset_mask": ended})[0])
            else:
                next_obs = after.copy()
                for row in np.flatnonzero(ended):
                    next_obs[row] = infos["final_obs"][row]
        return _Outcome(next_obs, reward, terminated, truncated, after)


def _rows_of(env: AnyEnv) -> _OneRow | _ManyRows:
    space = env.single_observation_space if isinstance(env, gym.vector.VectorEnv) else env.observation_space
    if not isinstance(space, gym.spaces.Box):
        raise TypeError(
            f"Learning takes observations of a Box, but the environment has {space}; flatten them, for example with "
            "gymnasium.wrappers.FlattenObservation."
        )
    return _ManyRows(env) if isinstance(env, gym.vector.VectorEnv) else _OneRow(env)


class _Returns:
    """Returns of rows, and the mean over recent episodes."""

    def __init__(self, num_envs: int) -> None:
        self._now = np.zeros(num_envs)
        self._recent: deque[float] = deque(maxlen=RECENT)
        self.episodes = 0

    def add(self, reward: Array, ended: Array) -> None:
        self._now += reward
        self._recent.extend(self._now[ended].tolist())
        self.episodes += int(ended.sum())
        self._now[ended] = 0

    @property
    def mean(self) -> float | None:
        return float(np.mean(self._recent)) if self._recent else None


def learn(
    agent: Actor,
    env: AnyEnv,
    steps: int,
    *,
    seed: int | None = None,
    report_every: int = 1000,
    on_progress: Callable[[Progress], None] | None = None,
    progress: bool = False,
) -> list[Progress]:
    """Let an agent learn from an environment that this process steps.

    Args:
        agent: of `make_agent`, made for `env`.
        env: of `gym.make` or `gym.make_vec`; vectors with autoreset mode SAME_STEP or DISABLED.
        steps: environment steps of all rows.
        seed: of the first reset.
        report_every: environment steps between two entries of the result.
        on_progress: is called with each entry as it comes.
        progress: show a bar.

    Returns:
        How far it was after every `report_every` steps and at the end.

    """
    rows = _rows_of(env)
    returns = _Returns(rows.num_envs)
    history: list[Progress] = []
    metrics: dict[str, float] = {}
    begun = time.monotonic()
    obs, starts = rows.reset(seed), np.ones(rows.num_envs, np.bool_)
    done = 0
    with ProgressBar(steps, "learn", enabled=progress) as bar:
        while done < steps:
            action = agent.act(obs, reset_mask=starts if starts.any() else None)
            out = rows.step(action)
            metrics |= agent.observe(obs, action, out.reward, out.terminated, out.truncated, out.next_obs)
            obs, starts = out.obs, out.terminated | out.truncated
            returns.add(out.reward, starts)
            before, done = done, done + rows.num_envs
            if done < steps and done // report_every == before // report_every:
                continue
            entry = Progress(done, returns.episodes, time.monotonic() - begun, returns.mean, dict(metrics))
            history.append(entry)
            bar.show(done, {} if entry.mean_return is None else {"mean_return": entry.mean_return})
            if on_progress is not None:
                on_progress(entry)
    return history


def play(
    policy: Callable[[Any], Any], env: gym.Env[Any, Any], episodes: int = 1, *, seed: int | None = None
) -> list[Episode]:
    """Play episodes with a policy: observation in, action out.

    Args:
        policy: e.g. a `Policy`, or ``lambda obs: agent.act(obs, "exploit")``.
        env: one environment; left open.
        episodes: how many.
        seed: of the first episode, one more for each that follows.

    """
    return [_episode(policy, env, None if seed is None else seed + i) for i in range(episodes)]


def _episode(policy: Callable[[Any], Any], env: gym.Env[Any, Any], seed: int | None) -> Episode:
    obs, info = env.reset(seed=seed)
    total, length, ended = 0.0, 0, False
    while not ended:
        obs, reward, terminated, truncated, info = env.step(policy(obs))
        total, length = total + float(reward), length + 1
        ended = bool(terminated or truncated)
    return Episode(total, length, bool(info.get("solved", False)))
