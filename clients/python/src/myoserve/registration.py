"""Ids for ``gym.make``: those of this release at import, those of a server on demand."""

from __future__ import annotations

from collections.abc import Iterable

import gymnasium as gym

from . import _messages as m
from ._connection import Connection
from ._greeting import default_url
from ._ids import IDS

NAMESPACE = "myoserve"


def _register(ids: Iterable[str], url: str | None) -> list[str]:
    added = []
    for env_id in ids:
        name = f"{NAMESPACE}/{env_id}"
        if name in gym.registry:
            continue
        # No max_episode_steps: the server truncates.
        gym.register(
            id=name,
            entry_point="myoserve.env:MyoServeEnv",
            vector_entry_point="myoserve.vector:MyoServeVectorEnv",
            kwargs={"env_id": env_id} if url is None else {"env_id": env_id, "url": url},
        )
        added.append(name)
    return added


def register_ids() -> list[str]:
    """Register every id of this release; needs no server. Done by ``import myoserve``."""
    return _register(IDS, None)


def list_envs(url: str | None = None, prefix: str | None = None) -> list[m.EnvEntry]:
    """What a server can make.

    Raises:
        MyoServeError: UNAVAILABLE where nothing answers at `url`.

    """
    connection = Connection(url)
    try:
        return connection.request(m.EnvList(id=0, prefix=prefix), m.EnvListOk, timeout=60).envs
    finally:
        connection.close()


def register(url: str | None = None) -> list[str]:
    """Register the ids that a server has beyond those of this release.

    Returns:
        The new Gymnasium ids; ``gym.make`` connects them to this server where no url is given.

    Raises:
        MyoServeError: UNAVAILABLE where nothing answers at `url`.

    """
    address = url or default_url()
    return _register((entry.id for entry in list_envs(address)), address)
