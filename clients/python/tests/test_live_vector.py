"""Rows of a real server against Gymnasium's own vector environments."""

from __future__ import annotations

import multiprocessing
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import myoserve

ARM, ROWS = "myoserve/arm26-reach-v0", 3


def equal(a: Any, b: Any, where: str) -> None:
    """The same values, dtypes and structure."""
    if isinstance(a, dict):
        assert set(a) == set(b), where
        for key in a:
            equal(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, tuple) or (isinstance(a, np.ndarray) and a.dtype == object):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            equal(x, y, f"{where}[{index}]")
    else:
        assert np.array_equal(a, b), where
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None), where


def pair(server: myoserve.Server, mode: AutoresetMode, **kwargs: Any) -> tuple[Any, Any]:
    ours = gym.make_vec(ARM, num_envs=ROWS, url=server.url, autoreset_mode=mode, **kwargs)
    assert isinstance(ours, myoserve.MyoServeVectorEnv)
    make = partial(gym.make, ARM, url=server.url, disable_env_checker=True, **kwargs)
    return ours, SyncVectorEnv([make] * ROWS, autoreset_mode=mode)


@pytest.mark.parametrize("mode", AutoresetMode)
def test_equals_sync_vector_env(server: myoserve.Server, mode: AutoresetMode) -> None:
    ours, theirs = pair(server, mode)
    assert ours.metadata["autoreset_mode"] is theirs.metadata["autoreset_mode"]
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    equal(ours.reset(seed=11)[0], theirs.reset(seed=11)[0], "reset")
    # Episodes of different lengths: rows restart one after the other before they run out.
    ended = 0
    for step in range(460):
        if step in (40, 90):
            mask = np.array([False, step == 40, True])
            seed = [1, 2, step]
            equal(
                ours.reset(seed=seed, options={"reset_mask": mask}),
                theirs.reset(seed=seed, options={"reset_mask": mask}),
                "partial reset",
            )
        action = ours.action_space.sample()
        mine, reference = ours.step(action), theirs.step(action)
        for name, a, b in zip(["obs", "reward", "term", "trunc", "info"], mine, reference, strict=True):
            equal(a, b, f"{name} of step {step}")
        done = mine[2] | mine[3]
        ended += int(done.sum())
        if mode is AutoresetMode.DISABLED and done.any():
            equal(
                ours.reset(options={"reset_mask": done}),
                theirs.reset(options={"reset_mask": done}),
                f"reset after step {step}",
            )
    assert ended >= ROWS
    ours.close()
    theirs.close()


def test_disabled_refuses_rows_that_ended(server: myoserve.Server) -> None:
    ours, theirs = pair(server, AutoresetMode.DISABLED)
    theirs.close()
    ours.reset(seed=0)
    action = ours.action_space.sample()
    while not (result := ours.step(action))[3].any():
        pass
    with pytest.raises(myoserve.MyoServeError, match="NEEDS_RESET"):
        ours.step(action)
    ours.reset(options={"reset_mask": result[3]})
    ours.step(action)
    ours.close()


def test_episode_stats_equal_gymnasiums(server: myoserve.Server) -> None:
    ours = gym.make_vec(ARM, num_envs=ROWS, url=server.url, episode_stats=True)
    plain = gym.wrappers.vector.RecordEpisodeStatistics(gym.make_vec(ARM, num_envs=ROWS, url=server.url))
    ours.reset(seed=1)
    plain.reset(seed=1)
    seen = 0
    for _ in range(410):
        action = ours.action_space.sample()
        mine, reference = ours.step(action)[4], plain.step(action)[4]
        assert ("episode" in mine) == ("episode" in reference)
        if "episode" in mine:
            seen += 1
            assert np.array_equal(mine["_episode"], reference["_episode"])
            assert mine["episode"]["r"] == pytest.approx(reference["episode"]["r"])
            assert np.array_equal(mine["episode"]["l"], reference["episode"]["l"])
    assert seen == 2
    ours.close()
    plain.close()


@pytest.mark.parametrize("context", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_of_gymnasium(server: myoserve.Server, context: str) -> None:
    if context not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this platform has no {context}")
    # The module before the colon is imported where the id is not known yet, as in a spawned process.
    make = partial(gym.make, f"myoserve:{ARM}", url=server.url)
    theirs = AsyncVectorEnv([make] * 2, context=context)
    ours = gym.make_vec(ARM, num_envs=2, url=server.url)
    equal(ours.reset(seed=4)[0], theirs.reset(seed=4)[0], "reset")
    for step in range(5):
        action = ours.action_space.sample()
        equal(ours.step(action)[0], theirs.step(action)[0], f"step {step}")
    theirs.close()
    ours.close()


def test_snapshots_of_rows(server: myoserve.Server) -> None:
    envs = myoserve.MyoServeVectorEnv("arm26-reach-v0", num_envs=ROWS, url=server.url)
    envs.reset(seed=0)
    action = np.full((ROWS, 6), 0.5, np.float32)
    envs.step(action)
    states = envs.snapshot([1])
    first = envs.step(action)[0]
    envs.restore(states)
    again = envs.step(action)[0]
    assert np.array_equal(again, np.tile(first[1], (ROWS, 1)))
    envs.close()


def same_row(mine: Any, place: int, reference: Any, row: int, where: str) -> None:
    """One row of a batch against the same row of a whole step."""
    for name, a, b in zip(["obs", "reward", "term", "trunc"], mine, reference, strict=False):
        assert np.array_equal(a[place], b[row]), f"{name} of {where}"
    mine_infos, infos = mine[4], reference[4]
    for key in set(infos) - {"final_info", "_final_info", "episode"}:
        if infos[f"_{key.removeprefix('_')}"][row]:
            equal(mine_infos[key][place], infos[key][row], f"{key} of {where}")


@pytest.mark.parametrize("mode", AutoresetMode)
def test_send_and_recv_equal_stepping(server: myoserve.Server, mode: AutoresetMode) -> None:
    rows, steps = 6, 420
    sync, ahead = (
        myoserve.MyoServeVectorEnv(
            "arm26-reach-v0", num_envs=rows, url=server.url, autoreset_mode=mode, episode_stats=True
        )
        for _ in range(2)
    )
    actions = np.random.default_rng(3).uniform(0, 1, (steps, rows, 6)).astype(np.float32)
    nothing = np.zeros(rows, np.bool_)
    first, infos = sync.reset(seed=11)
    expected: list[Any] = [(first, np.zeros(rows), nothing, nothing, infos)]
    for action in actions:
        expected.append(sync.step(action))
        done = expected[-1][2] | expected[-1][3]
        if mode is AutoresetMode.DISABLED and done.any():
            sync.reset(seed=[5] * rows, options={"reset_mask": done})
    sync.close()

    # Results of each row so far, and rows whose next result is of a reset that no step counts.
    seen, restarting = np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    ahead.async_reset(seed=11, batch_size=2)
    while ahead.pending:
        result = ahead.recv()
        ids = result[4]["env_id"]
        go_on = np.ones(len(ids), np.bool_)
        if restarting[ids].any():
            restarting[ids] = False
        else:
            for place, row in enumerate(ids):
                same_row(result, place, expected[seen[row]], row, f"row {row}, step {seen[row]}")
            seen[ids] += 1
            done = result[2] | result[3]
            if mode is AutoresetMode.DISABLED and done.any():
                restarting[ids[done]], go_on = True, ~done
                mask = np.zeros(rows, np.bool_)
                mask[ids[done]] = True
                ahead.async_reset(seed=[5] * rows, options={"reset_mask": mask})
        ids = ids[go_on & (seen[ids] <= steps)]
        if ids.size:
            ahead.send(actions[seen[ids] - 1, ids], ids)
    assert seen.tolist() == [steps + 1] * rows
    assert sum(int((result[2] | result[3]).sum()) for result in expected) >= rows
    ahead.close()


def test_one_step_is_one_request(server: myoserve.Server) -> None:
    envs = myoserve.MyoServeVectorEnv("arm26-reach-v0", num_envs=ROWS, url=server.url)
    envs.reset(seed=0)
    before = envs.session.connection._next_id
    for _ in range(10):
        envs.step(envs.action_space.sample())
    assert envs.session.connection._next_id - before == 10
    envs.close()
