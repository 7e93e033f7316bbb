"""Joint-space coverage: the share of equal bins of each joint's range that was visited."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .._messages import JointInfo

BINS = 30


class JointCoverage:
    """Counts visited bins of the limited joints; positions beyond a soft limit fall into the outermost bin."""

    def __init__(self, joints: Sequence[JointInfo], bins: int = BINS) -> None:
        limited = [joint for joint in joints if joint.range[1] > joint.range[0]]
        self.names = [joint.name for joint in limited]
        self._address = np.array([joint.qpos for joint in limited], dtype=np.intp)
        self._low = np.array([joint.range[0] for joint in limited])
        self._width = np.array([joint.range[1] - joint.range[0] for joint in limited])
        self._visited = np.zeros((len(limited), bins), dtype=np.bool_)

    def visit(self, qpos: npt.NDArray[np.floating]) -> None:
        """Note a position; `qpos` [nq] in rad or m."""
        bins = self._visited.shape[1]
        share = (qpos[self._address] - self._low) / self._width
        index = np.clip((share * bins).astype(np.intp), 0, bins - 1)
        self._visited[np.arange(len(index)), index] = True

    def shares(self) -> npt.NDArray[np.float64]:
        """Share of visited bins of each joint, in the order of `names`."""
        return np.asarray(self._visited.mean(axis=1), dtype=np.float64)
