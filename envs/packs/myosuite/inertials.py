"""Maintainer script, run under MuJoCo 3.4.0: writes inertials.json beside this file.

    python inertials.py <folder of a pack exported with --implicit>

Versions of MuJoCo disagree in the 7th digit about the inertia of a mesh, and in the axes that they find of a full
inertia matrix. The flat models carry explicit inertials in principal axes, so that the light variant needs no mesh;
they hold the values of MuJoCo 3.4.0, the twin of the embedded engine, which compiles the same text to them. The
recordings of that version then replay exactly.
"""

# ruff: noqa: I001  (the modules beside this file are first-party only to a linter started here)
from __future__ import annotations

import json
import pathlib
import sys
import xml.etree.ElementTree as ET
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]

from mjcf import bodies


# Models that MyoSuite composes under MuJoCo 3.4.0 as under 3.14: their recordings have the axes that 3.4.0 finds of
# full inertia matrices. The others were recorded with flat texts, which hold 3.14's axes.
COMPOSED = frozenset(
    [
        "myoChallengeBaodingP1",
        "myoChallengeBimanual",
        "myoChallengeChaseTagFBP2",
        "myoChallengeDieReorientDemo",
        "myoChallengeRelocateP1",
        "myoElbowPoseTaskFixed",
        "myoMimicBimanual",
        "myoMimicFullbody",
    ]
)


def implicit_bodies(path: pathlib.Path) -> list[int]:
    """Ids of bodies with mass whose inertia, in `COMPOSED` models also its axes, the compiler computes."""
    root = ET.parse(path).getroot()
    found: list[int] = []
    for index, body in enumerate(bodies(root)):
        stated = body.find("inertial")
        full = stated is not None and stated.get("fullinertia") is not None
        if index and (stated is None or (full and path.stem in COMPOSED)):
            found.append(index)
    return found


def main(pack: pathlib.Path) -> None:
    if mujoco.__version__ != "3.4.0":
        sys.exit(f"this is mujoco {mujoco.__version__}; run it with mujoco 3.4.0")
    rows: list[list[float]] = []
    models: dict[str, dict[str, int]] = {}
    for path in sorted((pack / "models").glob("*.xml")):
        model: Any = mujoco.MjModel.from_xml_path(str(path))
        models[path.stem] = {}
        for body in implicit_bodies(path):
            if model.body_mass[body] == 0:
                continue
            row = [*model.body_ipos[body], *model.body_iquat[body], model.body_mass[body], *model.body_inertia[body]]
            values = [float(value) for value in row]
            if values not in rows:
                rows.append(values)
            models[path.stem][str(body)] = rows.index(values)
    table = {"mujoco": mujoco.__version__, "columns": "ipos 3, iquat 4, mass 1, inertia 3", "models": models}
    text = json.dumps(table)[:-1] + ',\n "rows": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n"
    out = pathlib.Path(__file__).resolve().parent / "inertials.json"
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
