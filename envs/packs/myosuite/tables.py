"""Tables that tasks need and that are not part of a model: read out of the installed packages."""

from __future__ import annotations

import importlib
import json
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np  # type: ignore[import-not-found,unused-ignore]


def write_tables(out: pathlib.Path, models: dict[str, str], built: dict[str, dict[str, Any]]) -> list[str]:
    """Writes the pack's data files, returns their names."""
    write_json(out / "fatigue.json", fatigue())
    write_json(out / "registry.json", registry(models, built))
    write_json(out / "reorient_sar_geometries.json", sar_geometries())
    workspace_finger().astype("<f8").tofile(out / "workspace_finger.f64")
    relief().astype("<f8").tofile(out / "myo_relief.f64")
    gait = package("myosuite") / "envs" / "myo" / "assets" / "leg" / "sample_gait_cycle.csv"
    (out / gait.name).write_bytes(gait.read_bytes())
    return sorted(path.name for path in out.iterdir())


def package(name: str) -> pathlib.Path:
    return pathlib.Path(importlib.import_module(name).__file__ or "").parent


def write_json(path: pathlib.Path, value: Any) -> None:
    path.write_bytes((json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def fatigue() -> dict[str, Any]:
    """Fatigue constants F, R [1/s] and r by functional muscle group, and the group of each muscle."""
    conditions = importlib.import_module("myosuite.core.muscle_conditions")
    groups = importlib.import_module("myosuite.core.muscle_groups")
    return {
        "params": conditions.MUSCLE_FATIGUE_PARAMS,
        "muscle_group": groups.MUSCLE_FMG,
        "rest_threshold": conditions.FATIGUE_REST_THRESHOLD,
    }


def registry(models: dict[str, str], built: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Ids with their constructor arguments; defaults of a class come from the envs that were built."""
    gym = importlib.import_module("gymnasium")
    out: dict[str, Any] = {}
    for env_id in sorted(models):
        spec = gym.spec(env_id)
        out[env_id] = {
            "entry_point": spec.entry_point,
            "kwargs": plain(dict(spec.kwargs)),
            "max_episode_steps": spec.max_episode_steps,
            "wrappers": [wrapper.name for wrapper in spec.additional_wrappers],
            "model": models[env_id],
        }
    return {"envs": out, "built": built}


def describe(env: Any) -> dict[str, Any]:
    """What a constructed env chose by itself."""
    keys = getattr(env, "obs_keys", None)
    weights = getattr(env, "rwd_keys_wt", None)
    return {
        "frame_skip": int(env.frame_skip),
        "timestep": float(env.model.opt.timestep),
        "obs_keys": None if keys is None else [str(key) for key in keys],
        "reward_weights": None if weights is None else plain(dict(weights)),
    }


def plain(value: Any) -> Any:
    """JSON of a constructor argument: paths become file names, functions their names, infinity a text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (str, pathlib.PurePath)) and pathlib.Path(value).is_absolute():
        return pathlib.Path(value).name
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return getattr(value, "__name__", type(value).__name__)


def workspace_finger() -> Any:
    """[57279, 3] finger tip places of uniformly drawn joint angles, as myoFingerReachRandom samples its targets."""
    gym = importlib.import_module("gymnasium")
    workspace: Any = importlib.import_module("myosuite.utils.reach_workspace")
    # An enum of mujoco 3.14 no longer equals the integer in a model: without this no joint is drawn and all rows agree.
    workspace._JOINT_TYPES = tuple(int(joint) for joint in workspace._JOINT_TYPES)
    workspace._CACHE.clear()
    env = gym.make("myoFingerReachRandom-v0", disable_env_checker=True).unwrapped
    return np.asarray(env._workspace_points, dtype=float).reshape(-1, 3)


def relief() -> Any:
    """Height field of the chase-tag arena's relief patch."""
    return np.load(package("myosuite") / "envs" / "myo" / "assets" / "myo_relief.npy")


def sar_geometries() -> Any:
    """Object sizes and colours that the SAR reorientation tasks draw from."""
    path = package("myosuite") / "envs" / "myo" / "tasks" / "basic" / "arm" / "reorient_sar_geometries.json"
    return json.loads(path.read_text(encoding="utf-8"))
