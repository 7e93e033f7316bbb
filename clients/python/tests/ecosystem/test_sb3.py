"""stable-baselines3 on a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecMonitor, VecNormalize

import myoserve
from myoserve.sb3 import MyoServeVecEnv

ARM, ROWS = "arm26-reach-v0", 3


@pytest.mark.parametrize("env_id", [ARM, "myoarm9-shake-v0", "myoElbowPose1D6MRandom-v0", "myoLegWalk-v0"])
def test_check_env(server: myoserve.Server, installed: frozenset[str], env_id: str) -> None:
    if env_id not in installed:
        pytest.skip("its model pack is not installed: npx myoserve models pull myosuite")
    env = gym.make(f"myoserve/{env_id}", url=server.url)
    with warnings.catch_warnings():
        # Muscles are driven in [0, 1], as MyoSuite has it.
        warnings.filterwarnings("ignore", ".*symmetric.*", UserWarning)
        check_env(env, skip_render_check=True)
    env.close()


def test_equals_dummy_vec_env(server: myoserve.Server) -> None:
    def make() -> gym.Env:
        return gym.make(f"myoserve/{ARM}", url=server.url)

    ours, theirs = MyoServeVecEnv(ARM, ROWS, url=server.url), DummyVecEnv([make] * ROWS)
    assert ours.observation_space == theirs.observation_space
    ours.seed(5)
    theirs.seed(5)
    assert np.array_equal(ours.reset(), theirs.reset())
    assert ours.reset_infos == theirs.reset_infos
    ended = 0
    for _ in range(450):
        actions = np.stack([ours.action_space.sample() for _ in range(ROWS)])
        mine, reference = ours.step(actions), theirs.step(actions)
        for a, b in zip(mine[:3], reference[:3], strict=True):
            assert np.array_equal(a, b)
            assert a.dtype == b.dtype
        for info, wanted in zip(mine[3], reference[3], strict=True):
            assert ("episode" in info) == ("terminal_observation" in wanted)
            info.pop("episode", None)
            cut = wanted.get("TimeLimit.truncated", False)
            assert info.pop("TimeLimit.truncated", False) == cut
            wanted.pop("TimeLimit.truncated", None)
            if "terminal_observation" in wanted:
                ended += 1
                assert np.array_equal(info.pop("terminal_observation"), wanted.pop("terminal_observation"))
            assert info == wanted
    assert ended == 2 * ROWS
    ours.close()
    ours.close()
    theirs.close()


def test_learners_learn(server: myoserve.Server) -> None:
    envs = VecNormalize(VecMonitor(MyoServeVecEnv(ARM, 4, url=server.url)))
    PPO("MlpPolicy", envs, n_steps=64, batch_size=64, device="cpu").learn(600)
    envs.close()
    plain = MyoServeVecEnv(f"myoserve/{ARM}", 2, url=server.url)
    model = SAC("MlpPolicy", plain, learning_starts=20, device="cpu")
    model.learn(450)
    assert len(model.ep_info_buffer) == 2
    plain.close()


def test_tutorial_of_training(server: myoserve.Server, installed: frozenset[str]) -> None:
    if "myoElbowPose1D6MRandom-v0" not in installed:
        pytest.skip("its model pack is not installed: npx myoserve models pull myosuite")
    script = Path(__file__).resolve().parents[2] / "examples" / "train_policy.py"
    environ = {**os.environ, "MYOSERVE_URL": server.url}
    result = subprocess.run(
        [sys.executable, str(script), "512"], env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert re.search(r"at the target in \d+ of 500 steps", result.stdout)


def test_dictionaries_equal_dummy_vec_env(server: myoserve.Server) -> None:
    def make() -> gym.Env:
        return gym.make(f"myoserve/{ARM}", url=server.url, info_dicts=True, obs_keys=["qpos"])

    ours = MyoServeVecEnv(ARM, 2, url=server.url, info_dicts=True, obs_keys=["qpos"])
    theirs = DummyVecEnv([make] * 2)
    ours.seed(5)
    theirs.seed(5)
    assert np.array_equal(ours.reset(), theirs.reset())
    for _ in range(210):
        actions = np.stack([ours.action_space.sample() for _ in range(2)])
        for info, wanted in zip(ours.step(actions)[3], theirs.step(actions)[3], strict=True):
            assert info["rwd_dict"] == wanted["rwd_dict"]
            for name, values in wanted["obs_dict"].items():
                assert np.array_equal(info["obs_dict"][name], values)
    ours.close()
    theirs.close()


def test_processes(server: myoserve.Server) -> None:
    envs = make_vec_env(f"myoserve:myoserve/{ARM}", 2, env_kwargs={"url": server.url}, vec_env_cls=SubprocVecEnv)
    envs.seed(1)
    assert envs.reset().shape == (2, 16)
    envs.step(np.stack([envs.action_space.sample() for _ in range(2)]))
    envs.close()


def test_rows_have_no_python_of_their_own(server: myoserve.Server) -> None:
    envs = MyoServeVecEnv(ARM, 2, url=server.url)
    assert envs.get_attr("render_mode") == [None, None]
    assert envs.env_is_wrapped(gym.Wrapper) == [False, False]
    with pytest.raises(AttributeError, match="server"):
        envs.set_attr("x", 1)
    envs.close()
