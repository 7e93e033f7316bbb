"""The same actions for every contestant."""

import numpy as np
from numpy.typing import NDArray


def action_tape(
    low: NDArray[np.float32], high: NDArray[np.float32], rows: int, length: int = 50
) -> NDArray[np.float32]:
    """[length, rows, A] uniform actions; row i is the same tape whatever the number of rows."""
    tape = np.empty((length, rows, low.size), dtype=np.float32)
    for row in range(rows):
        draws = np.random.default_rng(row).random((length, low.size))
        tape[:, row] = low + (high - low) * draws
    return tape


def plans(sequences: int, horizon: int, size: int) -> NDArray[np.float32]:
    """[sequences, horizon, size] uniform actions in [-1, 1]."""
    return np.random.default_rng(0).uniform(-1, 1, (sequences, horizon, size)).astype(np.float32)
