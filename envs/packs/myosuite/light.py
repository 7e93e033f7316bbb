"""The variant of a flat model that the physics engine loads: what only a renderer needs is left out.

Mesh geoms that can never touch anything, and the meshes, textures, materials, cameras and lights behind them, go.
Everything else keeps its order, so that only geom ids differ from the full model.
"""

# ruff: noqa: I001  (the modules beside this file are first-party only to a linter started here)
from __future__ import annotations

import copy
import pathlib
import re
import xml.etree.ElementTree as ET
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np  # type: ignore[import-not-found,unused-ignore]

from flatten import fields
from mjcf import (
    FlattenError,
    bodies,
    children,
    elements,
    numbers,
    section,
    text_of,
)

# Visual meshes whose place a task reads by name (soccer: toes): a point-sized sphere takes their place.
READ_BY_NAME = frozenset({"bofoot_r", "bofoot_l", "r_bofoot", "l_bofoot"})
MARKER_RADIUS = 0.001  # m, of that sphere

# Fields that may differ between the variants: geoms, their trees and what a body takes from them for the broad phase,
# meshes, cameras, sizes of buffers, and dof_length (read by MuJoCo's sleeping only, which is off).
MAY_DIFFER = re.compile(
    r"^(geom_|mesh_|bvh_|tex_|mat_|light_|cam_|name|paths|narena|nbuffer|npaths|nnames|ngeom|nmesh|nbvh|ntex|nmat"
    r"|nlight|ncam|npolygonmax|signature|dof_length|body_(geom(adr|num)|bvh(adr|num)|contype|conaffinity|margin)|nmeshvert|hfield_pathadr|nuser_geom"
    r"|(site|tendon|skin)_matid|stat\.(extent|center|meansize)|wrap_objid|pair_(geom1|geom2)|nwrapmesh)"
)


def collides(model: Any, geom: int) -> bool:
    """Whether any other geom passes MuJoCo's filters with this one: bit masks, welds, parent-child, listed pairs."""
    if geom in model.pair_geom1 or geom in model.pair_geom2:
        return True
    masks = (model.geom_contype[geom] & model.geom_conaffinity) | (model.geom_contype & model.geom_conaffinity[geom])
    weld = model.body_weldid[model.geom_bodyid]
    parent = model.body_weldid[model.body_parentid[weld]]
    own, own_parent = weld[geom], parent[geom]
    family = (weld == own) | ((weld != 0) & (own != 0) & ((parent == own) | (weld == own_parent)))
    return bool(np.any((masks != 0) & ~family))


def droppable(model: Any, geom: int) -> bool:
    is_mesh = model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH
    return bool(is_mesh) and not collides(model, geom)


def lighten(full: ET.Element, model: Any, path: pathlib.Path) -> tuple[list[str], int]:
    """Writes the light text; returns the assets it still names and its number of geoms."""
    root = copy.deepcopy(full)
    dropped = {id(geom) for i, geom in enumerate(elements(root, "geom")) if droppable(model, i)}
    used = referenced(root)
    index = {id(geom): i for i, geom in enumerate(elements(root, "geom"))}
    for parent in list(root.iter()):
        for child in list(parent):
            if id(child) in dropped:
                name = child.get("name", "")
                if name in READ_BY_NAME:
                    parent[list(parent).index(child)] = marker(name, model, index[id(child)])
                elif name not in used or not name:
                    parent.remove(child)
            elif child.tag in ("camera", "light") and parent.tag in ("worldbody", "body", "frame"):
                parent.remove(child)
    drop_assets(root)
    text = text_of(root)
    path.write_bytes(text.encode())
    light = mujoco.MjModel.from_xml_path(str(path))
    check(model, light)
    files = sorted({pathlib.PurePosixPath(e.get("file", "")).name for e in section(root, "asset")} - {""})
    return files, int(light.ngeom)


def referenced(root: ET.Element) -> set[str]:
    """Geom names that anything but a geom mentions."""
    names: set[str] = set()
    for element in root.iter():
        if element.tag != "geom":
            names.update(element.get(key, "") for key in ("geom", "geom1", "geom2", "sidegeom"))
            if element.get("objtype") == "geom":
                names.add(element.get("objname", ""))
            if element.get("reftype") == "geom":
                names.add(element.get("refname", ""))
    return names


def marker(name: str, model: Any, geom: int) -> ET.Element:
    attributes = {
        "name": name,
        "type": "sphere",
        "size": repr(MARKER_RADIUS),
        "contype": "0",
        "conaffinity": "0",
        "mass": "0",
        "pos": numbers(model.geom_pos[geom]),
        "quat": numbers(model.geom_quat[geom]),
    }
    return ET.Element("geom", attributes)


def drop_assets(root: ET.Element) -> None:
    assets = section(root, "asset")
    meshes = {geom.get("mesh") for body in bodies(root) for geom in children(body) if geom.tag == "geom"}
    for asset in list(assets):
        if asset.tag in ("texture", "material") or (asset.tag == "mesh" and asset.get("name") not in meshes):
            assets.remove(asset)
    for tag in ("visual", "deformable"):
        for element in root.findall(tag):
            root.remove(element)
    for default in root.iter("default"):
        for child in list(default):
            if child.tag in ("material", "texture", "camera", "light"):
                default.remove(child)
    for element in root.iter():
        if element.tag != "asset":
            element.attrib.pop("material", None)


def check(full: Any, light: Any) -> None:
    """Every physical field is the same to the last bit, apart from ids of geoms."""
    other = dict(fields(light))
    wrong = [
        name
        for name, value in fields(full)
        if not MAY_DIFFER.match(name) and not np.array_equal(np.asarray(value), np.asarray(other[name]))
    ]
    kept = [i for i in range(full.ngeom) if keeps(full, light, i)]
    if wrong or len(kept) != light.ngeom:
        raise FlattenError(f"the light variant differs from the full one in {wrong or 'its number of geoms'}")


def keeps(full: Any, light: Any, geom: int) -> bool:
    name = mujoco.mj_id2name(full, mujoco.mjtObj.mjOBJ_GEOM, geom)
    if name:
        return bool(mujoco.mj_name2id(light, mujoco.mjtObj.mjOBJ_GEOM, name) >= 0)
    return not droppable(full, geom)
