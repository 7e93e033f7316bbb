"""MyoSuite as a child process: one JSON request a line on stdin, one JSON reply a line on stdout.

    python driver.py --pack <folder of the model pack myosuite>

Requests: {"op": "make", "id", "kwargs"} -> shapes and bounds; {"op": "run", "seed", "actions"} -> the recording of the
environment made last. A reply holds either `result` or `error`, one sentence.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pathlib
import sys
import tempfile
import types
import warnings
from typing import Any

os.environ["MUJOCO_GL"] = "disable"  # nothing is drawn, no graphics library is needed
HERE = pathlib.Path(__file__).resolve().parent


def stub_viewer() -> None:
    """MyoSuite imports mujoco's viewer, which wants a window system, and never opens it here."""
    sys.modules["mujoco.viewer"] = types.ModuleType("mujoco.viewer")
    importlib.import_module("mujoco").__dict__["viewer"] = sys.modules["mujoco.viewer"]


class Driver:
    def __init__(self, pack: pathlib.Path) -> None:
        stub_viewer()
        self.gymnasium = importlib.import_module("gymnasium")
        importlib.import_module("myosuite")
        self.recording = importlib.import_module("recording")
        self.models = importlib.import_module("flat_models").FlatModels(pack)
        self.models.install()
        self.env: Any = None

    def hello(self) -> dict[str, Any]:
        names = ("mujoco", "myosuite", "numpy")
        return {"python": sys.version.split()[0], **{name: importlib.import_module(name).__version__ for name in names}}

    def make(self, request: dict[str, Any]) -> dict[str, Any]:
        env_id = request["id"]
        self.models.use(env_id)
        registered = self.gymnasium.spec(env_id).kwargs
        own = self.models.constructor_kwargs(registered)
        if self.env is not None:
            self.env.close()
        self.env = self.recording.make(env_id, {**request["kwargs"], **own})
        return dict(self.recording.describe(self.env, env_id))

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(self.recording.record(self.env, request["seed"], self.recording.unpacked(request["actions"])))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            operation = {"make": self.make, "run": self.run}[request["op"]]
            return {"result": operation(request)}
        except Exception as error:  # the comparison goes on with the next environment
            if os.environ.get("MYOSERVE_TRACE"):
                raise
            return {"error": f"{type(error).__name__}: {error}"[:2000]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=pathlib.Path, required=True)
    args = parser.parse_args()
    sys.path.insert(0, str(HERE))
    # MyoSuite and MuJoCo print: what they say goes to stderr, stdout belongs to the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="myoserve-") as scratch:
        os.environ["TMPDIR"] = os.environ["TEMP"] = os.environ["TMP"] = scratch  # MyoSuite writes patched XML there
        tempfile.tempdir = scratch
        os.chdir(scratch)  # and MuJoCo its log
        driver = Driver(args.pack.resolve())
        print(json.dumps({"result": driver.hello()}), file=replies, flush=True)
        for line in sys.stdin:
            print(json.dumps(driver.answer(json.loads(line))), file=replies, flush=True)
        os.chdir(HERE)


if __name__ == "__main__":
    main()
