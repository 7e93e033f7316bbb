"""A server of one's own, for notebooks and tests."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from .errors import MyoServeError

# Seconds; `npx` may have to download the package first.
READY_TIMEOUT = 120.0
STOP_TIMEOUT = 5.0


class Server:
    """A running server process. Closes at the end of a ``with`` block, or with the interpreter."""

    def __init__(self, process: subprocess.Popen[str], log: Path, info: Mapping[str, Any]) -> None:
        self._process = process
        self._log = log
        self._owner = os.getpid()
        self.url: str = info["url"]
        self.info = info
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def log(self) -> str:
        """What the server has logged so far."""
        return _read(self._log)

    def close(self) -> None:
        """Stop the server and all that it started. Idempotent."""
        # A forked child inherits the object, but not the right to end its parent's server.
        if os.getpid() != self._owner:
            return
        atexit.unregister(self.close)
        _stop(self._process)
        self._log.unlink(missing_ok=True)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<myoserve.Server {self.url}>"


def launch(
    port: int = 0,
    *,
    engine: str | None = None,
    workers: int | None = None,
    args: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    timeout: float = READY_TIMEOUT,
) -> Server:
    """Start a server on this machine and wait until it is ready.

    The server comes from `MYOSERVE_SERVER_DIR`, else from the checkout that holds this package,
    else from ``npx myoserve``.

    Args:
        port: 0 takes a free one.
        engine: of the physics, e.g. ``wasm``; the server's default where absent.
        workers: physics threads; one a core where absent.
        args: more options of ``myoserve serve``.
        environ: environment variables beside this process's own.
        timeout: seconds until it must be ready.

    Raises:
        MyoServeError: UNAVAILABLE where it cannot be started.

    """
    command = [*_command(), "serve", "--json", "--port", str(port)]
    command += [] if engine is None else ["--engine", engine]
    command += [] if workers is None else ["--workers", str(workers)]
    handle, name = tempfile.mkstemp(prefix="myoserve-", suffix=".log")
    log = Path(name)
    try:
        process = subprocess.Popen(
            [*command, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=handle,
            text=True,
            env={**os.environ, **(environ or {})},
            start_new_session=True,
        )
    except OSError as error:
        log.unlink(missing_ok=True)
        raise _cannot_start(str(error)) from error
    finally:
        os.close(handle)
    try:
        return Server(process, log, _announcement(process, log, timeout))
    except BaseException:
        _stop(process)
        log.unlink(missing_ok=True)
        raise


def _command() -> list[str]:
    place = os.environ.get("MYOSERVE_SERVER_DIR")
    if place:
        script = Path(place) / "server" / "bin.mjs"
        if not script.is_file():
            raise _cannot_start(f"MYOSERVE_SERVER_DIR is {place}, which holds no server/bin.mjs")
        return [_program("node"), str(script)]
    for checkout in _checkouts():
        return [_program("node"), str(checkout / "server" / "bin.mjs")]
    return [_program("npx"), "--yes", "myoserve"]


def _checkouts() -> Iterator[Path]:
    """Checkouts of MyoServe around this file: of the source, or of the `.venv` it is in."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "server" / "bin.mjs").is_file():
            with contextlib.suppress(OSError, ValueError):
                if json.loads((folder / "package.json").read_text("utf8"))["name"] == "myoserve":
                    yield folder


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise _cannot_start(f"`{name}` is not on the PATH; install Node 20.11 or newer")
    return found


def _announcement(process: subprocess.Popen[str], log: Path, timeout: float) -> Mapping[str, Any]:
    """The first line that the server prints: its address, once it is ready."""
    assert process.stdout is not None
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(process.stdout, lines), name="myoserve-server", daemon=True).start()
    deadline = time.monotonic() + timeout
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise _cannot_start(f"it was not ready within {timeout:g} s") from None
        if not line:
            process.wait()
            raise _cannot_start(_last_words(log) or f"it ended with code {process.returncode}")
        # npm may print lines of its own first.
        with contextlib.suppress(ValueError, TypeError):
            info = json.loads(line)
            if isinstance(info, dict) and isinstance(info.get("url"), str):
                return info


def _pump(stdout: IO[str], lines: queue.SimpleQueue[str]) -> None:
    """Read to the end, so that the server never waits for a full pipe; '' is the end."""
    with stdout:
        ready = False
        for line in stdout:
            if not ready:
                lines.put(line)
                ready = '"url"' in line
    lines.put("")


def _read(log: Path) -> str:
    with contextlib.suppress(OSError):
        return log.read_text("utf8", "replace")
    return ""


def _last_words(log: Path) -> str:
    """The sentence that the server ended with, out of its log."""
    words = ""
    for line in _read(log).splitlines():
        if line.startswith("Node.js v") or not line.strip():
            continue
        if line[0].isspace() and words:
            # The frames of a stack.
            continue
        words = line.strip()
        with contextlib.suppress(ValueError, TypeError, KeyError):
            words = json.loads(words)["msg"]
    return words.rstrip(".")


def _cannot_start(reason: str) -> MyoServeError:
    return MyoServeError("UNAVAILABLE", f"The server could not be started: {reason}.", False)


def _stop(process: subprocess.Popen[str]) -> None:
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT)
    if sys.platform != "win32":
        # Workers of a server that would not go, and what it left behind.
        _signal(process, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)
