"""Reading and writing of MJCF text: numbers, element order, default classes, assets."""

from __future__ import annotations

import ctypes
import hashlib
import os
import pathlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np  # type: ignore[import-not-found,unused-ignore]

# One MjData of every MyoSuite model needs at most 0.31 MB of arena (measured over 200 control steps).
ARENA = "1M"

# Attributes that hold names: their text is never reformatted as numbers.
NAME_ATTRIBUTES = frozenset(
    [
        "name",
        "class",
        "childclass",
        "mesh",
        "material",
        "texture",
        "site",
        "body",
        "body1",
        "body2",
        "geom",
        "geom1",
        "geom2",
        "joint",
        "joint1",
        "joint2",
        "tendon",
        "tendon1",
        "tendon2",
        "actuator",
        "objname",
        "refname",
        "objtype",
        "reftype",
        "file",
        "target",
        "sidesite",
        "hfield",
        "refsite",
        "key",
        "model",
        "fileup",
        "filedown",
        "fileleft",
        "fileright",
        "filefront",
        "fileback",
    ]
)
TEXTURE_FILES = ("file", "fileright", "fileleft", "fileup", "filedown", "filefront", "fileback")


class FlattenError(Exception):
    """The flat text does not compile to the live model."""


def set_xml_precision(digits: int) -> None:
    """Digits that `MjSpec.to_xml` writes; the setter is exported by libmujoco but not bound in Python."""
    folder = pathlib.Path(mujoco.__file__).parent
    for library in sorted(p for p in folder.iterdir() if re.search(r"mujoco.*\.(so|dylib|dll)(\.|$)", p.name)):
        setter = getattr(ctypes.CDLL(str(library)), "_mjPRIVATE__set_xml_precision", None)
        if setter is not None:
            setter(ctypes.c_int(digits))
            return
    raise FlattenError("libmujoco does not export its XML precision setter; use mujoco 3.14.0")


def number(value: float) -> str:
    """Shortest text that reads back as the same double."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def numbers(values: Any) -> str:
    return " ".join(number(v) for v in np.asarray(values, dtype=float).ravel())


def bodies(root: ET.Element) -> list[ET.Element]:
    """<worldbody> and every <body>, in the order of body ids; frames are transparent."""
    found: list[ET.Element] = []

    def visit(body: ET.Element) -> None:
        found.append(body)
        for child in children(body):
            if child.tag == "body":
                visit(child)

    visit(section(root, "worldbody"))
    return found


def section(root: ET.Element, tag: str) -> ET.Element:
    element = root.find(tag)
    return ET.SubElement(root, tag) if element is None else element


def children(body: ET.Element) -> Iterator[ET.Element]:
    for child in body:
        if child.tag == "frame":
            yield from children(child)
        else:
            yield child


def elements(root: ET.Element, kind: str) -> list[ET.Element]:
    """Elements of a kind in the order of their ids."""
    if kind in ("tendon", "actuator"):
        return list(section(root, kind))
    tags = ("joint", "freejoint") if kind == "joint" else (kind,)
    return [child for body in bodies(root) for child in children(body) if child.tag in tags]


def parse(text: str) -> ET.Element:
    """Raw to_xml text with numbers in shortest form and default classes that can be read again."""
    root = ET.fromstring(text)
    for element in root.iter():
        for key, value in element.attrib.items():
            if key not in NAME_ATTRIBUTES:
                element.set(key, shortest(value))
    for hfield in root.iter("hfield"):
        if not any(token != "0" for token in hfield.get("elevation", "").split()):
            hfield.attrib.pop("elevation", None)
    name_defaults(root)
    return root


def shortest(value: str) -> str:
    tokens = value.split()
    try:
        return " ".join(number(float(token)) for token in tokens)
    except (ValueError, OverflowError):
        return value


def name_defaults(root: ET.Element) -> None:
    """Gives nested unnamed classes a name and drops second classes of a name: what they held is repaired later."""
    taken: set[str] = set()
    top = root.find("default")

    def visit(element: ET.Element) -> None:
        for child in list(element):
            if child.tag != "default":
                continue
            name = child.get("class") or f"unnamed_{len(taken)}"
            if name in taken:
                name = f"{name}_{len(taken)}"
            taken.add(name)
            child.set("class", name)
            visit(child)

    if top is not None:
        visit(top)


class Assets:
    """Content-addressed copies of meshes, textures and height fields in one folder."""

    def __init__(self, roots: list[pathlib.Path], out: pathlib.Path) -> None:
        self.out = out
        self.by_name: dict[str, list[pathlib.Path]] = {}
        self.digests: dict[pathlib.Path, str] = {}
        for root in roots:
            for path in sorted(root.rglob("*")):
                if path.suffix.lower() in (".stl", ".obj", ".msh", ".png", ".bin"):
                    self.by_name.setdefault(path.name, []).append(path)

    def store(self, file: str) -> str:
        """Name of the stored copy of a file that a spec names, absolute or relative to a lost folder."""
        given = pathlib.PurePosixPath(file.replace("\\", "/"))
        candidates = [pathlib.Path(file)] if pathlib.Path(file).is_file() else self.by_name.get(given.name, [])
        digests = {self.digest(path): path for path in candidates}
        if len(digests) != 1:
            raise FlattenError(f"asset {given.name}: {len(digests)} different files of that name in the packages")
        digest, path = next(iter(digests.items()))
        name = f"{given.stem}_{digest[:8]}{given.suffix.lower()}"
        target = self.out / name
        if not target.exists():
            part = target.with_name(f"{name}.{os.getpid()}")
            part.write_bytes(path.read_bytes())
            part.replace(target)
        return name

    def digest(self, path: pathlib.Path) -> str:
        if path not in self.digests:
            self.digests[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.digests[path]


def store_assets(root: ET.Element, assets: Assets) -> list[str]:
    names: set[str] = set()
    for element in section(root, "asset"):
        for key in TEXTURE_FILES:
            file = element.get(key)
            if file:
                stored = assets.store(file)
                names.add(stored)
                element.set(key, f"assets/{stored}")
    return sorted(names)


def write_head(root: ET.Element) -> None:
    """Own <compiler> and <size>: no folders of this machine, no legacy njmax and nconmax (1.3 GB an MjData)."""
    compiler = section(root, "compiler")
    for key in ("meshdir", "texturedir", "assetdir"):
        compiler.attrib.pop(key, None)
    size = root.find("size")
    if size is None:
        size = ET.Element("size")
        root.insert(1, size)
    for key in ("njmax", "nconmax", "nstack"):
        size.attrib.pop(key, None)
    size.set("memory", ARENA)


def text_of(root: ET.Element) -> str:
    for element in root.iter():
        element.text = None
        element.tail = None
    ET.indent(root, "  ")
    return ET.tostring(root, encoding="unicode") + "\n"
