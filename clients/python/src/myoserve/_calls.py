"""Requests under way, and the sessions that they belong to."""

from __future__ import annotations

from . import _messages as m
from .errors import MyoServeError

# A frame that went out this often without a reply is what breaks the link.
MOST_SENDS = 4

# Numbered requests are executed once by the server's rule; these change nothing, or nothing that
# outlives the lease, when they are executed twice. Agents have no such rule.
_RESENDABLE = (
    m.EnvReset,
    m.EnvStep,
    m.EnvRestore,
    m.EnvList,
    m.EnvDescribe,
    m.EnvMake,
    m.EnvSnapshot,
    m.EnvRender,
    m.EnvState,
    m.EnvRollout,
    m.EnvModel,
    m.EnvMetrics,
    m.EnvClose,
    m.BlobGet,
    m.AgentList,
    m.AgentDescribe,
    m.AgentSave,
    m.JobGet,
    m.JobList,
    m.JobCancel,
    m.TrainPresets,
    m.TrainList,
    m.TrainGet,
    m.TrainCancel,
    m.TrainPolicy,
    m.TrainPlay,
    m.Ping,
)


class Lease:
    """A session's claim on the server: handle, resume token, and why it ended if it did."""

    __slots__ = ("handle", "lost", "token")

    def __init__(self, handle: str, token: str) -> None:
        self.handle = handle
        self.token = token
        self.lost: MyoServeError | None = None


class Call:
    """One request under way."""

    __slots__ = ("error", "frame", "id", "lease", "reply", "resendable", "sends", "turn")

    def __init__(self, request: m.RequestBase, frame: bytes, lease: Lease | None) -> None:
        self.id = request.id
        self.frame = frame
        self.resendable = isinstance(request, _RESENDABLE)
        self.lease = lease
        self.sends = 0
        self.reply: m.ServerMessage | None = None
        self.error: MyoServeError | None = None
        # Place among the replies in order of arrival.
        self.turn = 0

    @property
    def done(self) -> bool:
        """Whether a reply or an error is there."""
        return self.reply is not None or self.error is not None


def obstacle(call: Call) -> MyoServeError | None:
    """Why a call cannot be sent again after the link was lost."""
    if call.lease is not None and call.lease.lost is not None:
        return call.lease.lost
    if not call.resendable and call.sends > 0:
        return MyoServeError(
            "UNAVAILABLE",
            "The connection was lost before the reply came, so the request may or may not have been executed; "
            "look at the state and repeat it where needed.",
        )
    if call.sends >= MOST_SENDS:
        return MyoServeError("UNAVAILABLE", f"The connection was lost {MOST_SENDS} times over this request.")
    return None


def closed_error() -> MyoServeError:
    """What calls after `close` get."""
    return MyoServeError("NOT_FOUND", "This environment or agent is closed; make a new one.")
