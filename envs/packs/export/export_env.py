"""Writes a model pack out of a Gymnasium environment that holds a MuJoCo model.

    python export_env.py --id Hopper-v5 --name hopper-v5 --out <folder of the pack> [--as-compiled]

Progress goes to stdout as JSON lines.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import hashlib
import importlib
import json
import os
import pathlib
import re
import sys
import types
import warnings
from collections.abc import Iterator
from importlib import metadata
from typing import Any

os.environ.setdefault("MUJOCO_GL", "disable")  # nothing is drawn, no graphics library is needed

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

DIMENSIONS = ("nq", "nv", "nu", "na", "nbody", "ngeom")
# Control steps with random actions over which the need of arena memory is measured, and how much more is reserved.
MEASURED_STEPS = 200
ARENA_SPARE = 3
MEGABYTE = 1 << 20
# Packages that are large and hold no models.
NO_ASSETS = ("numpy", "scipy", "mujoco", "torch", "jax")


class ExportError(Exception):
    """One sentence: what is wrong and what to do."""


def say(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """Environments print while they build: stdout belongs to the progress lines."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(stdout)


def stub_missing(*names: str) -> None:
    """Stands in for packages that environments import for drawing only."""
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = types.ModuleType(name)


def make(env_id: str) -> Any:
    gym = importlib.import_module("gymnasium")
    for package in ("gymnasium_robotics", "myosuite"):
        with contextlib.suppress(ImportError):
            if ":" not in env_id and env_id not in gym.registry:
                gym.register_envs(importlib.import_module(package))
    try:
        return gym.make(env_id, disable_env_checker=True)
    except gym.error.Error as error:
        raise ExportError(
            f"gymnasium does not make {env_id} ({str(error).rstrip('.')}); name an interpreter where it is installed "
            "with --python, and its package before the id: <package>:<id>"
        ) from error


def arena_need(env: Any) -> int:
    """Bytes of arena to reserve, whole megabytes."""
    bare = env.unwrapped
    data = getattr(bare, "data", None)
    used = 0
    env.action_space.seed(0)
    with contextlib.suppress(Exception):  # an environment that cannot be stepped so gets the least
        env.reset(seed=0)
        for _ in range(MEASURED_STEPS):
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            used = max(used, int(getattr(data, "maxuse_arena", 0)))
            if terminated or truncated:
                env.reset()
    return max(1, -(-ARENA_SPARE * used // MEGABYTE)) * MEGABYTE


def space_facts(space: Any) -> dict[str, Any]:
    """Kind, shape and dtype of a space; of a Dict its members."""
    if hasattr(space, "spaces") and isinstance(space.spaces, dict):
        return {"type": "dict", "spaces": {str(key): space_facts(value) for key, value in space.spaces.items()}}
    facts: dict[str, Any] = {"type": type(space).__name__.lower(), "shape": list(space.shape or ())}
    facts["dtype"] = str(space.dtype)
    if hasattr(space, "low"):
        facts["low"] = bound(space.low)
        facts["high"] = bound(space.high)
    return facts


def bound(values: Any) -> Any:
    """Bounds of a Box, one number where they all agree; infinity as text."""
    plain = [number if abs(number) < float("inf") else str(number) for number in map(float, values.ravel())]
    return plain[0] if len(set(plain)) == 1 else plain


def facts(env: Any, model: Any, as_file: bool) -> dict[str, Any]:
    bare = env.unwrapped
    frame_skip = next((int(getattr(bare, key)) for key in ("frame_skip", "n_substeps") if hasattr(bare, key)), None)
    timestep = float(model.opt.timestep)
    dt = getattr(bare, "dt", None)
    if frame_skip is None:
        frame_skip = 1 if dt is None else max(1, round(float(dt) / timestep))
    return {
        "entry_point": f"{type(bare).__module__}:{type(bare).__qualname__}",
        "observation_space": space_facts(env.observation_space),
        "action_space": space_facts(env.action_space),
        "timestep": timestep,
        "frame_skip": frame_skip,
        "dt": timestep * frame_skip,
        "max_episode_steps": None if env.spec is None else env.spec.max_episode_steps,
        "text": "its author's" if as_file else "MuJoCo's",
    }


def sources(env: Any) -> list[dict[str, str]]:
    """Packages that the model comes from: that of the environment's class, gymnasium, mujoco."""
    module = type(env.unwrapped).__module__.partition(".")[0]
    found = metadata.packages_distributions().get(module, [module])
    names = dict.fromkeys([*found, "gymnasium", "mujoco"])
    return [package_facts(name) for name in names]


def asset_roots(env: Any) -> list[pathlib.Path]:
    """Folders of the environment's package and of those it requires, searched for files named without a folder."""
    module = type(env.unwrapped).__module__.partition(".")[0]
    modules_of: dict[str, list[str]] = {}
    for name, distributions in metadata.packages_distributions().items():
        for distribution in distributions:
            modules_of.setdefault(distribution.lower().replace("_", "-"), []).append(name)
    required = [
        re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("_", "-")
        for distribution in metadata.packages_distributions().get(module, [])
        for line in metadata.requires(distribution) or []
        if "extra ==" not in line
    ]
    names = [module, *(name for distribution in required for name in modules_of.get(distribution, []))]
    files = [getattr(sys.modules.get(name), "__file__", None) for name in names if name not in NO_ASSETS]
    return list(dict.fromkeys(pathlib.Path(file).parent for file in files if file))


def package_facts(name: str) -> dict[str, str]:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return {"name": name, "version": "unknown", "licence": "not stated"}
    classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    licence = about["License-Expression"] or about["License"] or (classifiers or [""])[-1].rpartition(":: ")[2]
    first = (licence or "not stated").strip().splitlines()[0]
    return {"name": name, "version": about["Version"], "licence": first[:80]}


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recipe() -> str:
    files = sorted(path for path in HERE.iterdir() if path.suffix in (".py", ".txt"))
    return hashlib.sha256("".join(f"{path.name}:{digest(path)}\n" for path in files).encode()).hexdigest()


def model_entry(models: pathlib.Path, name: str, assets: list[str], model: Any) -> dict[str, Any]:
    """A model of the manifest; an export has no light variant, so both are the same file."""
    file = {"file": f"models/{name}.xml", "sha256": digest(models / f"{name}.xml")}
    stored = [(asset, models / "assets" / asset) for asset in assets]
    return {
        "full": file,
        "light": {**file, "assets": assets, "ngeom": int(model.ngeom)},
        "assets": [{"name": name, "sha256": digest(path), "size": path.stat().st_size} for name, path in stored],
        **{key: int(getattr(model, key)) for key in DIMENSIONS},
    }


def require(*names: str) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ExportError(
                f"{sys.executable} has no package {name} ({error}); install it there, or name another interpreter"
            ) from error


def export(env_id: str, name: str, out: pathlib.Path, as_compiled: bool) -> None:
    live = importlib.import_module("live")
    writer = importlib.import_module("model_writer")
    writer.widen_precision()
    watch = live.Watch()
    with quiet_stdout():
        env = make(env_id)
    say("progress", done=1, total=3, message=f"{env_id} is built")
    model = live.model_of(env)
    origin = None if model is None else watch.origin_of(model)
    if origin is None:
        raise ExportError(f"{env_id} holds no MuJoCo model (mujoco.MjModel) that was compiled in its process")
    wanted = origin.untouched if as_compiled else copy.copy(model)
    with quiet_stdout():
        arena = arena_need(env)
    say("progress", done=2, total=3, message=f"{arena // MEGABYTE} MB of arena a row")
    models = out / "models"
    key = env_id.rpartition(":")[2].replace("/", "_")
    write = writer.ModelWriter(
        wanted, origin, asset_roots(env), models, arena, lambda text: say("warning", message=text)
    )
    try:
        written = write.write(key)
    except writer.FlattenError as error:
        edited = not as_compiled and "another model" in str(error)
        hint = "; --as-compiled takes the model as it was before the environment edited it" if edited else ""
        raise ExportError(f"the model of {env_id} could not be flattened: {error}{hint}") from error
    packages = sources(env)
    manifest = {
        "format": 1,
        "name": name,
        "version": packages[0]["version"],
        "mujoco": importlib.import_module("mujoco").__version__,
        "sources": packages,
        "recipe": recipe(),
        "env": {env_id: key},
        "models": {key: model_entry(models, key, written.assets, written.model)},
        "data": {},
        "gymnasium": {env_id: facts(env, wanted, written.as_file)},
    }
    text = json.dumps(manifest, indent=1, allow_nan=False) + "\n"
    (out / "manifest.json").write_text(text, encoding="utf-8")
    counts = f"{written.model.nbody} bodies, {len(written.assets)} assets"
    say("progress", done=3, total=3, message=f"{key}: {counts}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--as-compiled", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    require("numpy", "mujoco", "gymnasium")
    stub_missing("glfw", "imageio")
    export(args.id, args.name, args.out.resolve(), args.as_compiled)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as error:  # one sentence for the caller, the traceback for a maintainer
        if os.environ.get("MYOSERVE_TRACE"):
            raise
        text = str(error) if isinstance(error, ExportError) else f"{type(error).__name__}: {error}"
        say("error", message=text[:2000])
        sys.exit(1)
