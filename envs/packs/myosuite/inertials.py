"""Maintainer script, run under MuJoCo 3.4.0: writes inertials.json beside this file.

    python inertials.py <folder of a pack exported with --implicit>

Versions of MuJoCo disagree in the 7th digit about the inertia of a mesh, the axes of a nearly round body and those of a
full inertia tensor. The flat models carry explicit inertials, so that the light variant needs no mesh; they hold the
values of MuJoCo 3.4.0, the twin of the embedded engine. The recordings of that version then replay exactly.

Most recordings were made on the flat models: there the geoms of the flat text give the values. Those of `COMPOSED`
models were made on the model as MyoSuite composes it, which MyoSuite does here again; this needs its package.
"""

# ruff: noqa: I001  (the modules beside this file are first-party only to a linter started here)
from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import xml.etree.ElementTree as ET
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]

from export import EXPECTED, Builder
from mjcf import bodies

COMPOSED = (
    "myoChallengeBaodingP1",
    "myoChallengeBimanual",
    "myoChallengeChaseTagFBP2",
    "myoChallengeDieReorientDemo",
    "myoChallengeRelocateP1",
    "myoElbowPoseTaskFixed",
    "myoMimicBimanual",
    "myoMimicFullbody",
)


def implicit_bodies(path: pathlib.Path) -> list[int]:
    """Ids of bodies with mass that state no inertial."""
    root = ET.parse(path).getroot()
    return [i for i, body in enumerate(bodies(root)) if i and body.find("inertial") is None]


def inertial_of(model: Any, body: int) -> list[float]:
    row = [*model.body_ipos[body], *model.body_iquat[body], model.body_mass[body], *model.body_inertia[body]]
    return [float(value) for value in row]


def flat_rows(path: pathlib.Path, composed: Any) -> dict[int, list[float]]:
    """Inertials by body: of those the flat text leaves to the geoms, and where it states others than `composed`."""
    flat: Any = mujoco.MjModel.from_xml_path(str(path))
    source = flat if composed is None else composed
    rows = {body: inertial_of(source, body) for body in implicit_bodies(path) if source.body_mass[body] > 0}
    for body in range(1, flat.nbody):
        if inertial_of(source, body) != inertial_of(flat, body):
            rows[body] = inertial_of(source, body)
    return dict(sorted(rows.items()))


def main(pack: pathlib.Path) -> None:
    if mujoco.__version__ != "3.4.0":
        sys.exit(f"this is mujoco {mujoco.__version__}; run it with mujoco 3.4.0")
    first_env = {name: row["first_env"] for name, row in json.loads(EXPECTED.read_text())["models"].items()}
    rows: list[list[float]] = []
    models: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory(prefix="myoserve-") as scratch:
        builder = Builder(pathlib.Path(scratch), implicit=True)
        for path in sorted((pack / "models").glob("*.xml")):
            composed = builder.build(first_env[path.stem])[1] if path.stem in COMPOSED else None
            models[path.stem] = {}
            for body, values in flat_rows(path, composed).items():
                if values not in rows:
                    rows.append(values)
                models[path.stem][str(body)] = rows.index(values)
    table = {"mujoco": mujoco.__version__, "columns": "ipos 3, iquat 4, mass 1, inertia 3", "models": models}
    text = json.dumps(table)[:-1] + ',\n "rows": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n"
    out = pathlib.Path(__file__).resolve().parent / "inertials.json"
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
