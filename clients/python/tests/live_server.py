"""A real server for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import myoserve
from myoserve import _launch


def reason_to_skip() -> str | None:
    """Why no server can be started here."""
    try:
        command = _launch._command()
    except myoserve.MyoServeError as failure:
        return failure.message
    if Path(command[0]).stem == "npx":
        return "no checkout around this package and no MYOSERVE_SERVER_DIR"
    checkout = Path(command[1]).parents[1]
    if not (checkout / "dist" / "server" / "cli" / "main.js").is_file():
        return f"{checkout} is not built; run `npx tsc -b` there"
    return None


@contextmanager
def live_server(home: Path) -> Iterator[myoserve.Server]:
    """A server whose state is the test's own; skips with a reason where none can be started."""
    reason = reason_to_skip()
    if reason is not None:
        pytest.skip(reason)
    with myoserve.launch(environ={"MYOSERVE_HOME": str(home)}) as server:
        yield server
