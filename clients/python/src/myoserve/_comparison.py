"""Runs side by side."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from . import _messages as m

Cell: TypeAlias = "str | float | int | None"


@dataclass(frozen=True)
class Comparison:
    """A table of runs; printed as text, shown by notebooks as HTML."""

    rows: Sequence[dict[str, Cell]]
    """One run each, all with the same keys; None where a figure was not taken."""

    def _cells(self) -> list[list[str]]:
        names = list(self.rows[0]) if self.rows else []
        return [names, *([_text(row[name]) for name in names] for row in self.rows)]

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *body = self._cells()

        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        return f"<table>{line(head, 'th')}{''.join(line(cells, 'td') for cells in body)}</table>"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def compare_runs(states: Sequence[m.RunState]) -> Comparison:
    """What a reader asks first: how far, how fast, how good."""
    return Comparison([_row(state) for state in states])


def _row(state: m.RunState) -> dict[str, Cell]:
    best = state.best
    return {
        "run": state.run,
        "algo": state.algo,
        "env": state.env,
        "state": state.state,
        "steps": state.done,
        "steps/s": state.steps_per_s,
        "return": state.metrics.get("return_mean"),
        "eval return": state.metrics.get("eval_return"),
        "best return": None if best is None else best.return_,
        "best success": None if best is None else best.success,
        "at step": None if best is None else best.step,
    }
