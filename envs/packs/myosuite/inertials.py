"""Maintainer script, run under MuJoCo 3.4.0 with MyoSuite: writes inertials.json beside this file.

    python inertials.py <folder of a pack exported with --implicit>

Versions of MuJoCo disagree in the 7th digit about the inertia of a mesh, and about the principal axes of a body, the
more so the rounder it is. The flat models carry explicit inertials, so that the light variant needs no mesh; they hold
the values of MuJoCo 3.4.0, the twin of the embedded engine. The recordings of that version then replay exactly.
"""

# ruff: noqa: I001  (the modules beside this file are first-party only to a linter started here)
from __future__ import annotations

import json
import os
import pathlib
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

os.environ["MUJOCO_GL"] = "disable"  # nothing is drawn, no graphics library is needed

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: E402

from build import Builder  # noqa: E402
from mjcf import bodies  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# Models that MuJoCo 3.4.0 compiled from MyoSuite's own files when the recordings were made. The others were recorded
# on flat text written by 3.14.0 (3.4.0 cannot build some of their recipes), which states that version's axes.
FROM_FILES = frozenset(
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


# Model, its name, and the ids of the bodies to list, by kind (see build.Compiled).
Source = tuple[str, Any, dict[str, list[int]]]


def from_files(expected: dict[str, Any]) -> Iterator[Source]:
    builder = Builder()
    for name in sorted(FROM_FILES):
        compiled, _env = builder.build(expected["models"][name]["first_env"])
        yield name, compiled.untouched, compiled.bodies


def from_text(pack: pathlib.Path) -> Iterator[Source]:
    for path in sorted((pack / "models").glob("*.xml")):
        if path.stem not in FROM_FILES:
            found = bodies(ET.parse(path).getroot())
            geoms = [i for i, body in enumerate(found) if i and body.find("inertial") is None]
            yield path.stem, mujoco.MjModel.from_xml_path(str(path)), {"geoms": geoms}


def row_of(model: Any, body: int) -> list[float]:
    row = [*model.body_ipos[body], *model.body_iquat[body], model.body_mass[body], *model.body_inertia[body]]
    return [float(value) for value in row]


def main(pack: pathlib.Path) -> None:
    if mujoco.__version__ != "3.4.0":
        sys.exit(f"this is mujoco {mujoco.__version__}; run it with mujoco 3.4.0")
    expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
    rows: list[list[float]] = []
    found: dict[str, dict[str, dict[str, int]]] = {"geoms": {}, "full": {}}
    for name, model, kinds in sorted([*from_files(expected), *from_text(pack)], key=lambda source: source[0]):
        for kind, ids in kinds.items():
            for body in ids:
                if model.body_mass[body] == 0:
                    continue
                row = row_of(model, body)
                if row not in rows:
                    rows.append(row)
                found[kind].setdefault(name, {})[str(body)] = rows.index(row)
    table = {"mujoco": mujoco.__version__, "columns": "ipos 3, iquat 4, mass 1, inertia 3", **found}
    text = json.dumps(table)[:-1] + ',\n "rows": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n"
    (HERE / "inertials.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
