"""One WebSocket without threads; the only user of the `websockets` package.

`websockets.sync` hands every message from a thread of its own to the caller; driving the package's
protocol object from the calling thread halves the round trip of a step (see README, Design).
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import sys
import time

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import WebSocketURI, parse_uri

# Replies may carry an error sentence for each of 65,536 rows, and 65,536 rows of images.
MAX_MESSAGE = 256 * 1024 * 1024
_READ = 256 * 1024
# Seconds that a server may leave a frame unread.
WRITE_TIMEOUT = 60.0


class LinkLostError(OSError):
    """The socket is gone, or answers no longer."""


class RefusedError(OSError):
    """Something answers at the address, but it is no MyoServe of this version."""


def _wait_to_write(sock: socket.socket, timeout: float) -> bool:
    """Whether the socket takes data again within `timeout` seconds."""
    if sys.platform == "win32":
        return bool(select.select([], [sock], [], timeout)[1])
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(timeout * 1000))


class WebSocket:
    """A connected socket. Not thread-safe, but one thread may be in `wait` while another sends."""

    def __init__(self, url: str, subprotocol: str, timeout: float) -> None:
        """Connect and shake hands.

        Raises:
            RefusedError: what answers is no server of this version.
            OSError: nothing answers within `timeout` seconds.

        """
        uri = parse_uri(url)
        self._protocol = ClientProtocol(uri, subprotocols=[subprotocol], max_size=MAX_MESSAGE)  # type: ignore[list-item]
        self._parts: list[bytes] = []
        self._secure = uri.secure
        self._sock = self._open(uri, timeout)
        try:
            self._upgrade(url, timeout)
        except BaseException:
            self.abandon()
            raise
        self._sock.setblocking(False)
        # One thread waits at a time. poll takes descriptors above 1,023, which select() does not.
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(self._sock, select.POLLIN)

    @staticmethod
    def _open(uri: WebSocketURI, timeout: float) -> socket.socket:
        sock = socket.create_connection((uri.host, uri.port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not uri.secure:
            return sock
        try:
            return ssl.create_default_context().wrap_socket(sock, server_hostname=uri.host)
        except BaseException:
            sock.close()
            raise

    def _upgrade(self, url: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        self._protocol.send_request(self._protocol.connect())
        for data in self._protocol.data_to_send():
            self._sock.sendall(data)
        while self._protocol.state is not OPEN:
            self._sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = self._sock.recv(_READ)
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            error = self._protocol.handshake_exc
            if isinstance(error, (InvalidStatus, WebSocketException)):
                raise RefusedError(f"{url} refused the connection: {error}") from error
            if error is not None or (not data and self._protocol.state is not OPEN):
                raise LinkLostError("the server closed the connection during the handshake")
            # The answer to the upgrade comes out as an event, and so may the first frames.
            self._protocol.events_received()
        if self._protocol.subprotocol is None:
            raise RefusedError(f"{url} is no MyoServe server of this version")

    def wait(self, timeout: float | None) -> bool:
        """Wait until `receive` may find something; False after `timeout` seconds."""
        if self._secure and self._sock.pending():  # type: ignore[attr-defined]
            return True
        try:
            if self._poll is None:
                return bool(select.select([self._sock], [], [], timeout)[0])
            # An end or an error of the socket is something to receive, too.
            return bool(self._poll.poll(None if timeout is None else max(0.0, timeout * 1000)))
        except (ValueError, OSError):
            # Closed by another thread: `receive` says so.
            return True

    def send(self, data: bytes) -> None:
        """Send one binary message; raises LinkLostError."""
        self._protocol.send_binary(data)
        self._flush()

    def _flush(self) -> None:
        for chunk in self._protocol.data_to_send():
            if chunk:
                self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                if not _wait_to_write(self._sock, WRITE_TIMEOUT):
                    raise LinkLostError("the server reads no longer") from None
            except OSError as error:
                raise LinkLostError(str(error)) from error

    def receive(self) -> list[bytes]:
        """Messages that have arrived, without waiting; pings are answered on the way.

        Raises:
            LinkLostError: the socket was closed or broke. Messages that came before are lost.

        """
        try:
            data = self._sock.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError):
            return []
        except OSError as error:
            raise LinkLostError(str(error)) from error
        if not data:
            raise LinkLostError("the server closed the connection")
        self._protocol.receive_data(data)
        messages = [*self._collect()]
        self._flush()
        if self._protocol.state is not OPEN and not messages:
            raise LinkLostError(f"the connection was closed ({self._protocol.close_code})")
        return messages

    def _collect(self) -> list[bytes]:
        messages: list[bytes] = []
        for event in self._protocol.events_received():
            if not isinstance(event, Frame):
                continue
            if event.opcode in (Opcode.BINARY, Opcode.CONT):
                if event.fin and not self._parts:
                    messages.append(bytes(event.data))
                    continue
                self._parts.append(bytes(event.data))
                if event.fin:
                    messages.append(b"".join(self._parts))
                    self._parts.clear()
        return messages

    def close(self) -> None:
        """Say goodbye and close; never raises."""
        with contextlib.suppress(Exception):
            self._protocol.send_close(1000)
            for chunk in self._protocol.data_to_send():
                self._sock.send(chunk)
        self.abandon()

    def shutdown(self) -> None:
        """End the link but keep the descriptor, so that a thread in `wait` wakes up."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def abandon(self) -> None:
        """Close this process's end without a word: after a fork the socket is the parent's."""
        with contextlib.suppress(OSError):
            self._sock.close()
