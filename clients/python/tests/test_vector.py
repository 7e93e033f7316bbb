"""Batches as Gymnasium has them, against a scripted server."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from websockets.sync.server import ServerConnection

import myoserve
from fake_server import ACT, OBS, FakeServer, Message, nd

STILL = np.zeros((3, ACT), np.float32)


@pytest.fixture
def envs(fake: FakeServer) -> Iterator[myoserve.MyoServeVectorEnv]:
    envs = myoserve.MyoServeVectorEnv("fake-v0", num_envs=3, url=fake.url, autoreset_mode=AutoresetMode.SAME_STEP)
    yield envs
    envs.close()


def test_batch_of_rows(envs: myoserve.MyoServeVectorEnv, fake: FakeServer) -> None:
    obs, infos = envs.reset(seed=5)
    assert obs in envs.observation_space
    assert infos["dense"].tolist() == [0, 0, 0]
    assert infos["_dense"].tolist() == [True] * 3
    obs, reward, term, trunc, infos = envs.step(STILL)
    assert (obs.shape, obs.dtype) == ((3, OBS), np.float32)
    assert [array.dtype.str for array in (reward, term, trunc)] == ["<f8", "|b1", "|b1"]
    assert all(array.flags.writeable for array in (obs, reward, term, trunc))
    assert infos["solved"].dtype == np.bool_
    assert fake.count("env.step") == 1


def test_default_mode_and_metadata(fake: FakeServer) -> None:
    envs = myoserve.MyoServeVectorEnv("fake-v0", num_envs=2, url=fake.url)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert envs.metadata["render_fps"] == 50
    assert fake.seen[-1]["autoreset"] == "next_step"
    copy: myoserve.MyoServeVectorEnv = pickle.loads(pickle.dumps(envs))
    assert copy.num_envs == 2
    copy.close()
    envs.close()
    envs.close()


def test_copies_are_kept_and_the_shared_buffer_is_not(fake: FakeServer) -> None:
    for copy in (True, False):
        envs = myoserve.MyoServeVectorEnv("fake-v0", num_envs=3, url=fake.url, copy=copy)
        first, _ = envs.reset()
        envs.step(STILL)
        assert first[0, 0] == (0 if copy else 1)
        envs.close()


def test_final_observation_infos_and_episodes(fake: FakeServer) -> None:
    def end(server: FakeServer, _socket: ServerConnection, message: Message) -> Message:
        mask = np.array([False, True, True])
        return {
            **server.execute(message),
            "term": nd(mask),
            "final": {
                "mask": nd(mask),
                "obs": nd(np.arange(2 * OBS, dtype="<f4").reshape(2, OBS)),
                "terms": nd(np.array([[0.5, 1], [0.25, 0]])),
            },
            "ep": {"mask": nd(mask), "r": nd(np.array([1.5, 2])), "l": nd(np.array([7, 8], "<u4"))},
            "errors": {"2": "The simulation diverged."},
        }

    fake.on["env.step"] = end
    envs = myoserve.MyoServeVectorEnv(
        "fake-v0", num_envs=3, url=fake.url, autoreset_mode="SameStep", episode_stats=True
    )
    envs.reset()
    _, _, term, trunc, infos = envs.step(STILL)
    assert term.tolist() == [False, True, True]
    assert not trunc.any()
    assert infos["_final_obs"].tolist() == [False, True, True]
    assert infos["final_obs"][0] is None
    assert infos["final_obs"][2].tolist() == [5, 6, 7, 8, 9]
    assert infos["final_info"]["dense"].tolist() == [0, 0.5, 0.25]
    assert infos["final_info"]["solved"].tolist() == [False, True, False]
    assert infos["final_info"]["_solved"].tolist() == [False, True, True]
    assert infos["episode"]["r"].tolist() == [0, 1.5, 2]
    assert infos["episode"]["l"].tolist() == [0, 7, 8]
    assert infos["_episode"].tolist() == [False, True, True]
    assert infos["error"].tolist() == [None, None, "The simulation diverged."]
    assert infos["_error"].tolist() == [False, False, True]
    envs.close()


def test_seeds(envs: myoserve.MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset(seed=4)
    assert fake.seen[-1]["seed"] == 4
    envs.reset(seed=[7, None, 9])
    assert fake.seen[-1]["seed"] == nd(np.array([7, -1, 9], "<i8"))
    with pytest.raises(ValueError, match="3 entries"):
        envs.reset(seed=[1, 2])


@pytest.mark.parametrize("rows", ["masked", "all"])
def test_partial_reset_keeps_the_other_rows(envs: myoserve.MyoServeVectorEnv, fake: FakeServer, rows: str) -> None:
    envs.reset()
    envs.step(STILL)
    mask = np.array([True, False, True])

    def partial(server: FakeServer, _socket: ServerConnection, message: Message) -> Message:
        reply = server.execute(message)
        part = mask.sum() if rows == "masked" else 3
        fill = np.full((part, OBS), 9, "<f4")
        if rows == "all":
            fill[1] = 1
        return {**reply, "obs": nd(fill), "terms": nd(np.ones((part, 2)))}

    fake.on["env.reset"] = partial
    options = {"reset_mask": mask, "height": np.float32(2)}
    obs, infos = envs.reset(options=options)
    assert obs[:, 0].tolist() == [9, 1, 9]
    assert infos["_dense"].tolist() == mask.tolist()
    assert infos["dense"].tolist() == [1, 0, 1]
    assert fake.seen[-1]["options"] == {"height": 2}
    assert set(options) == {"reset_mask", "height"}


@pytest.mark.parametrize("mask", [[True] * 3, np.ones(3), np.ones(2, np.bool_), np.zeros(3, np.bool_)])
def test_ill_formed_reset_mask(envs: myoserve.MyoServeVectorEnv, mask: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="reset_mask"):
        envs.reset(options={"reset_mask": mask})


def test_registered_ids_need_no_server() -> None:
    spec = gym.spec("myoserve/myoLegWalk-v0")
    assert spec.max_episode_steps is None
    assert spec.vector_entry_point == "myoserve.vector:MyoServeVectorEnv"


def test_register_adds_what_a_server_has_beyond(fake: FakeServer) -> None:
    assert myoserve.register(fake.url) == ["myoserve/extra-v0"]
    try:
        assert myoserve.register(fake.url) == []
        env = gym.make("myoserve/extra-v0")
        assert env.reset(seed=1)[0].shape == (OBS,)
        env.close()
        envs = gym.make_vec("myoserve/extra-v0", num_envs=4)
        assert envs.reset()[0].shape == (4, OBS)
        envs.close()
    finally:
        del gym.registry["myoserve/extra-v0"]


def test_gymnasium_wrappers_take_it(fake: FakeServer) -> None:
    envs = gym.wrappers.vector.NormalizeObservation(
        gym.wrappers.vector.RecordEpisodeStatistics(myoserve.MyoServeVectorEnv("fake-v0", num_envs=3, url=fake.url))
    )
    envs.reset(seed=0)
    for _ in range(3):
        envs.step(envs.action_space.sample())
    envs.close()


def test_keyword_arguments_travel_as_plain_values(fake: FakeServer) -> None:
    env = myoserve.MyoServeEnv("fake-v0", url=fake.url, info_keys=["solved"], muscles=np.int64(12), target=np.ones(2))
    make = fake.seen[-1]
    assert make["kwargs"] == {"muscles": 12, "target": [1, 1]}
    assert make["info_keys"] == ["solved"]
    env.close()


def test_render_mode_must_be_known(fake: FakeServer) -> None:
    with pytest.raises(ValueError, match="rgb_array"):
        myoserve.MyoServeEnv("fake-v0", url=fake.url, render_mode="human")
