"""What a user of MyoSuite relies on beyond ids: dictionaries in `info`, attributes, errors that name a way."""

from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import myoserve
from myoserve._replacements import REPLACEMENTS
from test_live_vector import equal

ARM, ELBOW, LEG = "myoserve/arm26-reach-v0", "myoserve/myoElbowPose1D6MRandom-v0", "myoserve/myoLegWalk-v0"
# Keys and sizes as MyoSuite 3.0.0 has them in info["obs_dict"] and info["rwd_dict"].
ELBOW_OBS = {"qpos": (1,), "qvel": (1,), "pose_err": (1,), "act": (6,)}
ELBOW_REWARD = {"pose", "bonus", "penalty", "act_reg", "sparse", "solved", "done", "dense"}


def body(server: myoserve.Server, installed: frozenset[str], env_id: str, **kwargs: Any) -> gym.Env[Any, Any]:
    if env_id.removeprefix("myoserve/") not in installed:
        pytest.skip("its model pack is not installed: npx myoserve models pull myosuite")
    return gym.make(env_id, url=server.url, **kwargs)


def test_dictionaries_have_myosuites_keys(server: myoserve.Server, installed: frozenset[str]) -> None:
    env = body(server, installed, ELBOW, info_dicts=True)
    obs, info = env.reset(seed=1)
    assert obs in env.observation_space
    assert {name: group.shape for name, group in info["obs_dict"].items()} == ELBOW_OBS
    obs, reward, terminated, _, info = env.step(env.action_space.sample())
    groups, terms = info["obs_dict"], info["rwd_dict"]
    assert {name: group.shape for name, group in groups.items()} == ELBOW_OBS
    assert all(group.dtype == np.float64 for group in groups.values())
    assert np.array_equal(np.concatenate(list(groups.values())).astype(np.float32), obs)
    assert set(terms) == ELBOW_REWARD
    assert terms["dense"] == reward
    assert terms["done"] is terminated
    assert isinstance(terms["solved"], bool)
    assert set(info) == (ELBOW_REWARD - {"dense", "done"}) | {"obs_dict", "rwd_dict"}
    env.close()


def test_groups_beyond_the_observation(server: myoserve.Server, installed: frozenset[str]) -> None:
    with body(server, installed, LEG) as plain, body(server, installed, LEG, info_dicts=True) as env:
        assert env.observation_space == plain.observation_space
        assert np.array_equal(env.reset(seed=4)[0], plain.reset(seed=4)[0])
        for _ in range(3):
            action = env.action_space.sample()
            (obs, *rest, info), (wanted, *other, terms) = env.step(action), plain.step(action)
            assert np.array_equal(obs, wanted)
            assert rest == other
            assert {key: value for key, value in info.items() if not key.endswith("_dict")} == terms
        groups = info["obs_dict"]
        assert groups["time"] == pytest.approx(0.03)
        assert groups["com_vel"].shape == (1, 2) or groups["com_vel"].shape == (2,)
        inner: Any = env.unwrapped
        assert np.array_equal(groups["qvel"], inner.obs_dict["qvel"])
        assert dict(inner.rwd_dict) == info["rwd_dict"]
        assert list(inner.server_spec.obs_keys) == list(plain.unwrapped.server_spec.obs_keys)  # type: ignore[attr-defined]


def test_chosen_groups_and_terms(server: myoserve.Server, installed: frozenset[str]) -> None:
    env = body(server, installed, ELBOW, obs_keys=["pose_err"], info_keys=["solved"], info_dicts=True)
    assert env.observation_space.shape == (7,)
    env.reset(seed=1)
    info = env.step(env.action_space.sample())[-1]
    assert set(info) == {"solved", "obs_dict", "rwd_dict"}
    assert list(info["obs_dict"]) == ["pose_err", "act"]
    assert set(info["rwd_dict"]) == ELBOW_REWARD
    env.close()


@pytest.mark.parametrize("mode", AutoresetMode)
def test_rows_equal_sync_vector_env(server: myoserve.Server, mode: AutoresetMode) -> None:
    kwargs: dict[str, Any] = {"url": server.url, "info_dicts": True, "obs_keys": ["qpos"]}
    ours = gym.make_vec(ARM, num_envs=2, autoreset_mode=mode, **kwargs)
    make = partial(gym.make, ARM, disable_env_checker=True, **kwargs)
    theirs = SyncVectorEnv([make] * 2, autoreset_mode=mode)
    equal(ours.reset(seed=11), theirs.reset(seed=11), "reset")
    ours.action_space.seed(2)
    ended = 0
    for step in range(210):
        action = ours.action_space.sample()
        mine, reference = ours.step(action), theirs.step(action)
        equal(mine, reference, f"step {step}")
        over = mine[2] | mine[3]
        ended += int(over.sum())
        if mode is AutoresetMode.DISABLED and over.any():
            options = {"reset_mask": over}
            equal(ours.reset(options=options), theirs.reset(options=options), f"reset {step}")
    assert ended >= 2
    ours.close()
    theirs.close()


def test_rows_received_first(server: myoserve.Server) -> None:
    envs: Any = gym.make_vec(ARM, num_envs=4, url=server.url, info_dicts=True)
    envs.async_reset(seed=0, batch_size=2)
    for _ in range(4):
        _, rewards, _, _, infos = envs.recv()
        assert infos["obs_dict"]["act"].shape[0] == len(infos["env_id"])
        assert np.array_equal(infos["rwd_dict"]["dense"], rewards)
        envs.send([envs.single_action_space.sample() for _ in infos["env_id"]], infos["env_id"])
    while envs.pending:
        envs.recv()
    envs.close()


def test_attributes_of_the_present_state(server: myoserve.Server) -> None:
    env = gym.make(ARM, url=server.url, obs_keys=["qpos", "qvel"])
    inner: Any = env.unwrapped
    with pytest.raises(myoserve.MyoServeError, match="reset"):
        _ = inner.qpos
    env.reset(seed=3)
    assert dict(inner.rwd_dict) == {}
    assert inner.time == 0
    _, reward, *_, info = env.step(env.action_space.sample())
    assert inner.rwd_dict["dense"] == reward
    assert {key: inner.rwd_dict[key] for key in info} == info
    assert inner.time == pytest.approx(inner.dt)
    for name in ("qpos", "qvel", "act"):
        values = getattr(inner, name)
        assert values.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0
        with pytest.raises(AttributeError):
            setattr(inner, name, values)
    with pytest.raises(TypeError):
        inner.obs_dict["qpos"] = 0
    assert np.array_equal(inner.obs_dict["qpos"].astype(np.float32), inner.qpos.astype(np.float32))
    env.close()


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_other_attributes_name_their_replacement(server: myoserve.Server, name: str) -> None:
    with gym.make(ARM, url=server.url) as env, pytest.raises(AttributeError) as caught:
        getattr(env.unwrapped, name)
    assert f"has no attribute '{name}': {REPLACEMENTS[name]}." in str(caught.value)


def test_unknown_attributes(server: myoserve.Server) -> None:
    env, envs = gym.make(ARM, url=server.url), gym.make_vec(ARM, num_envs=2, url=server.url)
    assert not hasattr(env.unwrapped, "_private")
    with pytest.raises(AttributeError, match=r"on the server; read env\.unwrapped\.qpos"):
        _ = env.unwrapped.something_else  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="info_dicts=True"):
        _ = envs.unwrapped.qpos  # type: ignore[attr-defined]
    env.close()
    envs.close()


def test_agents_see_the_plain_observation(server: myoserve.Server) -> None:
    with gym.make(ARM, url=server.url, info_dicts=True) as env, pytest.raises(myoserve.MyoServeError) as caught:
        myoserve.make_agent("random", env)
    assert caught.value.code == "BAD_OPTIONS"


@pytest.mark.parametrize("name", ["MyoHandAirplaneFixed-v0", "MyoHandAirplaneFly-v0", "MyoHandCubesmallLift-v0"])
def test_ids_of_myosuite_2_name_a_way(server: myoserve.Server, name: str) -> None:
    for kind, argument in ((gym.make, f"myoserve/{name}"), (partial(myoserve.MyoServeEnv, url=server.url), name)):
        with pytest.raises(myoserve.MyoServeError, match=r"3\.0\.0 no longer registers.*models export") as caught:
            kind(argument)
        assert caught.value.code == "ENV_UNKNOWN"
    with pytest.raises(gym.error.NameNotFound):
        gym.make("myoserve/myoNothing-v0")


@pytest.mark.parametrize(
    ("kwargs", "remedy"),
    [
        ({"muscle_condition": "fatigue"}, 'make "myoFatiElbowPose1D6MRandom-v0"'),
        ({"model_path": "other.xml"}, "models export"),
        ({"edit_fn": "edit"}, "models export"),
        ({"target_jnt_range": {"r_elbow_flex": (0, 1)}}, "another id"),
    ],
)
def test_refused_keyword_arguments_name_a_way(
    server: myoserve.Server, installed: frozenset[str], kwargs: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(myoserve.MyoServeError, match=remedy) as caught:
        body(server, installed, ELBOW, **kwargs)
    assert caught.value.code == "BAD_OPTIONS"


def test_an_infinite_threshold_is_none(server: myoserve.Server, installed: frozenset[str]) -> None:
    name = "myoChallengeDieReorientDemo-v0"
    if name in installed:
        myoserve.MyoServeEnv(name, url=server.url, pos_th=float("inf")).close()
    with pytest.raises(myoserve.MyoServeError, match="pose_thd"):
        body(server, installed, ELBOW, pose_thd=np.inf)
