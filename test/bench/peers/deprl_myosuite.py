"""MyoSuite 3.0.0 as depRL 0.5.0 expects an environment.

depRL was written for MyoSuite 2 and a Gymnasium whose wrappers pass attributes on. Added here: `sim`,
`max_episode_steps` and that passing on. Left out: Gymnasium's own wrappers, which cost time and merge time-outs into
terminations. Actions are scaled from [-1, 1] to the environment's [0, 1], since MyoSuite 3 no longer does that itself.
"""

from types import SimpleNamespace
from typing import Any

import gymnasium
import myosuite  # noqa: F401  (registers the ids)
from deprl.env_wrappers import gym_wrapper
from deprl.vendor.tonic.environments.builders import build_environment


def _passed_on(wrapper: Any, name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    owner = wrapper.env if hasattr(wrapper.env, name) else wrapper.unwrapped
    return getattr(owner, name)


gym_wrapper.GymWrapper.__getattr__ = _passed_on


def _bare(name: str, **kwargs: Any) -> Any:
    env = gymnasium.make(name, disable_env_checker=True, **kwargs)
    bare: Any = env.unwrapped
    spec: Any = env.spec
    bare.max_episode_steps = spec.max_episode_steps
    bare.sim = SimpleNamespace(model=bare.model, data=bare.data)
    return bare


def make(name: str, **kwargs: Any) -> Any:
    """What depRL's own builder returns, before it adds its wrapper."""
    return build_environment(_bare, name, scaled_actions=True, **kwargs)
