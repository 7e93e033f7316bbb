"""The pack's flat models in the place of MyoSuite's model recipes.

MuJoCo 3.4.0 cannot build four of the recipes, and the compiled result of the others differs in the last digits between
versions. With the flat full model of the pack on both sides, what remains to differ is the task.
"""

from __future__ import annotations

import copy
import importlib
import json
import pathlib
import sys
from typing import Any

import mujoco  # type: ignore[import-not-found,import-untyped,unused-ignore]

# `geoms`: inertias that the pack's exporter made explicit, by model and body id.
INERTIALS = pathlib.Path(__file__).resolve().parent.parent / "myosuite" / "inertials.json"
# Environments that share a model follow each other; a compiled full model with its meshes takes some 50 MB.
KEPT = 2
# Options that MyoSuite's model of mimic-bimanual gets once it is compiled, called `model_…` in its configuration.
MIMIC_OPTIONS = ("iterations", "ls_iterations", "disableflags")
# What a spec states about a body's inertia.
STATED = ("explicitinertial", "mass", "ipos", "iquat", "inertia", "fullinertia")


class FlatModels:
    """Reads models of the pack; MyoSuite's constructors get the one that `use` has named."""

    def __init__(self, pack: pathlib.Path) -> None:
        manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
        self.pack = pack
        self.model_of: dict[str, str] = manifest["env"]
        self.files: dict[str, str] = {name: row["full"]["file"] for name, row in manifest["models"].items()}
        self.implicit: dict[str, list[int]] = {
            name: [int(body) for body in rows]
            for name, rows in json.loads(INERTIALS.read_text(encoding="utf-8"))["geoms"].items()
        }
        self.kept: dict[str, tuple[Any, Any]] = {}
        self.current = ""

    def use(self, env_id: str) -> None:
        self.current = self.model_of[env_id]

    def built(self, source: pathlib.Path | None = None) -> tuple[Any, Any]:
        """Model of the current environment, its own copy, and the spec it was compiled from, which is only read.

        source: the file that MyoSuite would have compiled, if it is one.
        """
        if self.current not in self.kept:
            while len(self.kept) >= KEPT:
                self.kept.pop(next(iter(self.kept)))
            spec = self.parsed()
            own = None if source is None else mujoco.MjSpec.from_file(str(source))
            if own is not None:  # MuJoCo 3.14, which wrote the flat text, has no flag `multiccd` any more
                spec.option.enableflags = own.option.enableflags
            self.kept[self.current] = (spec.compile(), spec)
            self.restate_inertials(spec, own)
        model, spec = self.kept[self.current]
        return copy.copy(model), spec

    def parsed(self) -> Any:
        return mujoco.MjSpec.from_file(str(self.pack / self.files[self.current]))

    def restate_inertials(self, spec: Any, own: Any) -> None:
        """Lets the spec say about inertia what MyoSuite's own says. The model keeps the inertias of the flat text.

        An episode that draws a geom's size or a body's mass recomputes the inertia (`refresh_geom_derived_fields`):
        from the geoms where the spec says that it came from them, else by scaling what the spec states. The flat text
        states one for every body, and states it after `boundinertia` has had its effect.
        """
        bodies = spec.bodies
        for body in self.implicit[self.current]:
            bodies[body].explicitinertial = False
        for stated in [] if own is None else own.bodies:
            flat = spec.body(stated.name) if stated.name else None
            if flat is not None and stated.explicitinertial:
                for field in STATED:
                    setattr(flat, field, getattr(stated, field))

    def install(self) -> None:
        """Replaces every way in which MyoSuite builds a model. Call it once, after importing myosuite."""
        builder = importlib.import_module("myosuite.core.model_builder").ModelBuilder
        builder.build = lambda recorded: self.built(recorded._xml_path)
        modular = importlib.import_module("myosuite.envs.modular_env").__dict__
        modular["_build_model_from_task_model"] = lambda _name: self.built()
        mimic = importlib.import_module("myosuite.envs.myo.tasks.mimic.cpu").__dict__
        mimic["compile_mimic_bimanual_mjmodel"] = self.mimic_bimanual
        mimic["compile_mimic_fullbody_mjmodel"] = lambda _config: (*self.built(), self.current)
        for name, module in list(sys.modules.items()):
            if name.startswith("myosuite.") and hasattr(module, "build_from_recipe"):
                module.__dict__["build_from_recipe"] = lambda *_args, **_kwargs: self.built()

    def mimic_bimanual(self, config: Any) -> tuple[Any, Any, str]:
        model, spec = self.built()
        for option in MIMIC_OPTIONS:
            setattr(model.opt, option, int(getattr(config, f"model_{option}")))
        return model, spec, self.current

    def constructor_kwargs(self, registered: dict[str, Any]) -> dict[str, Any]:
        """Constructor arguments that build a spec by themselves and leave compiling it to the environment."""
        # A plain function: Gymnasium copies what it registers, and a spec cannot be copied.
        return {"model_spec_fn": lambda: self.parsed()} if registered.get("model_spec_fn") is not None else {}
