"""What the demo runs: every controller moves every body through the public protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from ..agents import make_agent
from ..env import MyoServeEnv
from .coverage import JointCoverage

SEED = 7
# Pixels; software rendering of the leg takes up to a second a picture at twice this size.
PICTURE_SIZE = 320
# Called after each step with its number and the environment, e.g. to record pictures.
OnStep = Callable[[int, MyoServeEnv], None]


@dataclass(frozen=True)
class Body:
    """A body to be moved."""

    title: str
    env_id: str
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Controller:
    """A source of actions."""

    title: str
    algo: str
    preset: str | None = None


@dataclass(frozen=True)
class Trial:
    """What one controller did to one body."""

    body: Body
    controller: Controller
    joints: list[str]
    shares: npt.NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean coverage of the limited joints."""
        return float(self.shares.mean())


BODIES = (
    Body("arm, 6 muscles", "arm26-reach-v0", {"muscles": 6}),
    Body("arm, 600 muscles", "arm26-reach-v0", {"muscles": 600}),
    Body("leg, pelvis held, 80 muscles", "myoLegWalk-v0", {"hold_pelvis": True}),
)
CONTROLLERS = (
    Controller("DEP", "dep"),
    Controller("pink noise", "colored-noise", "pink"),
    Controller("white noise", "colored-noise", "white"),
    Controller("zero action", "zero"),
)


def run_trial(url: str, body: Body, controller: Controller, steps: int, on_step: OnStep | None = None) -> Trial:
    """Move `body` for `steps` control steps; episodes that end are reset."""
    env = gym.make(
        f"myoserve/{body.env_id}",
        url=url,
        obs_keys=["qpos", "muscle"],
        render_mode=None if on_step is None else "rgb_array",
        width=PICTURE_SIZE,
        height=PICTURE_SIZE,
        disable_env_checker=True,
        **body.kwargs,
    ).unwrapped
    assert isinstance(env, MyoServeEnv)
    group = env.server_spec.obs_keys["qpos"]
    qpos = slice(group.offset, group.offset + int(np.prod(group.shape)))
    coverage = JointCoverage(env.server_spec.joints)
    with make_agent(controller.algo, preset=controller.preset, env=env, seed=SEED) as agent:
        obs, _ = env.reset(seed=SEED)
        for number in range(steps):
            coverage.visit(obs[qpos])
            obs, _, terminated, truncated, _ = env.step(agent.act(obs))
            if on_step is not None:
                on_step(number, env)
            if terminated or truncated:
                obs, _ = env.reset()
        coverage.visit(obs[qpos])
    env.close()
    return Trial(body, controller, coverage.names, coverage.shares())
