"""Reward terms of a reply as Gymnasium's infos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _messages as m
from ._spaces import Array, from_nd

# Terms that are yes or no, as in MyoSuite's own infos.
FLAG_TERMS = frozenset({"solved", "done"})


def row_info(names: Sequence[str], terms: m.NdArray | None, row: int = 0) -> dict[str, Any]:
    """Terms of one row by name."""
    if terms is None or not names:
        return {}
    values = from_nd(terms)[row].tolist()
    info: dict[str, Any] = dict(zip(names, values, strict=True))
    for name in FLAG_TERMS.intersection(info):
        info[name] = info[name] != 0
    return info


def put_terms(infos: dict[str, Any], names: Sequence[str], terms: Array, rows: Array) -> dict[str, Any]:
    """Add terms [n, T] of the rows of a mask [N] in Gymnasium's format: `key` and mask `_key`."""
    every = bool(rows.all())
    for column, name in enumerate(names):
        dtype = np.bool_ if name in FLAG_TERMS else np.float64
        if every:
            values = terms[:, column].astype(dtype)
        else:
            values = np.zeros(rows.shape, dtype)
            values[rows] = terms[:, column]
        infos[name], infos[f"_{name}"] = values, rows.copy()
    return infos
