"""Servers of one's own: found, waited for, and never left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import myoserve
from myoserve._launch import _command

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
posix = pytest.mark.skipif(sys.platform == "win32", reason="looks at POSIX processes")

READY = """
import { spawn } from "node:child_process";
const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
console.log("a line of npm's own");
console.log(JSON.stringify({ url: "ws://127.0.0.1:1", child: child.pid, argv: process.argv.slice(2),
  engine: process.env.ENGINE ?? null }));
console.log("x".repeat(1 << 20));
process.on("SIGTERM", () => {});
setInterval(() => {}, 1000);
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "server").mkdir()
    (tmp_path / "package.json").write_text('{"name": "myoserve"}')
    monkeypatch.setenv("MYOSERVE_SERVER_DIR", str(tmp_path))
    monkeypatch.setattr("myoserve._launch.STOP_TIMEOUT", 0.3)
    return tmp_path


def write(checkout: Path, script: str) -> None:
    (checkout / "server" / "bin.mjs").write_text(script)


def alive(pid: int) -> bool:
    """Whether a process runs, not counting one that only waits to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@needs_node
@posix
def test_server_starts_with_its_options_and_takes_its_children_along(checkout: Path) -> None:
    write(checkout, READY)
    with myoserve.launch(engine="wasm", workers=2, environ={"ENGINE": "e"}) as server:
        assert server.url == "ws://127.0.0.1:1"
        assert server.info["argv"][:4] == ["serve", "--json", "--port", "0"]
        assert server.info["argv"][4:] == ["--engine", "wasm", "--workers", "2"]
        assert server.info["engine"] == "e"
        child = server.info["child"]
        assert alive(child)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and alive(child):
        time.sleep(0.02)
    assert not alive(child)
    assert not alive(server.pid)
    server.close()


@needs_node
@posix
def test_server_ends_with_the_interpreter(checkout: Path) -> None:
    write(checkout, READY)
    script = "import myoserve; print(myoserve.launch().pid)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert not alive(int(result.stdout))


@needs_node
def test_failed_start_gives_the_servers_own_sentence(checkout: Path) -> None:
    write(checkout, 'console.error("Port 6960 is taken; pass --port."); process.exit(1);')
    with pytest.raises(myoserve.MyoServeError, match=r"Port 6960 is taken; pass --port"):
        myoserve.launch()


@needs_node
@posix
def test_server_that_never_gets_ready_is_stopped(checkout: Path) -> None:
    write(
        checkout,
        'import { writeFileSync } from "node:fs";'
        f'writeFileSync("{checkout}/pid", String(process.pid)); setInterval(() => {{}}, 1000);',
    )
    with pytest.raises(myoserve.MyoServeError, match=r"not ready within 1\.5 s"):
        myoserve.launch(timeout=1.5)
    assert not alive(int((checkout / "pid").read_text()))


def test_folder_without_a_server_is_named(checkout: Path) -> None:
    with pytest.raises(myoserve.MyoServeError, match=r"server/bin\.mjs"):
        myoserve.launch()


def test_checkout_then_npx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MYOSERVE_SERVER_DIR", raising=False)
    monkeypatch.setattr("myoserve._launch._program", lambda name: name)
    place = tmp_path / "checkout" / ".venv" / "lib" / "myoserve" / "_launch.py"
    monkeypatch.setattr("myoserve._launch.__file__", os.fspath(place))
    assert _command() == ["npx", "--yes", "myoserve"]
    (tmp_path / "checkout" / "server").mkdir(parents=True)
    (tmp_path / "checkout" / "server" / "bin.mjs").touch()
    (tmp_path / "checkout" / "package.json").write_text('{"name": "myoserve"}')
    script = (tmp_path / "checkout").resolve() / "server" / "bin.mjs"
    assert _command() == ["node", str(script)]
