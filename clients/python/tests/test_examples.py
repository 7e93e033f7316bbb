"""Examples: flows of MyoSuite's tutorials, which print what MyoSuite 3.0.0 prints, a learner's loop, a notebook.

`myosuite_prints` holds the output of the same scripts under MyoSuite, their import line changed back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import myoserve

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TUTORIALS = [path for path in sorted(EXAMPLES.glob("*.py")) if "MyoSuite's tutorial" in path.read_text("utf-8")]
PRINTS = Path(__file__).resolve().parent / "myosuite_prints"
LINE = "from myoserve import make_env"
NEEDED = {"myoElbowPose1D6MRandom-v0", "myoHandPoseRandom-v0"}


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_one_line_tells_it_from_myosuites(path: Path) -> None:
    source = path.read_text("utf-8")
    code = source.split('"""', 2)[2]
    assert [line for line in code.splitlines() if "myoserve" in line.lower()] == [LINE]


@pytest.mark.parametrize("path", sorted(PRINTS.glob("*.txt")), ids=lambda path: path.stem)
def test_prints_what_myosuite_prints(
    server: myoserve.Server, installed: frozenset[str], tmp_path: Path, path: Path
) -> None:
    if not installed >= NEEDED:
        pytest.skip("its model pack is not installed: npx myoserve models pull myosuite")
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{path.stem}.py")],
        cwd=tmp_path,
        env={**os.environ, "MYOSERVE_URL": server.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == path.read_text("utf-8")


def run(code: list[str], server: myoserve.Server, folder: Path) -> str:
    """What a script prints."""
    environ = {**os.environ, "MYOSERVE_URL": server.url, "MPLBACKEND": "agg"}
    result = subprocess.run(
        [sys.executable, *code], cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_loop_with_a_pendulum(server: myoserve.Server, tmp_path: Path) -> None:
    lines = run([str(EXAMPLES / "drive_pendulum.py"), "1000"], server, tmp_path).splitlines()
    assert [line.split(",")[0] for line in lines] == [f"{n} steps" for n in range(200, 1001, 200)] + [
        "played 5 episodes"
    ]


def test_the_notebook(server: myoserve.Server, tmp_path: Path) -> None:
    cells = json.loads((EXAMPLES / "train.ipynb").read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    printed = run(["-c", "\n".join(code)], server, tmp_path)
    assert "arm26-reach-v0" in printed
    assert "solved" in printed


def test_make_env(server: myoserve.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYOSERVE_URL", server.url)
    for name in ("arm26-reach-v0", "myoserve/arm26-reach-v0"):
        env = myoserve.make_env(name, backend="cpu")
        assert {"obs_dict", "rwd_dict"} <= set(env.reset(seed=0)[1])
        env.close()
    plain = myoserve.make_env("arm26-reach-v0", info_dicts=False)
    assert "obs_dict" not in plain.reset(seed=0)[1]
    plain.close()
    with pytest.raises(myoserve.MyoServeError, match="make_vec"):
        myoserve.make_env("arm26-reach-v0", backend="mjlab")
