"""One MJCF element out of a file, its includes and the places of its assets; attribute texts stay as they are."""

from __future__ import annotations

import pathlib
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "myosuite"))

from mjcf import TEXTURE_FILES, Assets, FlattenError  # noqa: E402  (the folder must be on the path first)

# Folder attribute of <compiler> by element.
FOLDERS = {"mesh": "meshdir", "skin": "meshdir", "hfield": "meshdir", "flexcomp": "meshdir", "texture": "texturedir"}
FOLDER_ATTRIBUTES = ("meshdir", "texturedir", "assetdir", "strippath")
# Elements whose name defaults to the stem of their file.
NAMED_BY_FILE = ("mesh", "skin", "hfield", "texture")


class Inliner:
    """Reads the model of one folder."""

    def __init__(self, main: pathlib.Path) -> None:
        self.main = main
        self.folders = [main.parent]
        self.included: set[pathlib.Path] = {main.resolve()}

    def read(self) -> ET.Element:
        root = ET.parse(self.main).getroot()
        self.expand(root, self.main.parent)
        return root

    def expand(self, element: ET.Element, folder: pathlib.Path) -> None:
        """Puts the children of an included file in the place of its <include>."""
        for child in list(element):
            if child.tag != "include":
                self.expand(child, folder)
                continue
            path = self.find(child.get("file", ""), [self.main.parent, folder])
            if path.resolve() in self.included:
                raise FlattenError(f"{path.name} is included twice")
            self.included.add(path.resolve())
            self.folders.append(path.parent)
            other = ET.parse(path).getroot()
            self.expand(other, path.parent)
            at = list(element).index(child)
            element[at : at + 1] = list(other)

    def find(self, file: str, folders: list[pathlib.Path]) -> pathlib.Path:
        for folder in folders:
            path = folder / file.replace("\\", "/")
            if path.is_file():
                return path
        raise FlattenError(f"the file {file} is not where the model says")

    def store_assets(self, root: ET.Element, assets: Assets) -> list[str]:
        """Copies what the model loads; returns the names of the copies."""
        compiler: dict[str, str] = {}
        for element in root.iter("compiler"):
            compiler.update(element.attrib)
        names: set[str] = set()
        for element in root.iter():
            if element.get("file") is not None and element.tag not in FOLDERS:
                raise FlattenError(f"<{element.tag}> loads the file {element.get('file')}")
            if element.tag not in FOLDERS:
                continue
            for key in TEXTURE_FILES:
                file = element.get(key)
                if file:
                    stored = assets.store(str(self.place(file, element.tag, compiler)))
                    names.add(stored)
                    if key == "file" and element.tag in NAMED_BY_FILE and element.get("name") is None:
                        element.set("name", pathlib.PurePosixPath(file.replace("\\", "/")).stem)
                    element.set(key, f"assets/{stored}")
        for element in root.iter("compiler"):
            for key in FOLDER_ATTRIBUTES:
                element.attrib.pop(key, None)
        return sorted(names)

    def place(self, file: str, tag: str, compiler: dict[str, str]) -> pathlib.Path:
        base = compiler.get(FOLDERS[tag], compiler.get("assetdir", ""))
        if compiler.get("strippath") == "true":
            file = pathlib.PurePosixPath(file.replace("\\", "/")).name
        stem = pathlib.PurePosixPath(file).name
        folders = [folder / base for folder in self.folders] + self.folders
        try:
            return self.find(file, folders)
        except FlattenError:
            return self.find(stem, folders)
