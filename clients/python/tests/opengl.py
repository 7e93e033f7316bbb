"""Tests of pictures skip, with the reason, where nothing can draw."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import numpy.typing as npt
import pytest

import myoserve

NO_GL = re.compile(r"open_?gl|\begl\b|libegl|osmesa|gl platform|gl ?context", re.IGNORECASE)


def needs(*packages: str) -> None:
    """Skip where a package of the extra `render` is missing; without importing it."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


def draw(env: myoserve.MyoServeEnv | myoserve.MyoServeVectorEnv) -> list[npt.NDArray[np.uint8]]:
    """Pictures of every row."""
    try:
        pictures = env.render()
    except Exception as failure:
        if NO_GL.search(f"{type(failure).__name__} {failure}"):
            pytest.skip(f"no OpenGL here: {failure}")
        raise
    assert pictures is not None
    return list(pictures) if isinstance(pictures, tuple) else [pictures]
