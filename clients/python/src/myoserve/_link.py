"""The current socket of a connection, and the thread that looks after it."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from typing import Protocol

from . import _messages as m
from ._calls import Lease
from ._greeting import ENCODER
from ._websocket import WebSocket

# Seconds between two looks of the background thread.
KEEPER_PERIOD = 1.0


class Link:
    """Holds the current socket, for the finalizer of a connection that nobody closed."""

    def __init__(self) -> None:
        self.ws: WebSocket | None = None
        self.leases: dict[str, Lease] = {}
        self.pid = os.getpid()
        self.stop = threading.Event()

    def close(self) -> None:
        """Let the socket and the server's sessions go."""
        self.stop.set()
        ws, self.ws = self.ws, None
        if ws is None:
            return
        if os.getpid() != self.pid:
            ws.abandon()
            return
        # Sessions that nobody closed would hold their rows until the lease runs out.
        with contextlib.suppress(OSError):
            for handle in self.leases:
                ws.send(ENCODER.encode(m.EnvClose(id=0, s=handle)))
        ws.close()


class Kept(Protocol):
    """What the background thread looks after."""

    def look_in(self) -> None:
        """Read what came, resume what was lost."""


def keep(ref: weakref.ref[Kept], stop: threading.Event) -> None:
    """Body of the background thread: it ends with `stop`, or with the connection."""
    while not stop.wait(KEEPER_PERIOD):
        connection = ref()
        if connection is None:
            return
        with contextlib.suppress(Exception):
            connection.look_in()
        del connection
