"""The two files of a policy: `policy.json` says what `policy.bin` holds."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import MyoServeError

FORMAT = "myoserve-policy"
VERSION = 1
JSON_NAME = "policy.json"
BIN_NAME = "policy.bin"
F4 = np.dtype("<f4")
Floats: TypeAlias = npt.NDArray[np.float32]


def write_policy(folder: Path, meta: Mapping[str, Any], arrays: Mapping[str, Floats]) -> None:
    """Arrays one after the other, row-major little-endian f32; the JSON comes last and vouches for them."""
    folder.mkdir(parents=True, exist_ok=True)
    data = b"".join(np.ascontiguousarray(array, F4).tobytes() for array in arrays.values())
    places, offset = [], 0
    for name, array in arrays.items():
        places.append({"name": name, "shape": list(array.shape), "offset": offset})
        offset += array.size * F4.itemsize
    description = {
        "format": FORMAT,
        "version": VERSION,
        "meta": dict(meta),
        "data": {"file": BIN_NAME, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()},
        "arrays": places,
    }
    (folder / BIN_NAME).write_bytes(data)
    (folder / JSON_NAME).write_text(json.dumps(description, indent=2) + "\n", "utf-8")


def read_policy(folder: Path) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Meta and arrays of a policy folder."""
    try:
        head = json.loads((folder / JSON_NAME).read_text("utf-8"))
        data = (folder / BIN_NAME).read_bytes()
    except FileNotFoundError as error:
        raise MyoServeError(
            "NOT_FOUND", f"There is no {error.filename}; name a folder that holds {JSON_NAME} and {BIN_NAME}."
        ) from error
    except ValueError as error:
        raise _damaged(folder, f"{JSON_NAME} is no JSON") from error
    if not isinstance(head, dict) or (head.get("format"), head.get("version")) != (FORMAT, VERSION):
        raise _damaged(folder, f"{JSON_NAME} is not of format {FORMAT} {VERSION}")
    try:
        if hashlib.sha256(data).hexdigest() != head["data"]["sha256"]:
            raise _damaged(folder, f"{BIN_NAME} is not the file that {JSON_NAME} describes")
        return dict(head["meta"]), {place["name"]: _array(data, place) for place in head["arrays"]}
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, f"{JSON_NAME} lacks what a policy needs ({error})") from error


def _array(data: bytes, place: Mapping[str, Any]) -> Floats:
    shape = tuple(int(size) for size in place["shape"])
    flat: Floats = np.frombuffer(data, F4, count=math.prod(shape), offset=int(place["offset"]))
    return np.array(flat.reshape(shape))


def _damaged(folder: Path, reason: str) -> MyoServeError:
    return MyoServeError("BAD_OPTIONS", f"The policy in {folder} cannot be read: {reason}; export it anew.")
