"""A policy in NumPy: its numbers, its files, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

import myoserve
from myoserve.policy import Policy

META: dict[str, Any] = {
    "kind": "gaussian-mlp",
    "algo": "mpo",
    "sizes": [2, 3, 2],
    "activation": "relu",
    "tanh": "mean",
    "deviation": "softplus",
    "deviation_bounds": [1e-4, 1.0],
}
ARRAYS = {
    "obs_mean": [1.0, -1.0],
    "obs_std": [2.0, 0.5],
    "w0": [[1.0, -1.0, 0.5], [0.5, 1.0, -2.0]],
    "b0": [0.1, 0.2, -0.3],
    "w1": [[0.3, -0.2], [0.4, 0.1], [-0.5, 0.6]],
    "b1": [0.05, -0.1],
    "action_middle": [0.5],
    "action_half": [0.5],
    "action_low": [0.0],
    "action_high": [1.0],
}


def make(meta: dict[str, Any] | None = None, **changed: Any) -> Policy:
    arrays = {name: np.array(value, np.float32) for name, value in {**ARRAYS, **changed}.items()}
    return Policy({**META, **(meta or {})}, arrays)


def by_hand(obs: tuple[float, float]) -> tuple[float, float]:
    """Both outputs of the last layer, one number after the other."""
    x = [(obs[0] - 1.0) / 2.0, (obs[1] + 1.0) / 0.5]
    hidden = [
        max(0.0, x[0] + 0.5 * x[1] + 0.1),
        max(0.0, -x[0] + x[1] + 0.2),
        max(0.0, 0.5 * x[0] - 2 * x[1] - 0.3),
    ]
    mean = 0.3 * hidden[0] + 0.4 * hidden[1] - 0.5 * hidden[2] + 0.05
    free = -0.2 * hidden[0] + 0.1 * hidden[1] + 0.6 * hidden[2] - 0.1
    return mean, free


@pytest.mark.parametrize("obs", [(0.3, -0.7), (4.0, -2.5), (-1.0, 0.0)])
def test_actions_are_those_computed_by_hand(obs: tuple[float, float]) -> None:
    mean, free = by_hand(obs)
    policy = make()
    action = policy(np.array(obs))
    assert action.dtype == np.float32
    assert action == pytest.approx(0.5 + 0.5 * math.tanh(mean), abs=1e-6)
    assert np.array_equal(policy([obs, obs]), [action, action])
    loc, scale = policy.gaussian(np.array(obs))
    assert loc == pytest.approx(math.tanh(mean), abs=1e-6)
    assert scale == pytest.approx(min(1.0, max(1e-4, math.log1p(math.exp(free)))), abs=1e-6)


def test_heads_that_squash_samples_have_an_unsquashed_gaussian() -> None:
    meta = {"tanh": "sample", "deviation": "exp", "deviation_bounds": [-1.0, 2.0]}
    policy = make(meta)
    mean, free = by_hand((0.3, -0.7))
    loc, scale = policy.gaussian((0.3, -0.7))
    assert loc == pytest.approx(mean, abs=1e-6)
    assert scale == pytest.approx(math.exp(min(2.0, max(-1.0, free))), abs=1e-6)
    assert policy((0.3, -0.7)) == pytest.approx(0.5 + 0.5 * math.tanh(mean), abs=1e-6)


def test_some_see_a_part_of_the_observation() -> None:
    policy = make({"obs_columns": [3, 1], "obs_buffers": [["<f4", 3], ["<f8", 1]]})
    assert policy.obs_size == 4
    assert np.array_equal(policy([9.0, -0.7, 9.0, 0.3]), make()([0.3, -0.7]))
    with pytest.raises(myoserve.MyoServeError, match=r"observations \[4\]"):
        policy([0.3, -0.7])


def test_actions_stay_in_the_range() -> None:
    assert make(b1=[9.0, 0.0], action_high=[0.75])((0.0, 0.0)) == 0.75


def test_files_hold_everything(tmp_path: Path) -> None:
    policy = make()
    policy.save(tmp_path / "deep" / "policy")
    again = Policy.load(tmp_path / "deep" / "policy")
    assert again.meta == policy.meta
    assert list(again.arrays) == list(policy.arrays)
    assert all(np.array_equal(again.arrays[name], array) for name, array in policy.arrays.items())


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(myoserve.MyoServeError, match=r"policy\.json") as caught:
        Policy.load(tmp_path)
    assert caught.value.code == "NOT_FOUND"
    make().save(tmp_path)
    data = (tmp_path / "policy.bin").read_bytes()
    (tmp_path / "policy.bin").write_bytes(data[:-4] + b"\1\2\3\4")
    with pytest.raises(myoserve.MyoServeError, match="is not the file"):
        Policy.load(tmp_path)
    (tmp_path / "policy.bin").write_bytes(data)
    head = json.loads((tmp_path / "policy.json").read_text())
    head["arrays"][2]["shape"] = [3000, 3000]
    (tmp_path / "policy.json").write_text(json.dumps(head))
    with pytest.raises(myoserve.MyoServeError, match="BAD_OPTIONS"):
        Policy.load(tmp_path)
    (tmp_path / "policy.json").write_text("[")
    with pytest.raises(myoserve.MyoServeError, match="no JSON"):
        Policy.load(tmp_path)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(myoserve.MyoServeError, match="kind 'other'"):
        make({"kind": "other"})
    with pytest.raises(myoserve.MyoServeError, match=r"w1 of shape \(3, 2\)"):
        make(w1=[[1.0, 2.0]])
    with pytest.raises(myoserve.MyoServeError, match=r"observations \[2\]"):
        make()(np.zeros(3))


class Countdown(gym.Env[Any, Any]):
    """Ends after as many steps as its seed says; the reward is the action."""

    observation_space = spaces.Box(-10, 10, (2,), np.float32)
    action_space = spaces.Box(0, 1, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.left = seed or 1
        return np.array([0.3, -0.7], np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.left -= 1
        solved = {"solved": self.left == 0 and self.np_random_seed == 3}
        return np.array([0.3, -0.7], np.float32), float(action[0]), self.left == 0, False, solved


def test_play() -> None:
    policy = make()
    reward = float(policy((0.3, -0.7))[0])
    episodes = myoserve.play(policy, Countdown(), 3, seed=2)
    assert [episode.length for episode in episodes] == [2, 3, 4]
    assert [episode.solved for episode in episodes] == [False, True, False]
    assert [episode.total_reward for episode in episodes] == pytest.approx([2 * reward, 3 * reward, 4 * reward])
