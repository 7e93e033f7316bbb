"""Plot and video of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..env import MyoServeEnv
from .trials import Trial

FPS = 25


def plot(trials: Sequence[Trial], path: Path) -> None:
    """One panel a body: coverage of every joint under every controller."""
    import matplotlib as mpl  # noqa: PLC0415  (an extra)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    bodies = list(dict.fromkeys(trial.body.title for trial in trials))
    figure, axes = plt.subplots(len(bodies), 1, figsize=(10, 3.2 * len(bodies)), squeeze=False, layout="constrained")
    for axis, body in zip(axes[:, 0], bodies, strict=True):
        group = [trial for trial in trials if trial.body.title == body]
        width = 0.8 / len(group)
        for number, trial in enumerate(group):
            at = np.arange(len(trial.shares)) + (number - (len(group) - 1) / 2) * width
            label = f"{trial.controller.title} (mean {trial.mean:.2f})"
            axis.bar(at, trial.shares, width, label=label)
        axis.set_xticks(np.arange(len(group[0].joints)), group[0].joints, rotation=60, ha="right", fontsize=6)
        axis.set_ylim(0, 1)
        axis.set_ylabel("share of joint range visited")
        axis.set_title(body, loc="left", fontsize=10)
        axis.legend(fontsize=7, ncols=len(group), loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)


class Film:
    """Collects pictures of the first steps of a trial at `FPS`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._frames: list[npt.NDArray[np.uint8]] = []

    def __call__(self, number: int, env: MyoServeEnv) -> None:
        """Take a picture where one is due."""
        if len(self._frames) >= self._seconds * FPS or number * env.dt < len(self._frames) / FPS:
            return
        frame = env.render()
        if frame is not None:
            self._frames.append(frame)

    def write(self, path: Path) -> None:
        """Encode what was collected as MP4."""
        from moviepy import ImageSequenceClip  # noqa: PLC0415  (an extra)

        ImageSequenceClip(self._frames, fps=FPS).write_videofile(str(path), logger=None)
