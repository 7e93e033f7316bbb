"""Agents of a real server: asked action by action, and let loose as jobs."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

import myoserve

ARM = "myoserve/arm26-reach-v0"
GROUPS = ["qpos", "qvel", "muscle"]


def make_arm(server: myoserve.Server, **kwargs: Any) -> gym.Env[Any, Any]:
    return gym.make(ARM, url=server.url, obs_keys=GROUPS, disable_env_checker=True, **kwargs)


def test_list(server: myoserve.Server) -> None:
    assert {"zero", "random", "colored-noise", "dep"} <= {agent.id for agent in myoserve.list_agents(server.url)}


def test_agent_acts_row_by_row_and_as_a_batch(server: myoserve.Server) -> None:
    env = make_arm(server)
    with myoserve.make_agent("random", env, seed=3) as agent:
        obs, _ = env.reset(seed=1)
        action = agent.act(obs)
        assert action in env.action_space
        assert agent.act(obs[None])[0].shape == action.shape
    env.close()
    envs = gym.make_vec(ARM, num_envs=3, url=server.url, obs_keys=GROUPS)
    with myoserve.make_agent("random", envs, seed=3) as agent:
        obs, _ = envs.reset(seed=1)
        actions = agent.act(obs, reset_mask=np.array([True, False, True]))
        assert actions in envs.action_space
        assert len(np.unique(actions, axis=0)) == 3
    envs.close()


def test_checkpoint_continues_bit_for_bit(server: myoserve.Server) -> None:
    env = make_arm(server)
    obs, _ = env.reset(seed=1)
    with myoserve.make_agent("dep", env, seed=1) as agent, myoserve.make_agent("dep", env, seed=9) as other:
        for _ in range(20):
            obs = env.step(agent.act(obs))[0]
        other.load(agent.save())
        for _ in range(20):
            action = agent.act(obs)
            assert np.array_equal(action, other.act(obs))
            obs = env.step(action)[0]
    env.close()


def test_job_drives_the_environment(server: myoserve.Server) -> None:
    env = make_arm(server)
    env.reset(seed=1)
    with myoserve.make_agent("dep", env, seed=1) as agent:
        job = agent.run(300, seed=1)
        state = job.wait(60)
        assert (state.state, state.done, state.total) == ("done", 300, 300)
        assert job.progress().state == "done"
        long = agent.run(1_000_000, seed=1)
        with pytest.raises(TimeoutError):
            long.wait(0.3)
        with pytest.raises(myoserve.MyoServeError, match="ENV_BUSY"):
            env.step(env.action_space.sample())
        long.cancel()
        with pytest.raises(myoserve.MyoServeError, match="CANCELLED"):
            long.wait(30)
    # The session is the client's again.
    env.reset()
    env.step(env.action_space.sample())
    env.close()


def test_agent_for_a_body_of_ones_own(server: myoserve.Server) -> None:
    obs_space = spaces.Box(-np.inf, np.inf, (4,), np.float32)
    act_space = spaces.Box(-1, 1, (2,), np.float32)
    arguments: dict[str, Any] = {"obs_space": obs_space, "act_space": act_space, "url": server.url, "dt": 0.01}
    with myoserve.make_agent("colored-noise", num_envs=2, seed=0, **arguments) as agent:
        obs = np.zeros((2, 4), np.float32)
        action = agent.act(obs)
        assert action.shape == (2, 2)
        assert np.abs(action).max() <= 1
        agent.observe(obs, action, np.zeros(2), [False, True], [False, False], obs)
        with pytest.raises(myoserve.MyoServeError, match="BAD_OPTIONS"):
            agent.run(10)
        with pytest.raises(myoserve.MyoServeError, match="shape"):
            agent.act(np.zeros((2, 5), np.float32))


def test_errors_are_coded(server: myoserve.Server) -> None:
    env = gym.make(ARM, url=server.url)
    with pytest.raises(myoserve.MyoServeError, match="dep") as caught:
        myoserve.make_agent("depp", env)
    assert caught.value.code == "AGENT_UNKNOWN"
    with pytest.raises(myoserve.MyoServeError, match="BAD_OPTIONS"):
        myoserve.make_agent("dep", env, config={"no": 1})
    with pytest.raises(TypeError, match="obs_space"):
        myoserve.make_agent("dep", url=server.url)
    with pytest.raises(myoserve.MyoServeError, match="BAD_OPTIONS"):
        # It has no muscles.
        myoserve.make_agent("dep", gym.make("CartPole-v1"), url=server.url)
    agent = myoserve.make_agent("zero", env)
    agent.close()
    agent.close()
    with pytest.raises(myoserve.MyoServeError, match="NOT_FOUND"):
        agent.act(env.reset()[0])
    env.close()
