"""From an address to a socket that has said hello."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import msgspec

from . import _messages as m
from ._calls import Lease
from ._websocket import LinkLostError, RefusedError, WebSocket
from .errors import MyoServeError

DEFAULT_URL = "ws://127.0.0.1:6960"

ENCODER = msgspec.msgpack.Encoder()
DECODER: msgspec.msgpack.Decoder[m.ServerMessage] = msgspec.msgpack.Decoder(m.ServerMessage)


def default_url() -> str:
    """`MYOSERVE_URL`, else the local server."""
    return os.environ.get("MYOSERVE_URL") or DEFAULT_URL


def _package_version() -> str:
    try:
        return version("myoserve")
    except PackageNotFoundError:
        return "0"


def connect(url: str, resume: Sequence[Lease], timeout: float) -> tuple[WebSocket, m.HelloOk]:
    """A socket that has said hello, and what the server said.

    Raises:
        MyoServeError: the server refuses, e.g. CAPACITY.
        RefusedError: what answers is no server of this version.
        OSError: nothing answers within `timeout` seconds.

    """
    ws = WebSocket(url, m.SUBPROTOCOL_MSGPACK, timeout)
    try:
        return ws, _greet(ws, resume, timeout)
    except msgspec.MsgspecError as error:
        ws.abandon()
        raise RefusedError(f"{url} does not speak protocol version 1: {error}") from error
    except BaseException:
        ws.abandon()
        raise


def _greet(ws: WebSocket, resume: Sequence[Lease], timeout: float) -> m.HelloOk:
    hello = m.Hello(
        id=0,
        minor=m.MINOR,
        role="driver",
        client=m.HelloClient(name="myoserve", version=_package_version(), lang="python"),
        resume=[m.HelloResume(s=lease.handle, token=lease.token) for lease in resume] or None,
    )
    ws.send(ENCODER.encode(hello))
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        if not ws.wait(left):
            break
        for frame in ws.receive():
            message = DECODER.decode(frame)
            if isinstance(message, m.HelloOk):
                return message
            if isinstance(message, m.ErrorReply):
                raise error_of(message)
    raise LinkLostError("the server did not answer hello")


def unreachable(url: str, error: OSError) -> MyoServeError:
    """What a caller is told about a server that does not answer."""
    reason = error.strerror or str(error) or type(error).__name__
    return MyoServeError(
        "UNAVAILABLE",
        f"A MyoServe server must answer at {url}, but the connection failed ({reason}); "
        "start one with `npx myoserve serve` or `myoserve.launch()`, or pass its url.",
        retryable=not isinstance(error, RefusedError),
    )


def error_of(message: m.ErrorReply) -> MyoServeError:
    """An error reply as the exception that callers see."""
    return MyoServeError(message.code, message.message, message.retryable, message.data)
