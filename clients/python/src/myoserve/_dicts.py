"""MyoSuite's ``info["obs_dict"]`` and ``info["rwd_dict"]`` out of what a session receives.

The observation travels with the groups that it lacks appended; what a learner sees is its leading part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _messages as m
from ._info import put_terms
from ._spaces import Array

# float64, as MyoSuite's own; the values are those of the observation, rounded to float32.
DTYPE = np.float64


def groups_to_send(spec: m.EnvSpec) -> list[str]:
    """Groups of the observation, then those of `obs_dict` that it lacks."""
    return list(dict.fromkeys([*spec.obs_keys, *(spec.obs_dict or ())]))


class InfoDicts:
    """Adds both dictionaries to infos."""

    def __init__(self, shown: m.EnvSpec, sent: m.EnvSpec, info_keys: Sequence[str] | None) -> None:
        names = shown.obs_dict or list(shown.obs_keys)
        self._slices = {name: sent.obs_keys[name] for name in names}
        self._terms = sent.info_keys
        self._hidden = () if info_keys is None else tuple(key for key in sent.info_keys if key not in info_keys)

    def _groups(self, view: Array) -> dict[str, Array]:
        """Parts of observations [..., size]."""
        lead = view.shape[:-1]
        return {
            name: view[..., part.offset : part.offset + int(np.prod(part.shape))]
            .reshape(*lead, *part.shape)
            .astype(DTYPE)
            for name, part in self._slices.items()
        }

    def add(self, info: dict[str, Any], view: Array, reward: float, *, done: bool) -> None:
        """To the info of one row: observation [size], reward and end of its step, 0 and False of a reset."""
        rwd_dict = {**{key: info[key] for key in self._terms}, "done": done, "dense": reward}
        for key in self._hidden:
            info.pop(key, None)
        info["obs_dict"], info["rwd_dict"] = self._groups(view), rwd_dict

    def add_rows(
        self, infos: dict[str, Any], names: Sequence[str], parts: tuple[Array, Array, Array, Array], rows: Array
    ) -> None:
        """To the infos of the rows of a mask [N].

        Args:
            infos: in Gymnasium's format; holds their terms already.
            names: of the terms.
            parts: observations [n, size], terms [n, T], rewards [n] and ends [n] of these rows.
            rows: the mask.

        """
        view, terms, rewards, done = parts
        for key in self._hidden:
            infos.pop(key, None)
            infos.pop(f"_{key}", None)
        keys = [*names, *(key for key in ("done", "dense") if key not in names)]
        own = {"done": done, "dense": rewards}
        columns = [own[key] if key in own else terms[:, names.index(key)] for key in keys]
        infos["rwd_dict"] = put_terms({}, keys, np.stack(columns, axis=1).astype(DTYPE), rows)
        infos["obs_dict"] = _put_groups(self._groups(view), rows)
        infos["_rwd_dict"], infos["_obs_dict"] = rows.copy(), rows.copy()


def _put_groups(groups: dict[str, Array], rows: Array) -> dict[str, Any]:
    infos: dict[str, Any] = {}
    for name, values in groups.items():
        if not rows.all():
            spread = np.zeros((len(rows), *values.shape[1:]), DTYPE)
            spread[rows] = values
            infos[name] = spread
        else:
            infos[name] = values
        infos[f"_{name}"] = rows.copy()
    return infos
