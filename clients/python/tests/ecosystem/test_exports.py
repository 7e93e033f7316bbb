"""Files that the server writes, read by the programs they are meant for: onnx, TensorBoard, NumPy."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = Path(os.environ.get("MYOSERVE_SERVER_DIR", Path(__file__).parents[4]))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    subprocess.run(["node", str(ROOT / "dist/test/tooling/write-exports.js"), str(folder)], check=True)
    return folder


def test_onnx_model_is_valid_and_acts_as_the_policy(exports: Path) -> None:
    model = onnx.load(exports / "policy.onnx")
    onnx.checker.check_model(model, full_check=True)
    cases = json.loads((exports / "cases.json").read_text())
    obs = np.array([case["obs"] for case in cases], np.float32)
    (action,) = ReferenceEvaluator(model).run(None, {"obs": obs})
    np.testing.assert_allclose(np.asarray(action), [case["action"] for case in cases], atol=1e-6)
    assert json.loads(model.metadata_props[0].value)["kind"] == "gaussian-mlp"


def test_policy_arrays_are_read_by_numpy(exports: Path) -> None:
    description = json.loads((exports / "policy.json").read_text())
    data = (exports / "policy.bin").read_bytes()
    model = onnx.load(exports / "policy.onnx")
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for entry in description["arrays"]:
        count = math.prod(entry["shape"])
        array = np.frombuffer(data, "<f4", count, entry["offset"]).reshape(entry["shape"])
        expected = tensors[entry["name"]]
        np.testing.assert_array_equal(array[..., : expected.shape[-1]], expected)


def test_tensorboard_shows_a_resumed_run_once(exports: Path) -> None:
    events = EventAccumulator(str(exports))
    events.Reload()
    loss = [(event.step, event.value) for event in events.Scalars("train/loss")]
    assert loss == [(100, pytest.approx(0.1)), (200, pytest.approx(0.2)), (300, 300), (400, 400)]
    assert all(math.isnan(event.value) for event in events.Scalars("test/return"))
    with (exports / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["step"], row["train/loss"]) for row in rows] == [(str(s), format(v, "g")) for s, v in loss]
