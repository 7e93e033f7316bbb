"""Turns a compiled MjSpec into one flat MJCF that compiles to the same model.

`MjSpec.to_xml` loses three things when a spec was composed by attaching others: attributes that came from a child's
unnamed default class, inertials that came from a child's own <compiler>, and the folders of the child's meshes. Here
the text is written, compiled, compared with the live model, and every attribute that differs is written out.
"""

# ruff: noqa: I001  (the modules beside this file are first-party only to a linter started here)
from __future__ import annotations

import pathlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np  # type: ignore[import-not-found,unused-ignore]

from mjcf import (
    Assets,
    FlattenError,
    bodies,
    children,
    elements,
    number,
    numbers,
    parse,
    store_assets,
    text_of,
    write_head,
)

# Largest difference a recompiled model may show in a physical field, relative above 1.
TOLERANCE = 1e-9

# Largest difference, relative to the body's largest inertia, between MuJoCo versions' inertia of a mesh.
INERTIA_TOLERANCE = 2e-2

# Model fields that only a renderer reads, or that say where something was read from.
NOT_PHYSICS = re.compile(
    r"^(tex_|mat_|light_|cam_|skin|mesh_(pathadr|texcoord|normal)|geom_(rgba|matid|dataid|group)"
    r"|site_(rgba|matid|group|size)|tendon_(rgba|matid|group|width)|hfield_pathadr|name|paths"
    r"|narena|njmax|nconmax|nbuffer|nnames|npaths|ntex|nmat|nlight|ncam|nskin|text_|nmeshnormal)"
)

# (model field, MJCF attribute, kind) by element: what is written out where the recompiled model differs.
Repair = tuple[str, str, str]
REPAIRS: dict[str, tuple[Repair, ...]] = {
    "geom": (
        ("geom_contype", "contype", "int"),
        ("geom_conaffinity", "conaffinity", "int"),
        ("geom_condim", "condim", "int"),
        ("geom_priority", "priority", "int"),
        ("geom_group", "group", "int"),
        ("geom_friction", "friction", "float"),
        ("geom_solmix", "solmix", "float"),
        ("geom_solref", "solref", "float"),
        ("geom_solimp", "solimp", "float"),
        ("geom_margin", "margin", "float"),
        ("geom_gap", "gap", "float"),
        ("geom_rgba", "rgba", "float"),
        ("geom_matid", "material", "material"),
        ("geom_quat", "quat", "shape"),
    ),
    "joint": (
        ("jnt_limited", "limited", "bool"),
        ("jnt_range", "range", "float"),
        ("jnt_group", "group", "int"),
        ("jnt_margin", "margin", "float"),
        ("jnt_solref", "solreflimit", "float"),
        ("jnt_solimp", "solimplimit", "float"),
        ("jnt_stiffness", "stiffness", "first"),
        ("dof_armature", "armature", "dof"),
        ("dof_damping", "damping", "dof"),
        ("dof_frictionloss", "frictionloss", "dof"),
    ),
    "site": (
        ("site_group", "group", "int"),
        ("site_size", "size", "float"),
        ("site_rgba", "rgba", "float"),
        ("site_matid", "material", "material"),
    ),
    "tendon": (
        ("tendon_group", "group", "int"),
        ("tendon_limited", "limited", "bool"),
        ("tendon_range", "range", "float"),
        ("tendon_margin", "margin", "float"),
        ("tendon_stiffness", "stiffness", "first"),
        ("tendon_damping", "damping", "first"),
        ("tendon_width", "width", "float"),
        ("tendon_rgba", "rgba", "float"),
        ("tendon_matid", "material", "material"),
    ),
    "actuator": (
        ("actuator_gainprm", "gainprm", "float"),
        ("actuator_biasprm", "biasprm", "float"),
        ("actuator_dynprm", "dynprm", "float"),
        ("actuator_gear", "gear", "float"),
        ("actuator_ctrllimited", "ctrllimited", "bool"),
        ("actuator_ctrlrange", "ctrlrange", "float"),
        ("actuator_group", "group", "int"),
        ("actuator_lengthrange", "lengthrange", "float"),
    ),
}
OBJECTS = {
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "joint": mujoco.mjtObj.mjOBJ_JOINT,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "tendon": mujoco.mjtObj.mjOBJ_TENDON,
    "actuator": mujoco.mjtObj.mjOBJ_ACTUATOR,
}


def write_inertials(root: ET.Element, model: Any) -> list[int]:
    """Explicit inertials, so that no geom matters for dynamics; returns the ids of bodies that had none before.

    Bodies without mass keep massless geoms.
    """
    inferred: list[int] = []
    for index, body in enumerate(bodies(root)):
        if index == 0 or any(child.tag == "inertial" for child in body):
            continue
        if model.body_mass[index] == 0:
            for geom in children(body):
                if geom.tag == "geom":
                    geom.attrib.pop("density", None)
                    geom.set("mass", "0")
            continue
        inferred.append(index)
        row = (model.body_ipos[index], model.body_iquat[index], model.body_mass[index], model.body_inertia[index])
        body.insert(0, inertial(*row))
    return inferred


def inertial(pos: Any, quat: Any, mass: Any, inertia: Any) -> ET.Element:
    element = ET.Element("inertial")
    element.set("pos", numbers(pos))
    if not np.array_equal(quat, [1, 0, 0, 0]):
        element.set("quat", numbers(quat))
    element.set("mass", number(mass))
    element.set("diaginertia", numbers(inertia))
    return element


def replace_inertials(root: ET.Element, model: Any, table: dict[str, list[float]]) -> None:
    """Puts the engine's own values (see inertials.py) in place of MuJoCo 3.14's for the bodies of a table."""
    for index, body in enumerate(bodies(root)):
        row = table.get(str(index))
        if row is None:
            continue
        pos, quat, mass, inertia = np.array(row[0:3]), np.array(row[3:7]), row[7], np.array(row[8:11])
        scale = float(np.max(model.body_inertia[index]))
        off = np.abs(tensor(quat, inertia) - tensor(model.body_iquat[index], model.body_inertia[index]))
        if abs(mass / model.body_mass[index] - 1) > INERTIA_TOLERANCE or np.max(off) > INERTIA_TOLERANCE * scale:
            raise FlattenError(f"inertials.json is not about body {index}, {body.get('name')}: {np.max(off) / scale}")
        for old in [child for child in body if child.tag == "inertial"]:
            body.remove(old)
        body.insert(0, inertial(pos, quat, mass, inertia))


def tensor(quat: Any, inertia: Any) -> Any:
    """[3, 3] inertia in the body frame."""
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, np.asarray(quat, dtype=float))
    rotation = matrix.reshape(3, 3)
    return rotation @ np.diag(inertia) @ rotation.T


def check_order(root: ET.Element, model: Any) -> None:
    for kind, obj in OBJECTS.items():
        found = elements(root, kind)
        live = [mujoco.mj_id2name(model, obj, i) or "" for i in range(count(model, kind))]
        if [element.get("name", "") for element in found] != live:
            raise FlattenError(f"{kind}s of the text are not in the order of the model")


def count(model: Any, kind: str) -> int:
    return int(
        getattr(model, {"geom": "ngeom", "joint": "njnt", "site": "nsite", "tendon": "ntendon", "actuator": "nu"}[kind])
    )


def repair(root: ET.Element, live: Any, again: Any) -> int:
    """Writes out every tabled attribute whose recompiled value differs; returns how many."""
    written = 0
    for kind, table in REPAIRS.items():
        found = elements(root, kind)
        for field, attribute, form in table:
            if not hasattr(live, field):
                continue
            want, have = getattr(live, field), getattr(again, field)
            for index, element in enumerate(found):
                row = int(live.jnt_dofadr[index]) if form == "dof" else index
                if form == "shape" and live.geom_type[row] == mujoco.mjtGeom.mjGEOM_MESH:
                    continue  # the model's holds the frame of the mesh as well
                if not np.array_equal(want[row], have[row]) and element.tag != "freejoint":
                    write_attribute(element, attribute, form, want[row], live)
                    written += 1
    return written


def write_attribute(element: ET.Element, attribute: str, form: str, value: Any, live: Any) -> None:
    if form == "bool":
        element.set(attribute, "true" if value else "false")
    elif form == "int":
        element.set(attribute, str(int(value)))
    elif form == "material":
        name = mujoco.mj_id2name(live, mujoco.mjtObj.mjOBJ_MATERIAL, int(value)) if value >= 0 else None
        if name:
            element.set(attribute, name)
    else:
        element.set(attribute, numbers(np.ravel(value)[:1] if form in ("first", "dof") else value))


def fields(model: Any) -> Iterator[tuple[str, Any]]:
    for name in sorted(dir(model)):
        if name.startswith("_") or name in ("opt", "stat", "vis"):
            continue
        value = getattr(model, name)
        if isinstance(value, (np.ndarray, int, float)):
            yield name, value
    for group in ("opt", "stat"):
        holder = getattr(model, group)
        for name in sorted(dir(holder)):
            value = None if name.startswith("_") else getattr(holder, name)
            if isinstance(value, (np.ndarray, int, float)):
                yield f"{group}.{name}", value


def used_sizes(model: Any, sizes: Any) -> Any:
    """Sizes without the entries that a sphere, capsule or cylinder does not use."""
    sizes = np.array(sizes)
    kinds = model.geom_type
    sizes[kinds == mujoco.mjtGeom.mjGEOM_SPHERE, 1:] = 0
    sizes[(kinds == mujoco.mjtGeom.mjGEOM_CAPSULE) | (kinds == mujoco.mjtGeom.mjGEOM_CYLINDER), 2] = 0
    return sizes


def differences(live: Any, again: Any, physics: bool = True) -> dict[str, float]:
    """Largest difference by field, relative where the live value is above 1; infinity for another shape."""
    found: dict[str, float] = {}
    other = dict(fields(again))
    for name, value in fields(live):
        if physics and NOT_PHYSICS.match(name):
            continue
        a, b = np.asarray(value), np.asarray(other[name])
        if name == "geom_size" and a.shape == b.shape:
            a, b = used_sizes(live, a), used_sizes(again, b)
        if a.shape != b.shape:
            found[name] = float("inf")
        elif a.size and not np.array_equal(a, b):
            a, b = a.astype(float), b.astype(float)
            found[name] = float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(a))))
    return found


def write_implicit(raw: str, live: Any, assets: Assets, path: pathlib.Path) -> None:
    """Flat text that leaves inertia to the geoms wherever that gives the live model: the input of inertials.py."""
    root = parse(raw)
    store_assets(root, assets)
    write_head(root)
    path.write_bytes(text_of(root).encode())
    again = mujoco.MjModel.from_xml_path(str(path))
    for index, body in enumerate(bodies(root)):
        stated = any(child.tag == "inertial" for child in body)
        if index == 0 or stated or live.body_mass[index] == 0 or same_inertia(live, again, index):
            continue
        row = (live.body_ipos[index], live.body_iquat[index], live.body_mass[index], live.body_inertia[index])
        body.insert(0, inertial(*row))
    path.write_bytes(text_of(root).encode())


def same_inertia(live: Any, again: Any, body: int) -> bool:
    pairs = ((model.body_iquat[body], model.body_inertia[body]) for model in (live, again))
    first, second = (tensor(quat, inertia) for quat, inertia in pairs)
    return bool(
        abs(live.body_mass[body] - again.body_mass[body]) < TOLERANCE
        and np.max(np.abs(live.body_ipos[body] - again.body_ipos[body])) < TOLERANCE
        and np.max(np.abs(first - second)) <= TOLERANCE * np.max(live.body_inertia[body])
    )


def flatten(
    raw: str, live: Any, assets: Assets, path: pathlib.Path, table: dict[str, dict[str, list[float]]]
) -> tuple[ET.Element, list[str], Any]:
    """Writes the flat text beside its assets folder; returns its tree, its asset names and the recompiled model."""
    root = parse(raw)
    names = store_assets(root, assets)
    write_head(root)
    inferred = {str(index) for index in write_inertials(root, live)}
    check_order(root, live)
    again = None
    for _ in range(3):
        path.write_bytes(text_of(root).encode())
        again = mujoco.MjModel.from_xml_path(str(path))
        if repair(root, live, again) == 0:
            break
    wrong = {k: v for k, v in differences(live, again).items() if not v < TOLERANCE}
    if wrong:
        raise FlattenError(f"the flat text compiles to another model: {wrong}")
    if not set(table["geoms"]) <= inferred or set(table["full"]) & inferred:
        raise FlattenError("inertials.json is wrong about which bodies state an inertial")
    replace_inertials(root, live, {**table["geoms"], **table["full"]})
    path.write_bytes(text_of(root).encode())
    again = mujoco.MjModel.from_xml_path(str(path))
    return root, names, again
