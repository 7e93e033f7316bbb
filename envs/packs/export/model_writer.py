"""The flat text of a live model: out of the file it was read from, else as MuJoCo writes its spec."""

# ruff: noqa: I001  (the modules of ../myosuite are first-party only to a linter started there)
from __future__ import annotations

import contextlib
import pathlib
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "myosuite"))

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: E402
import numpy as np  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

from flatten import TOLERANCE, check_order, differences, fields, flatten, repair  # noqa: E402
from mjcf import Assets, FlattenError, numbers, set_xml_precision, text_of  # noqa: E402

from inline import Inliner  # noqa: E402
from live import Origin  # noqa: E402

MEGABYTE = 1 << 20
# Rounds of writing out what a constructor has edited.
ROUNDS = 3


@dataclass
class Written:
    """A model as it was written."""

    # Names of the stored assets.
    assets: list[str]
    # Compiled from the flat text.
    model: Any
    # The author's own text, not MuJoCo's.
    as_file: bool


@dataclass
class ModelWriter:
    """Writes one model and proves that its text compiles to it."""

    # The model to reach.
    live: Any
    origin: Origin
    # Folders that are searched for files that a spec names without their folder.
    roots: list[pathlib.Path]
    # Folder of the models of the pack.
    models: pathlib.Path
    # Bytes of arena a row, whole megabytes.
    arena: int
    warn: Callable[[str], None]

    def write(self, name: str) -> Written:
        """Raises FlattenError naming the fields in which the text's model differs."""
        (self.models / "assets").mkdir(parents=True, exist_ok=True)
        target = self.models / f"{name}.xml"
        with tempfile.TemporaryDirectory(prefix="myoserve-") as scratch:
            path = source_file(self.origin, pathlib.Path(scratch))
            if path is None:
                return self.from_spec(str(self.origin.spec_text), target)
            try:
                return self.from_file(path, target)
            except FlattenError as error:
                if not hasattr(mujoco, "MjSpec"):
                    raise
                self.warn(f"{path.name} is not flat text by itself ({error}); MuJoCo writes it anew")
            spec = mujoco.MjSpec.from_file(str(path))
            spec.compile()
            return self.from_spec(spec.to_xml(), target)

    def from_file(self, path: pathlib.Path, target: pathlib.Path) -> Written:
        """Includes in place, everything else as its author wrote it."""
        inliner = Inliner(path)
        root = inliner.read()
        names = inliner.store_assets(root, Assets([], self.models / "assets"))
        return Written(names, self.settle(root, target), True)

    def from_spec(self, text: str, target: pathlib.Path) -> Written:
        """Text that MuJoCo wrote, with what that loses written out."""
        root, names, _ = flatten(text, self.live, Assets(self.roots, self.models / "assets"), target, {})
        return Written(list(names), self.settle(root, target), False)

    def settle(self, root: ET.Element, target: pathlib.Path) -> Any:
        """Writes the text until it compiles to the live model, stating what a constructor has edited."""
        set_memory(root, self.arena)
        wrong: dict[str, float] = {}
        for _ in range(ROUNDS):
            target.write_bytes(text_of(root).encode())
            again = mujoco.MjModel.from_xml_path(str(target))
            wrong = differing(self.live, again)
            if not wrong:
                return again
            if self.state_edits(root, again) == 0:
                break
        names = ", ".join(f"{name} by {value:.2g}" for name, value in wrong.items())
        raise FlattenError(f"its text compiles to another model: {names}")

    def state_edits(self, root: ET.Element, again: Any) -> int:
        """Attributes that differ, written out; returns how many."""
        with contextlib.suppress(FlattenError):
            check_order(root, self.live)
            return int(repair(root, self.live, again)) + restate_welds(root, self.live, again)
        return 0


def source_file(origin: Origin, scratch: pathlib.Path) -> pathlib.Path | None:
    """The file of a model; one that was text with files in memory is laid out in the scratch folder."""
    if origin.path is not None or origin.text is None:
        return origin.path
    for file, content in origin.files.items():
        place = scratch / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    main = scratch / "main.xml"
    main.write_text(origin.text, encoding="utf-8")
    return main


def set_memory(root: ET.Element, arena: int) -> None:
    """One <size memory>; njmax and nconmax reserve gigabytes a row."""
    sizes = list(root.iter("size"))
    if not sizes:
        sizes = [ET.Element("size")]
        root.insert(0, sizes[0])
    for size in sizes:
        for key in ("njmax", "nconmax", "nstack", "memory"):
            size.attrib.pop(key, None)
    sizes[0].set("memory", f"{arena // MEGABYTE}M")


def differing(live: Any, again: Any) -> dict[str, float]:
    """Physical fields that differ by more than the tolerance; NaN equals NaN, as in normals of meshes."""
    far = {name: value for name, value in differences(live, again).items() if not value < TOLERANCE}
    mine, other = dict(fields(live)), dict(fields(again))
    return {name: value for name, value in far.items() if not np.array_equal(mine[name], other[name], equal_nan=True)}


def restate_welds(root: ET.Element, live: Any, again: Any) -> int:
    """Relative poses of welds that a constructor has set; returns how many."""
    elements = [element for section in root.iter("equality") for element in section]
    written = 0
    for index, element in enumerate(elements if len(elements) == live.neq else []):
        pose = live.eq_data[index][3:10]
        if element.tag == "weld" and not np.array_equal(pose, again.eq_data[index][3:10]):
            element.set("relpose", numbers(pose))
            written += 1
    return written


def widen_precision() -> None:
    """17 digits in what MuJoCo writes, where its version can; elsewhere the comparison decides."""
    with contextlib.suppress(FlattenError):
        set_xml_precision(17)
