"""MyoSuite environments, and what each was compiled from."""

from __future__ import annotations

import copy
import importlib
import sys
import types
import warnings
from typing import Any, NamedTuple


def stub_modules() -> None:
    """Stands in for what MyoSuite imports but model building never uses: scipy's Rotation and mujoco's viewer."""

    class Rotation:
        @classmethod
        def from_euler(cls, *_args: Any, **_kwargs: Any) -> Rotation:
            return cls()

        @classmethod
        def from_quat(cls, *_args: Any, **_kwargs: Any) -> Rotation:
            return cls()

        def as_quat(self, *_args: Any, **_kwargs: Any) -> Any:
            return importlib.import_module("numpy").array([0.0, 0.0, 0.0, 1.0])

        def as_matrix(self) -> Any:
            return importlib.import_module("numpy").eye(3)

    for name in ("scipy", "scipy.spatial", "scipy.spatial.transform", "mujoco.viewer"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["scipy.spatial.transform"].__dict__["Rotation"] = Rotation
    importlib.import_module("mujoco").__dict__["viewer"] = sys.modules["mujoco.viewer"]


class Compiled(NamedTuple):
    """A spec as it was compiled."""

    text: str
    model: Any
    untouched: Any  # copy of the model, before a constructor edits it
    bodies: dict[str, list[int]]  # ids of those that leave inertia to `geoms`, of those that state a `full` matrix


class Builder:
    """Builds MyoSuite environments and keeps what they compile."""

    def __init__(self) -> None:
        warnings.simplefilter("ignore")
        stub_modules()
        self.compiled: list[Compiled] = []
        self.watch_compile()
        self.gym = importlib.import_module("gymnasium")
        importlib.import_module("myosuite")  # registers its environments

    def watch_compile(self) -> None:
        spec_class = importlib.import_module("mujoco").MjSpec
        compile_spec = spec_class.compile
        compiled = self.compiled

        def watched(spec: Any, *args: Any) -> Any:
            model = compile_spec(spec, *args)
            compiled.append(Compiled(spec.to_xml(), model, copy.copy(model), implicit_bodies(spec)))
            return model

        spec_class.compile = watched

    def build(self, env_id: str) -> tuple[Compiled, Any]:
        """What an environment was compiled from, and the environment itself."""
        self.compiled.clear()
        env = self.gym.make(env_id, disable_env_checker=True).unwrapped
        for compiled in reversed(self.compiled):
            if compiled.model is env.model:
                return compiled, env
        raise RuntimeError(f"{env_id}: the model of the environment was not compiled from a spec")


def implicit_bodies(spec: Any) -> dict[str, list[int]]:
    isfinite = importlib.import_module("numpy").isfinite
    found = list(spec.bodies)
    return {
        "geoms": [body.id for body in found[1:] if not body.explicitinertial],
        "full": [body.id for body in found if body.explicitinertial and isfinite(body.fullinertia[0])],
    }
