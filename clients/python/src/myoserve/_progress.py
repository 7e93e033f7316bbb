"""A progress bar where tqdm is installed, lines where it is not."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

# Seconds between two lines.
LINE_PERIOD = 5.0
# Metrics behind the bar.
SHOWN = ("mean_return", "return_mean", "eval_return", "eval_success")


def shown(metrics: Mapping[str, float]) -> dict[str, str]:
    """The few numbers that fit behind a bar, others first come first."""
    names = [name for name in SHOWN if name in metrics] or list(metrics)[:2]
    return {name: f"{metrics[name]:.4g}" for name in names}


class ProgressBar:
    """Steps done of `total`, with metrics behind them; used as a ``with`` block."""

    def __init__(self, total: float, title: str, *, enabled: bool = True, file: TextIO | None = None) -> None:
        self._total, self._title, self._enabled = total, title, enabled
        self._file = sys.stderr if file is None else file
        self._begun = time.monotonic()
        self._last = -LINE_PERIOD
        self._done = 0.0
        self._bar = self._tqdm() if enabled else None

    def _tqdm(self) -> Any:
        try:
            from tqdm.auto import tqdm  # noqa: PLC0415 - optional
        except ImportError:
            return None
        return tqdm(total=self._total, desc=self._title, unit="step", unit_scale=True, file=self._file)

    def show(self, done: float, metrics: Mapping[str, float]) -> None:
        """So far `done` steps."""
        if not self._enabled:
            return
        if self._bar is not None:
            self._bar.set_postfix(shown(metrics), refresh=False)
            self._bar.update(done - self._done)
            self._done = done
            return
        now = time.monotonic()
        if now - self._last >= LINE_PERIOD or (done >= self._total and done != self._done):
            self._last = now
            self._line(done, metrics)
        self._done = done

    def _line(self, done: float, metrics: Mapping[str, float]) -> None:
        seconds = time.monotonic() - self._begun
        numbers = ", ".join(f"{name} {value}" for name, value in shown(metrics).items())
        share = 100 * done / self._total
        line = f"{self._title}: {done:.0f} of {self._total:.0f} steps ({share:.0f} %) after {seconds:.0f} s"
        print(line + (f", {numbers}" if numbers else ""), file=self._file, flush=True)

    def close(self) -> None:
        """Leave the bar where it is."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
