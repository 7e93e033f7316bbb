"""The loop that owns the environment: what it tells the agent, step by step, and a learner of a real server in it."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import myoserve
from myoserve.driving import learn


class Count(gym.Env[Any, Any]):
    """Counts its steps; ends after 3, by termination in odd episodes and by truncation in even ones."""

    observation_space = spaces.Box(0, 100, (2,), np.float32)
    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def __init__(self, number: int = 0) -> None:
        self.number, self.episode, self.count = number, 0, 0

    def _obs(self) -> Any:
        return np.array([10 * self.number + self.episode, self.count], np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.episode, self.count = self.episode + 1, 0
        return self._obs(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.count += 1
        over = self.count == 3
        return self._obs(), float(action[0]), over and self.episode % 2 == 1, over and self.episode % 2 == 0, {}


class Recorder:
    """Acts with its number of calls and keeps what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.masks: list[list[bool] | None] = []

    def act(self, obs: Any, *, reset_mask: Any = None) -> Any:
        self.masks.append(None if reset_mask is None else reset_mask.tolist())
        return np.full((len(obs), 1), len(self.masks), np.float32)

    def observe(self, *transition: Any) -> dict[str, float]:
        self.calls.append(tuple(np.array(part).tolist() for part in transition))
        return {"calls": float(len(self.calls))} if len(self.calls) % 2 == 0 else {}


def test_one_row_is_told_of_every_step() -> None:
    agent = Recorder()
    history = learn(agent, Count(), 7, report_every=3)
    assert agent.masks == [[True], None, None, [True], None, None, [True]]
    assert agent.calls[2] == ([[1, 2]], [[3]], [3], [True], [False], [[1, 3]])
    # The next episode begins with the observation of the reset.
    assert agent.calls[3] == ([[2, 0]], [[4]], [4], [False], [False], [[2, 1]])
    assert agent.calls[5] == ([[2, 2]], [[6]], [6], [False], [True], [[2, 3]])
    assert [entry.steps for entry in history] == [3, 6, 7]
    assert [entry.episodes for entry in history] == [1, 2, 2]
    assert [entry.mean_return for entry in history] == [6, 10.5, 10.5]
    # The newest of each figure.
    assert [entry.metrics for entry in history] == [{"calls": 2}, {"calls": 6}, {"calls": 6}]


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_rows_are_told_of_last_observations(mode: AutoresetMode) -> None:
    envs = SyncVectorEnv([lambda: Count(0), lambda: Count(1)], autoreset_mode=mode)
    agent = Recorder()
    seen: list[int] = []
    learn(agent, envs, 8, on_progress=lambda entry: seen.append(entry.steps), report_every=4)
    assert seen == [4, 8]
    assert agent.masks == [[True, True], None, None, [True, True]]
    assert agent.calls[2][3:] == ([True, True], [False, False], [[1, 3], [11, 3]])
    assert agent.calls[3][0] == [[2, 0], [12, 0]]


def test_what_cannot_be_learned_from_is_refused() -> None:
    with pytest.raises(ValueError, match="SAME_STEP"):
        learn(Recorder(), SyncVectorEnv([Count]), 1)
    with pytest.raises(TypeError, match="FlattenObservation"):
        learn(Recorder(), gym.make("FrozenLake-v1"), 1)


class Aim(gym.Env[Any, Any]):
    """The reward is highest where the action is the observation."""

    observation_space = spaces.Box(-1, 1, (1,), np.float32)
    action_space = spaces.Box(-2, 2, (1,), np.float32)

    def _draw(self) -> Any:
        self.target = self.np_random.uniform(-1, 1)
        return np.array([self.target], np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.left = 10
        return self._draw(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.left -= 1
        reward = -((float(action[0]) - self.target) ** 2)
        return self._draw(), reward, False, self.left == 0, {}


CONFIG = {"discount": 0.5, "epsilon_mean": 0.05, "epsilon_std": 1e-3, "batch_iterations": 10}


def test_a_learner_of_the_server_learns_here(server: myoserve.Server) -> None:
    env = Aim()
    with myoserve.make_agent("mpo", env, preset="debug", config=CONFIG, seed=1, url=server.url) as agent:
        before = np.mean([episode.total_reward for episode in agent.play(env, 20, seed=50)])
        history = agent.learn(env, 3000, seed=1, report_every=1000)
        after = np.mean([episode.total_reward for episode in agent.play(env, 20, seed=50)])
    # Doing nothing gives -3.3.
    assert before < -2
    assert after > -0.7
    assert {"critic_loss", "temperature"} <= set(history[-1].metrics)
    assert history[-1].episodes == 300


def test_rows_of_the_server_itself_are_driven_from_here(server: myoserve.Server) -> None:
    envs = gym.make_vec("myoserve/arm26-reach-v0", num_envs=2, url=server.url, autoreset_mode="SameStep")
    with myoserve.make_agent("mpo", envs, preset="debug", seed=0) as agent:
        history = agent.learn(envs, 900, seed=0, report_every=900)
    envs.close()
    assert history[-1].episodes == 4
    assert "critic_loss" in history[-1].metrics
