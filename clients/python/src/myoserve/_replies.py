"""From a frame to what it answers."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from . import _messages as m
from ._greeting import DECODER, error_of
from .errors import MyoServeError


def read_reply(frame: bytes) -> tuple[int, m.ServerMessage | MyoServeError] | None:
    """The id of a request and its reply or error; None for a frame that answers none.

    Events of later minors are ignored; a reply that does not fit fails its call.
    """
    try:
        message = DECODER.decode(frame)
    except msgspec.MsgspecError as error:
        return _unknown(frame, error)
    number = getattr(message, "id", None)
    if number is None:
        return None
    return number, error_of(message) if isinstance(message, m.ErrorReply) else message


def _unknown(frame: bytes, error: msgspec.MsgspecError) -> tuple[int, MyoServeError] | None:
    with contextlib.suppress(msgspec.MsgspecError):
        message: Any = msgspec.msgpack.decode(frame)
        if "id" in message:
            return message["id"], MyoServeError(
                "INTERNAL",
                f"The server's reply does not fit protocol version 1: {error}; use a client "
                "and a server of the same release.",
            )
    return None
