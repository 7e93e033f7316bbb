"""Turn a checkpoint of depRL into a policy folder: ``python -m myoserve.convert_deprl <run or step_N.pt> <folder>``.

Nothing of the checkpoint is executed: weights are loaded as weights only, and of `config.yaml`, whose strings depRL
evaluates as Python, the few that are needed are parsed as text. Needs torch and PyYAML (`myoserve[convert]`).
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import MyoServeError
from .policy import KIND, Policy

# Axes: O observation, A actions.
Weights = Mapping[str, npt.NDArray[np.float32]]
# Bounds of the standard deviation in depRL's Gaussian head.
SCALE_BOUNDS = [1e-4, 1.0]
# Agents whose actors are ReLU layers with a Gaussian head whose mean is tanh.
AGENTS = ("TunedMPO", "MPO")
_STEP = re.compile(r"step_(\d+)\.pt")
_LAYER = re.compile(r"torso\.model\.(\d+)\.weight")


def _refuse(sentence: str) -> MyoServeError:
    return MyoServeError("BAD_OPTIONS", sentence)


# Files --------------------------------------------------------------------------------------


def find_checkpoint(path: Path) -> tuple[Path, Path | None]:
    """The weights and the config of a run folder (its newest checkpoint) or of one checkpoint."""
    if path.is_file():
        config = path.parent.parent / "config.yaml"
        return path, config if config.is_file() else None
    found = [(int(match[1]), file) for file in path.glob("**/step_*.pt") if (match := _STEP.fullmatch(file.name))]
    if not found:
        raise MyoServeError("NOT_FOUND", f"A depRL run holds checkpoints/step_N.pt, but {path} has none; name the run.")
    return find_checkpoint(max(found)[1])


def load_weights(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The arrays of a checkpoint, by depRL's names; no code of it runs."""
    try:
        import torch  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MyoServeError(
            "UNAVAILABLE", "Reading a depRL checkpoint needs torch; pip install 'myoserve[convert]'."
        ) from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise _refuse(f"{path} must be weights alone, but torch refuses it: {str(error).splitlines()[0]}") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise _refuse(f"{path} must map names to tensors, as depRL's step_N.pt does; name one of these files.")
    return {str(name): value.detach().to(torch.float32).numpy() for name, value in state.items()}


# The config ---------------------------------------------------------------------------------


def read_config(path: Path) -> dict[str, Any]:
    """What is needed of `config.yaml`: agent class, environment id, whether actions are rescaled."""
    try:
        import yaml  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MyoServeError(
            "UNAVAILABLE", "Reading config.yaml needs PyYAML; pip install 'myoserve[convert]'."
        ) from error
    try:
        config = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise _refuse(f"{path} must be plain YAML, but it is not: {str(error).splitlines()[0]}") from error
    tonic = config.get("tonic") if isinstance(config, dict) else None
    if not isinstance(tonic, dict):
        raise _refuse(f"{path} must have a block 'tonic', as depRL writes it; name a run of depRL.")
    environment = _parsed(tonic.get("environment"))
    return {
        "agent": _agent_of(_parsed(tonic.get("agent")), path),
        "environment": next((value for value in _constants(environment) if isinstance(value, str)), None),
        "scaled_actions": _keyword(environment, "scaled_actions", True),
    }


def _parsed(source: Any) -> list[ast.AST]:
    """The nodes of an expression, which is looked at and never run; in the order of its text."""
    if not isinstance(source, str):
        return []
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return list(ast.walk(tree))


def _constants(nodes: list[ast.AST]) -> list[Any]:
    return [node.value for node in nodes if isinstance(node, ast.Constant)]


def _keyword(nodes: list[ast.AST], name: str, default: Any) -> Any:
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg == name and isinstance(node.value, ast.Constant):
            return node.value.value
    return default


def _agent_of(nodes: list[ast.AST], path: Path) -> str | None:
    """The class of the agent; None where the config does not say."""
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.id for node in nodes if isinstance(node, ast.Name)}
    found = next((agent for agent in AGENTS if agent in names), None)
    if names and found is None:
        raise _refuse(f"{path} must name one of the agents {', '.join(AGENTS)}, but it names {sorted(names)}.")
    return found


# The policy ---------------------------------------------------------------------------------


def _part(weights: Weights, prefix: str) -> dict[str, npt.NDArray[np.float32]]:
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def _array(part: Weights, name: str) -> npt.NDArray[np.float32]:
    array = part.get(name)
    if array is None:
        raise _refuse(f"An actor of depRL's MPO has {name}, but the checkpoint lacks it; name one of an MPO run.")
    return array


def actor_layers(actor: Weights) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """W [in, out] and b [out] of each layer; the last one holds both heads, mean before deviation."""
    numbers = sorted(int(match[1]) for name in actor if (match := _LAYER.fullmatch(name)))
    names = [f"torso.model.{number}" for number in numbers]
    layers = [(_array(actor, f"{name}.weight").T, _array(actor, f"{name}.bias")) for name in names]
    heads = [f"head.{head}_layer.0" for head in ("loc", "scale")]
    last = np.concatenate([_array(actor, f"{name}.weight").T for name in heads], axis=1)
    return [*layers, (last, np.concatenate([_array(actor, f"{name}.bias") for name in heads]))]


def convert(weights: Weights, source: Mapping[str, Any], action_range: tuple[float, float] = (-1.0, 1.0)) -> Policy:
    """A policy of a checkpoint's arrays.

    depRL 0.5.0 hands the running mean and deviation of observations to the critic alone; its actor sees observations as
    they are. A checkpoint whose actor does normalise, as those of Tonic do, names them under the actor.

    Args:
        weights: by depRL's names, of the whole model or of the actor alone.
        source: what `read_config` found, and more that is kept in the meta data.
        action_range: of every action of the environment.

    """
    actor = _part(weights, "actor.") or dict(weights)
    layers = actor_layers(actor)
    obs, actions = layers[0][0].shape[0], layers[-1][0].shape[1] // 2
    mean = actor.get("encoder.observation_normalizer._mean", np.zeros(obs, np.float32))
    std = actor.get("encoder.observation_normalizer._std", np.ones(obs, np.float32))
    low, high = action_range
    scaled = bool(source.get("scaled_actions", False))
    middle, half = ((low + high) / 2, (high - low) / 2) if scaled else (0.0, 1.0)
    arrays = {"obs_mean": mean, "obs_std": std}
    for i, (weight, bias) in enumerate(layers):
        arrays |= {f"w{i}": weight, f"b{i}": bias}
    ends = {"middle": middle, "half": half, "low": low, "high": high}
    arrays |= {f"action_{end}": np.full(actions, value, np.float32) for end, value in ends.items()}
    meta = {
        "kind": KIND,
        "algo": "mpo",
        "sizes": [obs, *(bias.size for _, bias in layers)],
        "activation": "relu",
        "tanh": "mean",
        "deviation": "softplus",
        "deviation_bounds": SCALE_BOUNDS,
        "obs_buffers": [["<f4", obs]],
        "obs_columns": None,
        "obs_keys": {},
        "act_buffers": [["<f4", actions]],
        "actuators": [],
        "source": {"framework": "deprl", **source},
    }
    return Policy(meta, arrays)


def convert_run(path: Path, action_range: tuple[float, float] = (-1.0, 1.0)) -> Policy:
    """The policy of a run folder or of one `step_N.pt`.

    Raises:
        MyoServeError: NOT_FOUND; BAD_OPTIONS for anything but weights of MPO; UNAVAILABLE without torch or PyYAML.

    """
    file, config = find_checkpoint(path)
    source = {} if config is None else read_config(config)
    step = _STEP.fullmatch(file.name)
    return convert(load_weights(file), {**source, "step": None if step is None else int(step[1])}, action_range)


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m myoserve.convert_deprl", description=__doc__)
    parser.add_argument("source", type=Path, help="run folder (its newest checkpoint) or step_N.pt")
    parser.add_argument("folder", type=Path, help="folder to write policy.json and policy.bin to")
    parser.add_argument(
        "--action-range",
        nargs=2,
        type=float,
        default=(-1.0, 1.0),
        metavar=("LOW", "HIGH"),
        help="of every action of the environment; -1 1 where absent",
    )
    options = parser.parse_args(arguments)
    low, high = options.action_range
    try:
        policy = convert_run(options.source, (low, high))
        policy.save(options.folder)
    except MyoServeError as error:
        print(error, file=sys.stderr)
        return 1
    environment = policy.meta["source"].get("environment")
    sizes = f"{policy.obs_size} observations, {policy.action_size} actions, layers {policy.sizes[1:-1]}"
    print(f"{options.folder}: {sizes}")
    print(f"trained on {environment}" if environment else "no config.yaml beside it: the environment is not known")
    return 0


if __name__ == "__main__":
    sys.exit(main())
