"""The examples of README.md, as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import myoserve
import opengl

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"^```python *(.*?)\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
RUNNABLE = [(note, code) for note, code in BLOCKS if note != "no-run"]


def test_examples_are_found() -> None:
    assert len(RUNNABLE) >= 5


@pytest.mark.parametrize(("note", "code"), RUNNABLE, ids=[code.split("\n")[3][:40] for _, code in RUNNABLE])
def test_example(server: myoserve.Server, tmp_path: Path, note: str, code: str) -> None:
    if note == "needs-gl":
        opengl.needs("mujoco", "moviepy")
    environ = {**os.environ, "MYOSERVE_URL": server.url, "MYOSERVE_CACHE": str(tmp_path / "cache")}
    if "launch" in code:
        environ["MYOSERVE_HOME"] = str(tmp_path / "home")
    command = [sys.executable, "-W", "error::DeprecationWarning:myoserve", "-c", code]
    result = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    if note == "needs-gl" and result.returncode and opengl.NO_GL.search(result.stderr.splitlines()[-1]):
        pytest.skip("no OpenGL here")
    assert result.returncode == 0, result.stderr
