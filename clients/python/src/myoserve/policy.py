"""A learned policy as arrays, played by NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._policy_file import read_policy, write_policy
from .errors import MyoServeError

# Axes: N rows, F elements of the observation, O of them that the policy sees, A actions.
KIND = "gaussian-mlp"
Floats = npt.NDArray[np.floating[Any]]


def _softplus(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.logaddexp(0.0, x)


class Policy:
    """A Gaussian policy of fully connected layers.

    Of an observation it sees the elements ``meta["obs_columns"]``, all where that is None.
    ``x = (obs - obs_mean) / obs_std``, layers ``w0`` [in, out], ``b0`` [out], ``w1``, … with ReLU between them; the
    best action is tanh of the first A outputs, scaled to ``action_middle`` and ``action_half`` and clipped to
    ``action_low`` and ``action_high``; the other A outputs give the standard deviation. Sums are of float64.
    """

    def __init__(self, meta: Mapping[str, Any], arrays: Mapping[str, Floats]) -> None:
        """Take over what a policy file holds.

        Args:
            meta: algorithm, sizes, head, observation layout.
            arrays: see the class.

        Raises:
            MyoServeError: BAD_OPTIONS for a policy of another kind, or arrays that do not fit its sizes.

        """
        self.meta = dict(meta)
        self.arrays = {name: np.asarray(array, "<f4") for name, array in arrays.items()}
        self._check()
        wide = {name: array.astype(np.float64) for name, array in self.arrays.items()}
        self._wide = wide
        columns = self.meta.get("obs_columns")
        self._columns = None if columns is None else np.asarray(columns, np.intp)
        self._layers = [(wide[f"w{i}"], wide[f"b{i}"]) for i in range(len(self.sizes) - 1)]

    def _check(self) -> None:
        kind = self.meta.get("kind")
        if kind != KIND or self.meta.get("activation") != "relu":
            raise MyoServeError(
                "BAD_OPTIONS",
                f"NumPy plays policies of kind {KIND} with relu, but this one has kind {kind!r} and "
                f"activation {self.meta.get('activation')!r}; update the client.",
            )
        self.sizes = [int(size) for size in self.meta["sizes"]]
        for name, shape in self._shapes().items():
            array = self.arrays.get(name)
            if array is None or array.shape != shape:
                raise MyoServeError(
                    "BAD_OPTIONS",
                    f"A policy of sizes {self.sizes} has the array {name} of shape {shape}, but "
                    f"{'none' if array is None else array.shape} came; export it anew.",
                )

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        obs, actions = self.sizes[0], self.sizes[-1] // 2
        shapes: dict[str, tuple[int, ...]] = {"obs_mean": (obs,), "obs_std": (obs,)}
        for i, (inputs, outputs) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            shapes |= {f"w{i}": (inputs, outputs), f"b{i}": (outputs,)}
        return shapes | {f"action_{end}": (actions,) for end in ("middle", "half", "low", "high")}

    @property
    def obs_size(self) -> int:
        """F."""
        return self.sizes[0] if self._columns is None else sum(size for _, size in self.meta["obs_buffers"])

    @property
    def action_size(self) -> int:
        """A."""
        return self.sizes[-1] // 2

    def __call__(self, obs: Any) -> npt.NDArray[np.float32]:
        """The best action for an observation [F] or a batch [N, F], in units of the environment."""
        middle, half = self._wide["action_middle"], self._wide["action_half"]
        action = middle + half * np.tanh(self._outputs(obs)[..., : self.action_size])
        return np.clip(action, self._wide["action_low"], self._wide["action_high"]).astype(np.float32)

    def gaussian(self, obs: Any) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the policy, in its own units: [-1, 1] is the range of each action.

        Where ``meta["tanh"]`` is ``sample`` they are those before the tanh that follows a sample.
        """
        outputs = self._outputs(obs)
        mean, free = outputs[..., : self.action_size], outputs[..., self.action_size :]
        low, high = self.meta["deviation_bounds"]
        if self.meta["deviation"] == "exp":
            scale = np.exp(np.clip(free, low, high))
        else:
            scale = np.clip(_softplus(free), low, high)
        return (np.tanh(mean) if self.meta["tanh"] == "mean" else mean), scale

    def _outputs(self, obs: Any) -> npt.NDArray[np.float64]:
        """Of the last layer, [..., 2 A]."""
        x = np.asarray(obs, np.float64)
        if x.ndim not in (1, 2) or x.shape[-1] != self.obs_size:
            raise MyoServeError(
                "BAD_OPTIONS",
                f"The policy takes observations [{self.obs_size}] or [N, {self.obs_size}], but {x.shape} came; make "
                "the environment as it was in training.",
            )
        x = x if self._columns is None else x[..., self._columns]
        x = (x - self._wide["obs_mean"]) / self._wide["obs_std"]
        for i, (weight, bias) in enumerate(self._layers):
            x = (np.maximum(x, 0) if i else x) @ weight + bias
        return x

    def save(self, folder: str | Path) -> None:
        """Write the two files of a policy into a folder, which is made where it does not exist."""
        write_policy(Path(folder), self.meta, self.arrays)

    @classmethod
    def load(cls, folder: str | Path) -> Policy:
        """Read a policy folder.

        Raises:
            MyoServeError: NOT_FOUND, BAD_OPTIONS where it is damaged.

        """
        return cls(*read_policy(Path(folder)))

    def __repr__(self) -> str:
        return f"Policy({self.meta.get('algo')!r}, sizes={self.sizes})"
