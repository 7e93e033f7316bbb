"""One environment of a real server."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import myoserve
import opengl
from myoserve._ids import IDS
from myoserve.rendering import cache_dir

ARM, LEG = "myoserve/arm26-reach-v0", "myoserve/myoLegWalk-v0"
NEED_A_CLIP = ("myoFullBodyDirectional-v0", "myoChallengeChaseTagFBVs-v0")
Trajectory = list[tuple[bytes, float, bool, bool]]


def walk(env: gym.Env[Any, Any], seed: int | None, steps: int) -> Trajectory:
    """Steps with actions of their own seed, resetting where episodes end."""
    space = env.action_space
    space.seed(5)
    out: Trajectory = [(env.reset(seed=seed)[0].tobytes(), 0.0, False, False)]
    for _ in range(steps):
        obs, reward, terminated, truncated, _ = env.step(space.sample())
        out.append((obs.tobytes(), float(reward), terminated, truncated))
        if terminated or truncated:
            out.append((env.reset()[0].tobytes(), 0.0, False, False))
    return out


def test_an_environment_without_its_clip_says_what_to_do(server: myoserve.Server) -> None:
    for env_id in NEED_A_CLIP:
        with pytest.raises(myoserve.MyoServeError, match=r"hf download .*kwarg clip=") as caught:
            myoserve.MyoServeEnv(env_id, url=server.url)
        assert caught.value.code == "BAD_OPTIONS"


def test_every_id_of_the_server_is_registered(server: myoserve.Server) -> None:
    assert {entry.id for entry in myoserve.list_envs(server.url)} == set(IDS)
    assert myoserve.register(server.url) == []


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A motion clip of MyoSuite's full body that stands."""
    path = tmp_path_factory.mktemp("clip") / "stand.npz"
    qpos = np.zeros((20, 89))
    qpos[:, [2, 3]] = 1.0
    np.savez(path, qpos=qpos, qvel=np.zeros((20, 88)))
    return str(path)


@pytest.mark.parametrize("env_id", IDS)
def test_check_env(server: myoserve.Server, installed: frozenset[str], clip: str, env_id: str) -> None:
    if env_id not in installed:
        pytest.skip("its model pack is not installed: npx myoserve models list")
    kwargs: dict[str, Any] = {"clip": clip} if env_id in NEED_A_CLIP else {}
    env = gym.make(f"myoserve/{env_id}", url=server.url, **kwargs)
    with warnings.catch_warnings():
        # Unbounded observations are what MyoSuite has.
        warnings.filterwarnings("ignore", ".*infinity.*", UserWarning)
        check_env(env.unwrapped, skip_render_check=True)
    assert env.unwrapped.metadata["render_fps"] == round(1 / env.unwrapped.dt)  # type: ignore[attr-defined]
    env.close()


def test_equal_seeds_give_equal_trajectories(server: myoserve.Server) -> None:
    with gym.make(ARM, url=server.url) as one, gym.make(ARM, url=server.url) as two:
        first = walk(one, 3, 250)
        assert walk(two, 3, 250) == first
        assert walk(one, 3, 250) == first
        assert walk(two, 4, 250) != first
    assert sum(truncated for *_, truncated in first) == 1


def test_observation_groups_and_terms_are_named(server: myoserve.Server) -> None:
    env = gym.make(ARM, url=server.url, obs_keys=["qpos", "muscle"], info_keys=["solved"])
    spec = env.unwrapped.server_spec  # type: ignore[attr-defined]
    assert list(spec.obs_keys)[:2] == ["qpos", "muscle"]
    _, info = env.reset(seed=0)
    assert set(info) == {"solved"}
    info = env.step(env.action_space.sample())[4]
    assert type(info["solved"]) is bool
    env.close()


def test_reward_is_the_weighted_sum_of_terms(server: myoserve.Server) -> None:
    env = gym.make(ARM, url=server.url)
    weights = env.unwrapped.server_spec.reward_weights  # type: ignore[attr-defined]
    env.reset(seed=0)
    for _ in range(5):
        _, reward, _, _, info = env.step(env.action_space.sample())
        assert reward == pytest.approx(sum(weights[key] * info[key] for key in weights))
    env.close()


@pytest.mark.parametrize(
    ("make", "code", "hint"),
    [
        (lambda url: myoserve.MyoServeEnv("arm26-reech-v0", url=url), "ENV_UNKNOWN", "arm26-reach"),
        (lambda url: gym.make(ARM, url=url, muscels=12), "BAD_OPTIONS", "muscles"),
        (lambda url: gym.make(ARM, url=url, muscles=7), "BAD_OPTIONS", "multiple"),
        (lambda url: gym.make(ARM, url=url, obs_keys=["no"]), "BAD_OPTIONS", "no"),
        (lambda url: gym.make(ARM, url=url, info_keys=["no"]), "BAD_OPTIONS", "no"),
    ],
    ids=["unknown id", "unknown kwarg", "ill-typed kwarg", "unknown group", "unknown term"],
)
def test_make_errors(server: myoserve.Server, make: Any, code: str, hint: str) -> None:
    with pytest.raises(myoserve.MyoServeError, match=hint) as caught:
        make(server.url)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda action: action * np.nan, "BAD_ACTION"),
        (lambda action: action + np.inf, "BAD_ACTION"),
        (lambda action: action[:-1], "BAD_ACTION"),
    ],
    ids=["NaN", "infinity", "wrong shape"],
)
def test_bad_action_leaves_the_session_as_it_was(server: myoserve.Server, spoil: Any, code: str) -> None:
    env = gym.make(ARM, url=server.url, disable_env_checker=True)
    clean = walk(env, 1, 4)
    env.reset(seed=1)
    env.action_space.seed(5)
    again = []
    for _ in range(4):
        action = env.action_space.sample()
        with pytest.raises(myoserve.MyoServeError) as caught:
            env.step(spoil(action))
        assert caught.value.code == code
        again.append(env.step(action)[0].tobytes())
    assert again == [obs for obs, *_ in clean[1:]]
    env.close()


def test_other_errors_are_coded(server: myoserve.Server) -> None:
    env = myoserve.MyoServeEnv("arm26-reach-v0", url=server.url)
    with pytest.raises(myoserve.MyoServeError, match="NEEDS_RESET"):
        env.step(env.action_space.sample())
    with pytest.raises(myoserve.MyoServeError, match="BAD_OPTIONS"):
        env.reset(options={"wind": 1})
    env.reset()
    # Finite actions beyond the bounds are clipped as the task defines.
    env.step(np.full(6, 100.0))
    env.close()
    with pytest.raises(myoserve.MyoServeError, match="NOT_FOUND"):
        env.step(env.action_space.sample())


def test_snapshot_continues_bit_for_bit(server: myoserve.Server) -> None:
    env = myoserve.MyoServeEnv("arm26-reach-v0", url=server.url)
    other = myoserve.MyoServeEnv("arm26-reach-v0", url=server.url)
    env.reset(seed=2)
    other.reset(seed=9)
    rng = np.random.default_rng(0)
    for _ in range(7):
        env.step(rng.random(6, np.float32))
    state = env.snapshot()
    actions = rng.random((30, 6), np.float32)
    first = [env.step(action)[:2] for action in actions]
    for each in (env, other):
        each.restore(state)
        again = [each.step(action)[:2] for action in actions]
        for (obs, reward), (obs_again, reward_again) in zip(first, again, strict=True):
            assert np.array_equal(obs, obs_again)
            assert reward == reward_again
    env.close()
    other.close()


def test_lost_sockets_leave_no_trace_in_a_trajectory(server: myoserve.Server) -> None:
    env = gym.make(ARM, url=server.url)
    expected = walk(env, 6, 60)
    space = env.action_space
    space.seed(5)
    connection = env.unwrapped.session.connection  # type: ignore[attr-defined]
    rng = np.random.default_rng(1)
    got: Trajectory = [(env.reset(seed=6)[0].tobytes(), 0.0, False, False)]
    for _ in range(60):
        if rng.random() < 0.3:
            connection._link.ws.shutdown()
        obs, reward, terminated, truncated, _ = env.step(space.sample())
        got.append((obs.tobytes(), float(reward), terminated, truncated))
    assert got == expected
    env.close()


def test_pickle_of_a_made_environment(server: myoserve.Server) -> None:
    env = gym.make(ARM, url=server.url, muscles=12)
    copy: gym.Env[Any, Any] = pickle.loads(pickle.dumps(env))
    assert copy.action_space.shape == (12,)
    assert walk(copy, 3, 20) == walk(env, 3, 20)
    copy.close()
    env.close()


def test_record_video(server: myoserve.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opengl.needs("mujoco", "moviepy")
    monkeypatch.setenv("MYOSERVE_CACHE", str(tmp_path / "cache"))
    env = gym.make(ARM, url=server.url, render_mode="rgb_array", width=96, height=64)
    env.reset(seed=1)
    unwrapped = env.unwrapped
    assert isinstance(unwrapped, myoserve.MyoServeEnv)
    (picture,) = opengl.draw(unwrapped)
    assert picture.shape == (64, 96, 3)
    assert picture.std() > 1
    assert any((cache_dir() / "blobs").iterdir())
    video = gym.wrappers.RecordVideo(env, str(tmp_path / "video"), video_length=10)
    video.reset(seed=1)
    pictures = []
    for _ in range(11):
        video.step(np.ones(6, np.float32))
        pictures.append(np.asarray(video.env.render()))
    assert not np.array_equal(pictures[0], pictures[-1])
    video.close()  # type: ignore[no-untyped-call]
    (file,) = (tmp_path / "video").glob("*.mp4")
    assert file.stat().st_size > 0
