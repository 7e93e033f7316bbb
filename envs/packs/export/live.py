"""How a Python process came to its MuJoCo models: calls of the compiler are watched."""

from __future__ import annotations

import copy
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]

SIZES = ("nq", "nv", "nu", "na", "nbody", "njnt", "ngeom", "nsite", "ntendon")
# Where environments keep their model, tried in this order; then any attribute.
PLACES = ("model", "_model", "sim.model", "mj_model", "physics.model.ptr", "_env.physics.model.ptr")


@dataclass
class Origin:
    """What one model was compiled from, and a copy from before anybody could edit it."""

    model: Any
    untouched: Any
    path: pathlib.Path | None = None
    # Text with the files it may name, where there is no file of its own.
    text: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    # Text that an edited spec has written.
    spec_text: str | None = None


class Watch:
    """Keeps the origin of every model that is compiled after it was made."""

    def __init__(self) -> None:
        self.origins: list[Origin] = []
        model, spec = mujoco.MjModel, getattr(mujoco, "MjSpec", None)
        from_path, from_string = model.from_xml_path, model.from_xml_string

        def watched_path(filename: str, *args: Any, **kwargs: Any) -> Any:
            made = from_path(filename, *args, **kwargs)
            self.add(made, path=pathlib.Path(filename).absolute())
            return made

        def watched_string(xml: str, assets: Mapping[str, bytes] | None = None, *args: Any) -> Any:
            made = from_string(xml, assets, *args)
            self.add(made, text=xml, files=assets or {})
            return made

        model.from_xml_path, model.from_xml_string = watched_path, watched_string
        if spec is None:
            return
        compile_spec = spec.compile

        def watched_compile(given: Any, *args: Any) -> Any:
            made = compile_spec(given, *args)
            self.add(made, spec_text=given.to_xml())
            return made

        spec.compile = watched_compile

    def add(self, model: Any, **origin: Any) -> None:
        self.origins.append(Origin(model, copy.copy(model), **origin))

    def origin_of(self, model: Any) -> Origin | None:
        """By identity, else the last one of the same sizes."""
        for origin in reversed(self.origins):
            if origin.model is model:
                return origin
        for origin in reversed(self.origins):
            if all(getattr(origin.model, size) == getattr(model, size) for size in SIZES):
                return origin
        return None


def at_place(holder: Any, place: str) -> Any:
    for name in place.split("."):
        holder = getattr(holder, name, None)
    return holder


def model_of(env: Any) -> Any:
    """The MjModel of an environment, or None."""
    bare = env.unwrapped
    candidates = [at_place(bare, place) for place in PLACES]
    candidates += list(getattr(bare, "__dict__", {}).values())
    nested = [list(getattr(value, "__dict__", {}).values()) for value in candidates if value is not None]
    for value in [*candidates, *(inner for values in nested for inner in values)]:
        if isinstance(value, mujoco.MjModel):
            return value
    return None
