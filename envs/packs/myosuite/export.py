"""Writes the model pack `myosuite` out of the installed packages: flat models, light variants, assets, tables.

    python export.py --out <folder> [--only <model> ...] [--workers 2] [--accept | --implicit]

Progress goes to stdout as JSON lines. For maintainers: `--accept` rewrites expected.json beside this file, `--implicit`
writes only full models that leave inertia to the geoms, for inertials.py.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import multiprocessing
import os
import pathlib
import sys
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

os.environ["MUJOCO_GL"] = "disable"  # nothing is drawn, no graphics library is needed

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
INERTIALS = HERE / "inertials.json"
DIMENSIONS = ("nq", "nv", "nu", "na", "nbody", "ngeom")
PACKAGES = (("mujoco", "Apache-2.0"), ("myosuite", "Apache-2.0"), ("myo-sim", "Apache-2.0"))

# Fields whose checksum stands for the model where another platform's mathematics changes its text in the last digits.
FINGERPRINT = (
    "body_mass",
    "body_inertia",
    "body_pos",
    "body_quat",
    "body_ipos",
    "jnt_range",
    "jnt_pos",
    "jnt_axis",
    "dof_damping",
    "dof_armature",
    "dof_invweight0",
    "geom_size",
    "geom_pos",
    "geom_friction",
    "site_pos",
    "tendon_length0",
    "tendon_range",
    "actuator_gainprm",
    "actuator_biasprm",
    "actuator_lengthrange",
    "actuator_acc0",
    "eq_data",
    "key_qpos",
    "qpos0",
)
FINGERPRINT_TOLERANCE = 1e-8


def say(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


class Exporter:
    """Writes the models of MyoSuite environments."""

    def __init__(self, out: pathlib.Path, implicit: bool) -> None:
        self.implicit = implicit
        self.builder = importlib.import_module("build").Builder()
        mjcf = importlib.import_module("mjcf")
        mjcf.set_xml_precision(17)
        package = importlib.import_module("tables").package
        roots = [package("myosuite"), package("myo_sim")]
        self.models_out = out / "models"
        (self.models_out / "assets").mkdir(parents=True, exist_ok=True)
        self.assets = mjcf.Assets(roots, self.models_out / "assets")

    def export(self, name: str, env_id: str) -> dict[str, Any]:
        flatten = importlib.import_module("flatten")
        light = importlib.import_module("light")
        tables = importlib.import_module("tables")
        compiled, env = self.builder.build(env_id)
        text, model = compiled.text, compiled.untouched
        full = self.models_out / f"{name}.xml"
        thin = self.models_out / f"{name}.light.xml"
        if self.implicit:
            flatten.write_implicit(text, model, self.assets, full)
            return {}
        root, assets, flat = flatten.flatten(text, model, self.assets, full, inertials(name))
        light_assets, light_ngeom = light.lighten(root, flat, thin)
        entry: dict[str, Any] = {
            "full": {"file": f"models/{full.name}", "sha256": digest(full)},
            "light": {
                "file": f"models/{thin.name}",
                "sha256": digest(thin),
                "assets": light_assets,
                "ngeom": light_ngeom,
            },
            "assets": [self.asset(asset) for asset in assets],
            **{key: int(getattr(flat, key)) for key in DIMENSIONS},
        }
        return {"entry": entry, "fingerprint": fingerprint(flat), "built": tables.describe(env)}

    def asset(self, name: str) -> dict[str, Any]:
        path = self.models_out / "assets" / name
        return {"name": name, "sha256": digest(path), "size": path.stat().st_size}


def inertials(name: str) -> dict[str, dict[str, list[float]]]:
    """Inertials of a model by body id: of bodies whose inertia comes from geoms, of bodies that state a full matrix."""
    table = json.loads(INERTIALS.read_text(encoding="utf-8"))
    return {
        kind: {body: table["rows"][row] for body, row in table[kind].get(name, {}).items()}
        for kind in ("geoms", "full")
    }


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recipe() -> str:
    """sha256 over names and contents of the files beside this one; pull.ts computes the same."""
    files = sorted(path for path in HERE.iterdir() if path.suffix in (".py", ".json", ".txt"))
    return hashlib.sha256("".join(f"{path.name}:{digest(path)}\n" for path in files).encode()).hexdigest()


def fingerprint(model: Any) -> dict[str, list[float]]:
    """By field: a weighted sum and the sum of magnitudes."""
    numpy = importlib.import_module("numpy")
    sums: dict[str, list[float]] = {}
    for field in FINGERPRINT:
        values = numpy.asarray(getattr(model, field), dtype=float).ravel()
        weights = numpy.cos(numpy.arange(1, values.size + 1))
        sums[field] = [float(weights @ values), float(numpy.abs(values).sum())]
    return sums


def problems(name: str, result: dict[str, Any], expected: dict[str, Any]) -> tuple[list[str], bool]:
    """What is wrong with an exported model, and whether its text is the expected one byte for byte."""
    entry = result["entry"]
    wrong = [
        f"{name}.{key} is {entry[key]}, expected {expected[key]}" for key in DIMENSIONS if entry[key] != expected[key]
    ]
    same = all(entry[part]["sha256"] == expected[part] for part in ("full", "light"))
    if not same:
        for field, (weighted, total) in expected["fingerprint"].items():
            got, magnitude = result["fingerprint"][field]
            limit = FINGERPRINT_TOLERANCE * max(1.0, total)
            if not (abs(got - weighted) <= limit and abs(magnitude - total) <= limit):
                wrong.append(f"{name}.{field} differs from the expected model by {abs(got - weighted):.3g}")
    return wrong, same


WORKER: list[Exporter] = []


def start_worker(out: str, implicit: bool) -> None:
    sys.path.insert(0, str(HERE))
    WORKER.append(Exporter(pathlib.Path(out), implicit))


def export_one(name: str, env_id: str) -> dict[str, Any]:
    # MyoSuite and MuJoCo print while they build: stdout belongs to the progress lines.
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        return WORKER[0].export(name, env_id)
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def export_models(table: dict[str, Any], out: pathlib.Path, workers: int, implicit: bool) -> dict[str, dict[str, Any]]:
    """Exports in the table's order, `workers` at a time."""
    results: dict[str, dict[str, Any]] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, start_worker, (str(out), implicit)) as pool:
        jobs = {pool.submit(export_one, name, row["first_env"]): name for name, row in table.items()}
        try:
            for job in as_completed(jobs):
                results[jobs[job]] = job.result()
                say("progress", done=len(results), total=len(jobs) + 1, message=jobs[job])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {name: results[name] for name in table}


def verify(results: dict[str, dict[str, Any]], table: dict[str, Any]) -> None:
    wrong: list[str] = []
    for name, result in results.items():
        found, same = problems(name, result, table[name])
        wrong += found
        if not same and not found:
            say("warning", message=f"{name}: other digits than on the reference platform, equal within 1e-8")
    if wrong:
        raise RuntimeError("; ".join(wrong[:5]))


def write_pack(results: dict[str, dict[str, Any]], expected: dict[str, Any], out: pathlib.Path) -> None:
    tables = importlib.import_module("tables")
    metadata = importlib.import_module("importlib.metadata")
    data = out / "data"
    data.mkdir(exist_ok=True)
    built = {expected["models"][name]["first_env"]: result["built"] for name, result in results.items()}
    files = tables.write_tables(data, expected["env"], built)
    versions = {name: metadata.version(name) for name, _licence in PACKAGES}
    manifest = {
        "format": 1,
        "name": "myosuite",
        "version": versions["myosuite"],
        "mujoco": versions["mujoco"],
        "sources": [{"name": name, "version": versions[name], "licence": licence} for name, licence in PACKAGES],
        "recipe": recipe(),
        "env": expected["env"],
        "models": {name: result["entry"] for name, result in results.items()},
        "data": {
            pathlib.PurePath(file).stem: {"file": f"data/{file}", "sha256": digest(data / file)} for file in files
        },
    }
    tables.write_json(out / "manifest.json", manifest)


def accept(results: dict[str, dict[str, Any]], expected: dict[str, Any]) -> None:
    for name, result in results.items():
        entry = result["entry"]
        expected["models"][name] = {
            "first_env": expected["models"][name]["first_env"],
            **{key: entry[key] for key in DIMENSIONS},
            "full": entry["full"]["sha256"],
            "light": entry["light"]["sha256"],
            "fingerprint": result["fingerprint"],
        }
    EXPECTED.write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--implicit", action="store_true")
    args = parser.parse_args()
    sys.path.insert(0, str(HERE))
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    table = {name: row for name, row in expected["models"].items() if not args.only or name in args.only}
    out = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="myoserve-") as scratch:
        os.environ["TMPDIR"] = os.environ["TEMP"] = os.environ["TMP"] = scratch  # MyoSuite writes patched XML there
        results = export_models(table, out, args.workers, args.implicit)
        if args.implicit:
            return 0
        if args.accept:
            accept(results, expected)
        verify(results, expected["models"])
        importlib.import_module("build").stub_modules()
        warnings.simplefilter("ignore")
        write_pack(results, expected, out)
    say("progress", done=len(table) + 1, total=len(table) + 1, message="tables")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as error:  # one sentence for the caller, the traceback for a maintainer
        if os.environ.get("MYOSERVE_TRACE"):
            raise
        say("error", message=f"{type(error).__name__}: {error}"[:2000])
        sys.exit(1)
