"""Batches of rows sent ahead: what is under way, and what has come back and waits for `recv`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from . import _messages as m
from ._calls import Call
from ._spaces import Array
from .errors import MyoServeError


@dataclass(frozen=True, slots=True)
class Sent:
    """A numbered request under way for `rows`, ascending."""

    call: Call
    k: int
    rows: Array
    # Rows of each batch that its reply is handed out in.
    batch_size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that came back: a reply, of whose request they are the rows `part`; or an error."""

    rows: Array
    reply: m.EnvStepOk | m.EnvResetOk | None
    part: slice
    error: MyoServeError | None


class Flight:
    """Rows of one session that were sent and not received. A row is under way once at most."""

    def __init__(self, num_envs: int, most: int) -> None:
        """`most`: requests that the server takes ahead."""
        self.sent: list[Sent] = []
        self.ready: deque[Batch] = deque()
        self._most = most
        self._away = np.zeros(num_envs, np.bool_)

    @property
    def pending(self) -> int:
        """Rows that were sent and not received."""
        return int(self._away.sum())

    @property
    def empty(self) -> bool:
        """Whether nothing is under way or waits to be received."""
        return not self.sent and not self.ready

    def check_free(self, rows: Array) -> None:
        """Refuse rows that are under way."""
        away = rows[self._away[rows]]
        if away.size:
            raise ValueError(
                f"A row is sent again after recv() returned it, but row {away[0]} is under way; recv first."
            )

    def must_wait(self, last_k: int) -> bool:
        """Whether the next request has to wait for one under way.

        After a failure, which frees its number, those sent behind it are still on their way back:
        their numbers are not to be used before that.
        """
        return len(self.sent) >= self._most or (bool(self.sent) and self.sent[-1].k > last_k)

    def add(self, sent: Sent) -> None:
        """A request went out."""
        self.sent.append(sent)
        self._away[sent.rows] = True

    def land(self, sent: Sent, reply: m.EnvStepOk | m.EnvResetOk | None, error: MyoServeError | None) -> None:
        """A request came back."""
        self.sent.remove(sent)
        size = len(sent.rows) if reply is None else sent.batch_size
        for start in range(0, len(sent.rows), size):
            part = slice(start, start + size)
            self.ready.append(Batch(sent.rows[part], reply, part, error))

    def take(self) -> Batch:
        """The batch that came back first."""
        batch = self.ready.popleft()
        self._away[batch.rows] = False
        return batch
