"""Rollouts on a real server."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import myoserve

ARM = "myoserve/arm26-reach-v0"
ALL = ("rew", "done", "term", "trunc", "obs", "terms", "final_obs")


def plans(env: Any, sequences: int, horizon: int) -> Any:
    space = env.action_space
    rng = np.random.default_rng(4)
    return rng.uniform(space.low, space.high, (sequences, horizon, *space.shape)).astype(np.float32)


def test_a_rollout_is_what_steps_give(server: myoserve.Server) -> None:
    with gym.make(ARM, url=server.url) as made:
        env: Any = made.unwrapped
        limit = env.server_spec.max_episode_steps
        env.reset(seed=1)
        actions = plans(env, 3, 5)
        for _ in range(limit - 4):
            env.step(actions[0, 0])
        state = env.snapshot()
        out = env.rollout(actions, state, want=ALL)
        assert out.rew.dtype == np.float64
        assert out.obs.shape == (3, 5, *env.observation_space.shape)
        assert not out.errors
        for sequence in range(3):
            env.restore(state)
            for step in range(4):
                obs, reward, terminated, truncated, info = env.step(actions[sequence, step])
                assert out.rew[sequence, step] == reward
                assert np.array_equal(out.obs[sequence, step], obs)
                assert (out.term[sequence, step], out.trunc[sequence, step]) == (terminated, truncated)
                assert out.terms["solved"][sequence, step] == info["solved"]
            assert np.array_equal(out.final_obs[sequence], obs)
        # The step limit ended all sequences in their fourth step.
        assert out.done.tolist() == [[False, False, False, True, True]] * 3
        assert out.rew[:, 4].tolist() == [0.0, 0.0, 0.0]


def test_it_starts_from_the_present_state_and_changes_nothing(server: myoserve.Server) -> None:
    with gym.make(ARM, url=server.url) as made:
        env: Any = made.unwrapped
        env.reset(seed=2)
        actions = plans(env, 4, 3)
        before = env.snapshot()
        out = env.rollout(actions)
        assert env.snapshot() == before
        assert out.obs is None
        assert np.array_equal(out.rew, env.rollout(actions, [before] * 4).rew)
        some = env.rollout(actions, want=["obs"], obs_keys=["act"])
        group = env.server_spec.obs_keys["act"]
        whole = env.rollout(actions, want=["obs"]).obs
        assert np.array_equal(some.obs, whole[..., group.offset : group.offset + group.shape[0]])


def test_a_row_of_a_vector_environment(server: myoserve.Server) -> None:
    envs: Any = gym.make_vec(ARM, num_envs=2, url=server.url)
    envs.reset(seed=3)
    with gym.make(ARM, url=server.url) as single:
        actions = plans(single, 2, 3)
    states = envs.snapshot()
    row = envs.rollout(actions, row=1)
    assert np.array_equal(row.rew, envs.rollout(actions, states[1]).rew)
    assert not np.array_equal(row.rew, envs.rollout(actions, states[0]).rew)
    envs.close()


def test_refusals_say_what_is_wrong(server: myoserve.Server) -> None:
    with gym.make(ARM, url=server.url) as made:
        env: Any = made.unwrapped
        with pytest.raises(myoserve.MyoServeError, match=r"\[B, H, \.\.\.\]"):
            env.rollout(np.zeros(3, np.float32))
        with pytest.raises(myoserve.MyoServeError, match="NEEDS_RESET"):
            env.rollout(plans(env, 1, 1))
        env.reset(seed=0)
        with pytest.raises(myoserve.MyoServeError, match="obs_keys"):
            env.rollout(plans(env, 1, 1), obs_keys=["nothing"])
