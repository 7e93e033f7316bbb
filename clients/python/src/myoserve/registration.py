"""Ids for ``gym.make``: those of this release at import, those of a server on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import gymnasium as gym
from gymnasium.envs import registration

from . import _messages as m
from ._connection import Connection
from ._greeting import default_url
from ._ids import IDS
from .errors import MyoServeError

NAMESPACE = "myoserve"
# `MyoHand` with a capital M and an object; the server says the same of them.
_MYODM = re.compile(r"MyoHand[A-Z0-9]\w*$")
_RETIRED = (
    'There is no environment "{name}": it is one of MyoSuite 2.x\'s MyoDM objects, which MyoSuite 3.0.0 no longer '
    "registers; make a pack of your own where the old release is installed: npx myoserve models export "
    "myosuite:{name}-v0 --python <its interpreter>."
)


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
    _explain_retired_ids()
    return _register(IDS, None)


def _explain_retired_ids() -> None:
    """Have ``gym.make`` say why MyoSuite 2.x's MyoDM ids are gone; Gymnasium has no hook for names it does not know."""
    check: Callable[[str | None, str], None] | None = getattr(registration, "_check_name_exists", None)
    if check is None or getattr(check, "explains_retired_ids", False):
        return

    def explained(ns: str | None, name: str) -> None:
        if ns == NAMESPACE and _MYODM.match(name):
            raise MyoServeError("ENV_UNKNOWN", _RETIRED.format(name=name))
        check(ns, name)

    explained.explains_retired_ids = True  # type: ignore[attr-defined]
    registration._check_name_exists = explained


def make_env(env_id: str, backend: str | None = None, **kwargs: Any) -> gym.Env[Any, Any]:
    """An environment by MyoSuite's own id, with ``obs_dict`` and ``rwd_dict`` in `info`, as `myosuite.make_env` has it.

    Args:
        env_id: e.g. ``myoElbowPose1D6MRandom-v0``.
        backend: ``cpu``, MyoSuite's default, or absent.
        **kwargs: as of ``gym.make``.

    Raises:
        MyoServeError: ENV_UNKNOWN, BAD_OPTIONS, MODEL_MISSING, CAPACITY, UNAVAILABLE.

    """
    if backend not in (None, "cpu"):
        raise MyoServeError(
            "BAD_OPTIONS",
            f"The backend {backend!r} is MyoSuite's own; the server steps the physics, and many rows at once with "
            "gym.make_vec('myoserve/<id>', num_envs=...).",
        )
    name = env_id.removeprefix(f"{NAMESPACE}/")
    return gym.make(f"{NAMESPACE}/{name}", **{"info_dicts": True, **kwargs})


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
