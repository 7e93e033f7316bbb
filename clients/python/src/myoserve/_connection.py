"""Requests and replies over one socket: correlation by id, keep-alive, resume after a lost socket.

Whoever waits for a reply reads the socket itself, so a step costs no hop between threads; others
that wait meanwhile are served by that reader. A background thread looks in once a second: it
answers pings and resumes a lost link while the learner computes.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Sequence
from typing import TypeVar

from . import _messages as m
from ._calls import Call, Lease, closed_error, obstacle
from ._greeting import ENCODER, connect, default_url, unreachable
from ._link import Link, keep
from ._replies import read_reply
from ._websocket import LinkLostError, RefusedError, WebSocket
from .errors import MyoServeError

# Seconds.
CONNECT_TIMEOUT = 10.0
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
# A server sends a ping each `ping_ms`; one that misses three is gone.
MISSED_PINGS = 3.5

_ReplyT = TypeVar("_ReplyT", bound=m.ReplyBase)


class Connection:
    """A connection to one server. Thread-safe; a forked child gets a socket of its own."""

    def __init__(self, url: str | None = None, *, patience: float = 30.0) -> None:
        """Connect.

        Args:
            url: address of the server; `MYOSERVE_URL`, else ws://127.0.0.1:6960, where absent.
            patience: seconds to try to resume a lost link before calls fail.

        Raises:
            MyoServeError: UNAVAILABLE where nothing answers.

        """
        self.url = url or default_url()
        self.patience = patience
        self.closed = False
        self._setup()
        try:
            ws, hello = connect(self.url, [], CONNECT_TIMEOUT)
        except OSError as error:
            raise unreachable(self.url, error) from error
        self._link.ws, self.hello = ws, hello
        self._start_keeper()

    def _setup(self) -> None:
        """State of one process."""
        self._link = Link()
        self._lock = threading.Lock()
        self._turn = threading.Condition(self._lock)
        self._reading = False
        self._waiting = 0
        self._next_id = 1
        self._replies = 0
        self._calls: dict[int, Call] = {}
        self._leases = self._link.leases
        self._heard = self._lost_at = time.monotonic()

    def _start_keeper(self) -> None:
        self._finalizer = weakref.finalize(self, self._link.close)
        threading.Thread(
            target=keep,
            args=(weakref.ref(self), self._link.stop),
            name="myoserve-keeper",
            daemon=True,
        ).start()

    # Calls ----------------------------------------------------------------------------------

    def request(
        self,
        request: m.RequestBase,
        reply: type[_ReplyT],
        *,
        timeout: float | None = None,
        lease: Lease | None = None,
    ) -> _ReplyT:
        """One round trip.

        Args:
            request: a message; its `id` is set here.
            reply: the type of its reply.
            timeout: seconds to wait, None for as long as the server is alive.
            lease: the session that the request belongs to.

        Raises:
            MyoServeError: what the server answers, or UNAVAILABLE.
            TimeoutError: no reply in time.

        """
        return self.wait(self.submit(request, lease), reply, timeout)

    def submit(self, request: m.RequestBase, lease: Lease | None = None) -> Call:
        """Send a request without waiting for its reply."""
        if os.getpid() != self._link.pid:
            self._after_fork()
        with self._lock:
            self._check_usable(lease)
            number = request.id = self._next_id
            self._next_id = number % 0xFFFF_FFFF + 1
            frame = ENCODER.encode(request)
            if len(frame) > self.hello.limits.max_message:
                raise MyoServeError(
                    "TOO_LARGE",
                    f"A message holds at most {self.hello.limits.max_message} bytes, but this one "
                    f"has {len(frame)}; send fewer rows at a time.",
                )
            call = Call(request, frame, lease)
            self._calls[number] = call
            self._send(call)
            return call

    def wait(self, call: Call, reply: type[_ReplyT], timeout: float | None) -> _ReplyT:
        """The reply of a request sent before; see `request`."""
        self.wait_any((call,), timeout)
        if call.error is not None:
            raise call.error
        if not isinstance(call.reply, reply):
            raise MyoServeError("INTERNAL", f"The reply should be {reply.__name__}, but {call.reply!r} came.")
        return call.reply

    def wait_any(self, calls: Sequence[Call], timeout: float | None) -> Call:
        """The request sent before whose reply or error came first; TimeoutError where none did."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._turn:
            while True:
                if done := [call for call in calls if call.done]:
                    return min(done, key=lambda call: call.turn)
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"{self.url} did not reply within {timeout} s")
                if not self._reading:
                    self._read(left)
                    continue
                self._waiting += 1
                try:
                    self._turn.wait(left)
                finally:
                    self._waiting -= 1

    def _check_usable(self, lease: Lease | None) -> None:
        if self.closed:
            raise closed_error()
        if lease is not None and lease.lost is not None:
            raise lease.lost

    def _send(self, call: Call) -> None:
        ws = self._link.ws
        if ws is None:
            return
        call.sends += 1
        try:
            ws.send(call.frame)
        except LinkLostError:
            # Another thread may be reading it: that one finds the end and resumes.
            ws.shutdown()
        except BaseException:
            # Half a frame may be out (Ctrl-C): nothing that follows could be read.
            ws.shutdown()
            raise

    # Sessions -------------------------------------------------------------------------------

    def adopt(self, lease: Lease) -> None:
        """Resume this session whenever the socket is lost."""
        with self._lock:
            self._leases[lease.handle] = lease

    def release(self, lease: Lease) -> None:
        """Forget a session."""
        with self._lock:
            self._leases.pop(lease.handle, None)

    # Reading --------------------------------------------------------------------------------

    def _read(self, timeout: float | None) -> bool:
        """With the lock: take the reader's turn once. False where nothing came in time."""
        if self.closed:
            self._fail_all(closed_error())
            return False
        self._reading = True
        try:
            ws = self._link.ws
            if ws is None:
                self._recover(timeout)
                return True
            silence = self._heard + MISSED_PINGS * self.hello.ping_ms / 1000 - time.monotonic()
            silence = max(silence, 0.05)
            self._lock.release()
            try:
                ready = ws.wait(silence if timeout is None else min(timeout, silence))
            finally:
                self._lock.acquire()
            if self.closed:
                self._fail_all(closed_error())
            elif ready:
                self._receive(ws)
            elif timeout is None or timeout >= silence:
                self._lose(ws)
            return ready
        finally:
            self._reading = False
            if self._waiting:
                self._turn.notify_all()

    def _receive(self, ws: WebSocket) -> None:
        try:
            frames = ws.receive()
        except LinkLostError:
            self._lose(ws)
            return
        except BaseException:
            self._lose(ws)
            raise
        self._heard = time.monotonic()
        for frame in frames:
            self._dispatch(frame)

    def _dispatch(self, frame: bytes) -> None:
        answer = read_reply(frame)
        # A reply that nobody waits for any longer is dropped: it can never answer another call.
        call = None if answer is None else self._calls.pop(answer[0], None)
        if answer is None or call is None:
            return
        self._replies += 1
        call.turn = self._replies
        if isinstance(answer[1], MyoServeError):
            call.error = answer[1]
        else:
            call.reply = answer[1]

    # Losing and finding the link ------------------------------------------------------------

    def _lose(self, ws: WebSocket) -> None:
        if self._link.ws is ws:
            self._link.ws = None
            self._lost_at = time.monotonic()
        ws.abandon()

    def _recover(self, timeout: float | None) -> None:
        """With the lock and the reader's turn: try to come back, for at most `timeout` seconds."""
        deadline = self._lost_at + self.patience
        resume = [lease for lease in self._leases.values() if lease.lost is None]
        limit = deadline if timeout is None else min(deadline, time.monotonic() + timeout)
        failure: MyoServeError | None = None
        found: tuple[WebSocket, m.HelloOk] | None = None
        self._lock.release()
        try:
            found = self._attempts(resume, limit)
        except OSError as error:
            failure = unreachable(self.url, error)
        except MyoServeError as error:
            failure = error
        finally:
            self._lock.acquire()
        if found is not None:
            self._take_up(found[0], found[1], resume)
        elif failure is not None:
            given_up = time.monotonic() >= deadline - FIRST_PAUSE
            if given_up or not failure.retryable:
                self._fail_all(failure)

    def _attempts(self, resume: Sequence[Lease], limit: float) -> tuple[WebSocket, m.HelloOk]:
        pause = FIRST_PAUSE
        while True:
            left = limit - time.monotonic()
            try:
                return connect(self.url, resume, min(CONNECT_TIMEOUT, max(left, 1.0)))
            except RefusedError:
                raise
            except (OSError, MyoServeError) as error:
                final = isinstance(error, MyoServeError) and not error.retryable
                if final or self.closed or time.monotonic() + pause >= limit:
                    raise
            if self._link.stop.wait(pause):
                raise LinkLostError("closed")
            pause = min(2 * pause, LONGEST_PAUSE)

    def _take_up(self, ws: WebSocket, hello: m.HelloOk, resume: Sequence[Lease]) -> None:
        if self.closed:
            ws.close()
            return
        self._link.ws, self.hello, self._heard = ws, hello, time.monotonic()
        resumed = {entry.s: entry for entry in hello.resumed or ()}
        for lease in resume:
            entry = resumed.get(lease.handle)
            if entry is not None and entry.token is not None:
                lease.token = entry.token
            else:
                self._forget(lease)
        # In the order in which they were sent: that of their numbers.
        for call in list(self._calls.values()):
            error = obstacle(call)
            if error is None:
                self._send(call)
            else:
                call.error = error
                del self._calls[call.id]

    def _forget(self, lease: Lease) -> None:
        lease.lost = MyoServeError(
            "SESSION_LOST",
            "The session is gone, because its lease ran out or the server restarted; call reset() "
            "to go on with a new one.",
        )
        self._leases.pop(lease.handle, None)

    def _fail_all(self, error: MyoServeError) -> None:
        for call in self._calls.values():
            call.error = error
        self._calls.clear()

    # Life -----------------------------------------------------------------------------------

    def look_in(self) -> None:
        """What the background thread does: read what came, resume what was lost."""
        if os.getpid() != self._link.pid or not self._lock.acquire(blocking=False):
            return
        try:
            if self.closed or self._reading:
                return
            if self._link.ws is not None:
                while self._link.ws is not None and self._read(0.0):
                    pass
                if self._link.ws is not None and self._is_silent():
                    self._lose(self._link.ws)
            elif self._leases:
                self._read(1.0)
        finally:
            self._lock.release()

    def _is_silent(self) -> bool:
        return time.monotonic() - self._heard > MISSED_PINGS * self.hello.ping_ms / 1000

    def _after_fork(self) -> None:
        """The socket, the sessions and the locks are the parent's: start afresh in the child."""
        self._finalizer.detach()
        if self._link.ws is not None:
            self._link.ws.abandon()
        for lease in self._leases.values():
            lease.lost = MyoServeError(
                "NEEDS_RESET",
                "After a fork the session stays with the parent process; call reset() in the child "
                "to make one of its own.",
            )
        self._setup()
        self._start_keeper()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        if os.getpid() != self._link.pid:
            self._after_fork()
        with self._turn:
            if self.closed:
                return
            self.closed = True
            if self._reading:
                if self._link.ws is not None:
                    self._link.ws.shutdown()
            else:
                self._fail_all(closed_error())
            self._turn.notify_all()
        self._finalizer()
