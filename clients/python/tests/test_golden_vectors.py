"""The frames of protocol/golden, which the TypeScript tests read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from myoserve._messages import (
    ERROR_CODES,
    RETRYABLE_CODES,
    EnvStepOk,
    ErrorReply,
    NdArray,
    Request,
    ServerMessage,
)


def _golden_folder() -> Path | None:
    for parent in Path(__file__).resolve().parents:
        folder = parent / "protocol" / "golden"
        if folder.is_dir():
            return folder
    return None


def _load(name: str) -> list[dict[str, Any]]:
    folder = _golden_folder()
    if folder is None:
        pytest.skip(
            "protocol/golden is part of the repository, not of the package",
            allow_module_level=True,
        )
    vectors: list[dict[str, Any]] = json.loads((folder / name).read_text("utf-8"))
    return vectors


VALID = _load("valid.json")
INVALID = _load("invalid.json")


def _type_of(vector: dict[str, Any]) -> object:
    return Request if vector["kind"] == "request" else ServerMessage


def _without_none(value: object) -> object:
    """Leave out members that are None: absent in what we send, nil in some vectors."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if item is not None}
        return {key: _without_none(item) for key, item in kept.items()}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["name"])
def test_valid_frame_survives_a_round_trip(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    message = msgspec.msgpack.decode(frame, type=_type_of(vector))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(message))
    plain = msgspec.msgpack.decode(frame)
    assert _without_none(again) == _without_none(plain)


def _normal(value: object, name: str = "") -> object:
    """Make the two forms equal: bytes as base64, wide integers as numbers."""
    if isinstance(value, dict):
        return {key: _normal(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, bytes):
        return msgspec.to_builtins(value)
    return int(str(value)) if name == "now_ns" else value


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["name"])
def test_valid_frame_equals_its_json_twin(vector: dict[str, Any]) -> None:
    message = msgspec.msgpack.decode(bytes.fromhex(vector["hex"]))
    assert _normal(message) == _normal(vector["json"])


@pytest.mark.parametrize(
    "vector",
    [vector for vector in INVALID if vector["typed"]],
    ids=lambda vector: vector["name"],
)
def test_invalid_frame_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.msgpack.decode(bytes.fromhex(vector["hex"]), type=Request)


def test_every_error_code_has_a_frame() -> None:
    errors = [
        msgspec.msgpack.decode(bytes.fromhex(vector["hex"]), type=ErrorReply)
        for vector in VALID
        if vector["kind"] == "error"
    ]
    assert {error.code for error in errors} == ERROR_CODES
    assert {error.code for error in errors if error.retryable} == RETRYABLE_CODES


def test_array_data_is_a_view_of_the_frame() -> None:
    vector = next(v for v in VALID if v["name"] == "step reply of two rows")
    message = msgspec.msgpack.decode(bytes.fromhex(vector["hex"]), type=EnvStepOk)
    assert isinstance(message.obs, NdArray)
    assert isinstance(message.obs.data, memoryview)
    assert message.obs.data.nbytes == 24
