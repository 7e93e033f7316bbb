"""Gymnasium spaces as they travel, for agents of clients that own their own body."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from ._spaces import DTYPES, Array, to_nd
from .errors import MyoServeError


def _wire_array(array: Array) -> dict[str, Any]:
    nd = to_nd(array)
    return {"dtype": nd.dtype, "shape": nd.shape, "data": bytes(nd.data)}


def wire_space(space: gym.Space[Any]) -> dict[str, Any]:
    """A space as the protocol writes it.

    Raises:
        MyoServeError: BAD_OPTIONS for spaces that version 1 does not have.

    """
    if isinstance(space, spaces.Box):
        dtype = np.dtype(space.dtype).newbyteorder("<").str
        if dtype in DTYPES:
            bounds = {"low": _wire_array(space.low), "high": _wire_array(space.high)}
            return {"type": "box", "dtype": dtype, "shape": list(space.shape), **bounds}
    if isinstance(space, spaces.Discrete):
        return {"type": "discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return {"type": "multi_discrete", "nvec": space.nvec.tolist()}
    if isinstance(space, spaces.MultiBinary):
        return {"type": "multi_binary", "shape": list(space.shape)}
    if isinstance(space, spaces.Dict):
        parts = [[key, wire_space(child)] for key, child in space.spaces.items()]
        return {"type": "dict", "spaces": parts}
    if isinstance(space, spaces.Tuple):
        return {"type": "tuple", "spaces": [wire_space(child) for child in space.spaces]}
    raise MyoServeError(
        "BAD_OPTIONS",
        "Spaces are Box, Discrete, MultiDiscrete, MultiBinary, Dict and Tuple of them, but "
        f"{space} came; map it onto one of these.",
    )
