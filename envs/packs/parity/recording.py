"""Runs one MyoSuite environment through episodes and records all that a comparison reads."""

from __future__ import annotations

import base64
from typing import Any

import gymnasium  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np  # type: ignore[import-not-found,unused-ignore]

# Of the reward terms `dense` is the reward itself, `done` the flag; the rest of `info` is not about one step's value.
NOT_TERMS = frozenset({"obs_dict", "rwd_dict"})
STATE = ("qpos", "qvel", "act", "ctrl")


def packed(values: Any, dtype: str = "<f8") -> dict[str, Any]:
    """An array as JSON: shape and base64 of its bytes, C order."""
    array = np.ascontiguousarray(values, dtype=dtype)
    return {"dtype": dtype[1:], "shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def unpacked(value: dict[str, Any]) -> Any:
    data = base64.b64decode(value["data"])
    return np.frombuffer(data, dtype="<" + value["dtype"]).reshape(value["shape"]).copy()


def layout(env: Any, obs_dict: dict[str, Any], size: int) -> list[list[Any]]:
    """Observation keys and their numbers of values, in the order of the vector."""
    keys = getattr(env, "obs_keys", None) or list(obs_dict)
    sizes = [[key, int(np.size(obs_dict[key]))] for key in keys]
    total = sum(count for _key, count in sizes)
    return sizes if total == size else [["obs", size]]


def space(box: Any) -> dict[str, Any]:
    return {"low": packed(box.low), "high": packed(box.high)}


def describe(env: Any, env_id: str) -> dict[str, Any]:
    """What the comparison needs to know before it runs: shapes and bounds."""
    inner = env.unwrapped
    return {
        "action": space(env.action_space),
        "obs_size": int(env.observation_space.shape[0]),
        "frame_skip": int(inner.frame_skip),
        "max_episode_steps": gymnasium.spec(env_id).max_episode_steps,
    }


def state(env: Any) -> dict[str, Any]:
    data = env.unwrapped.data
    return {**{name: np.array(getattr(data, name)) for name in STATE}, "time": np.array([data.time])}


def record_reset(env: Any, seed: int | None) -> dict[str, Any]:
    obs, _info = env.reset(seed=seed)
    return {"obs": packed(obs, "<f4"), **{name: packed(value) for name, value in state(env).items()}}


class Episode:
    """Rows of one episode."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {}
        self.terms: dict[str, list[float]] = {}

    def add(self, obs: Any, reward: float, terminated: bool, truncated: bool, info: dict[str, Any], env: Any) -> None:
        values = {
            "obs": obs,
            "reward": [reward],
            "terminated": [float(terminated)],
            "truncated": [float(truncated)],
            **state(env),
        }
        for name, value in values.items():
            self.rows.setdefault(name, []).append(value)
        for name, value in info["rwd_dict"].items():
            if name not in NOT_TERMS and np.size(value) == 1:
                self.terms.setdefault(name, []).append(float(np.asarray(value).item()))

    def packed(self) -> dict[str, Any]:
        rows = {name: packed(np.stack(values), "<f4" if name == "obs" else "<f8") for name, values in self.rows.items()}
        return {**rows, "terms": {name: packed(np.array(values)) for name, values in self.terms.items()}}


def record(env: Any, seed: int, actions: Any) -> dict[str, Any]:
    """`reset(seed)`, the steps, `reset()`, the steps and so on, at last one more `reset()`.

    actions: [episodes, steps, nu] f4. Stepping goes on after an end: so does a comparison.
    """
    resets = []
    episodes = []
    keys: list[list[Any]] = []
    for number, sequence in enumerate(actions):
        resets.append(record_reset(env, seed if number == 0 else None))
        episode = Episode()
        for action in sequence:
            obs, reward, terminated, truncated, info = env.step(action)
            episode.add(obs, reward, terminated, truncated, info, env)
            keys = keys or layout(env.unwrapped, info["obs_dict"], obs.size)
        episodes.append(episode.packed())
    resets.append(record_reset(env, None))
    return {"resets": resets, "episodes": episodes, "layout": keys}


def make(env_id: str, kwargs: dict[str, Any]) -> Any:
    return gymnasium.make(env_id, disable_env_checker=True, **kwargs)
