"""Which rows a caller names, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._spaces import Array
from .errors import MyoServeError


def checked_mask(mask: Any, num_envs: int) -> npt.NDArray[np.bool_] | None:
    """`options["reset_mask"]` as Gymnasium wants it."""
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(f"options['reset_mask'] must be a NumPy array of bool, but {mask!r} came")
    if mask.shape != (num_envs,):
        raise ValueError(f"options['reset_mask'] must have shape ({num_envs},), not {mask.shape}")
    if not mask.any():
        raise ValueError("options['reset_mask'] must name at least one row, but all are False")
    return mask


def checked_rows(env_ids: Any, num_envs: int) -> npt.NDArray[np.intp]:
    """Row numbers, each once."""
    rows = np.asarray(env_ids)
    if rows.ndim != 1 or rows.size == 0 or rows.dtype.kind not in "iu":
        raise ValueError(f"env_ids must be a list of at least one row number, but {env_ids!r} came")
    rows = rows.astype(np.intp)
    if rows.min() < 0 or rows.max() >= num_envs:
        raise ValueError(f"env_ids must name rows 0 to {num_envs - 1}, but {env_ids!r} came")
    if len(np.unique(rows)) != len(rows):
        raise ValueError(f"env_ids must name each row once, but {env_ids!r} came")
    return rows


def of_batch(error: MyoServeError | None, rows: Array) -> MyoServeError:
    """The error with the rows that it stands for; one error may stand for several batches."""
    error = error or MyoServeError("INTERNAL", "A batch came back empty.")
    return MyoServeError(error.code, error.message, error.retryable, {**error.data, "env_ids": rows.tolist()})
