"""What the converter reads of a depRL run; the networks themselves are compared in `ecosystem`."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import myoserve
from myoserve import _launch, convert_deprl
from myoserve.convert_deprl import convert, find_checkpoint, read_config

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

CONFIG = """
tonic:
  header: import os; os.mkdir('header-ran')
  agent: deprl.custom_agents.dep_factory(3, deprl.custom_mpo_torch.TunedMPO())(
    replay=deprl.replays.buffers.Buffer(return_steps=3, batch_size=256))
  environment: deprl.environments.Gym('myoLegWalk-v0', scaled_actions=False, reset_type='random')
  seed: 0
env_args: {}
mpo_args: {hidden_size: 1024}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def test_reads_what_is_needed(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, CONFIG))
    assert config == {"agent": "TunedMPO", "environment": "myoLegWalk-v0", "scaled_actions": False}
    rescaled = CONFIG.replace("scaled_actions=False, ", "")
    assert read_config(write(tmp_path, rescaled))["scaled_actions"] is True


def test_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evil = "__import__('os').mkdir('ran') or deprl.custom_mpo_torch.TunedMPO()"
    text = CONFIG.replace("deprl.environments.Gym(", "__import__('os').mkdir('ran') or deprl.environments.Gym(")
    text = re.sub(r"  agent: .*?\n  env", lambda _: f"  agent: {evil}\n  env", text, flags=re.DOTALL)
    assert read_config(write(tmp_path, text))["agent"] == "TunedMPO"
    with pytest.raises(myoserve.MyoServeError, match="plain YAML"):
        read_config(write(tmp_path, "tonic: !!python/object/apply:os.mkdir [ran]"))
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_refuses_other_agents(tmp_path: Path) -> None:
    other = CONFIG.replace("deprl.custom_mpo_torch.TunedMPO", "deprl.torch.agents.PPO")
    with pytest.raises(myoserve.MyoServeError, match="PPO") as caught:
        read_config(write(tmp_path, other))
    assert caught.value.code == "BAD_OPTIONS"
    with pytest.raises(myoserve.MyoServeError, match="block 'tonic'"):
        read_config(write(tmp_path, "[1, 2]"))


def test_finds_the_newest_checkpoint(tmp_path: Path) -> None:
    # Folders with "step" in their names lead depRL itself astray.
    run = tmp_path / "stepping" / "231004.101010"
    (run / "checkpoints").mkdir(parents=True)
    for name in ("step_2000000.pt", "step_10000000.pt", "step_9.pt.bak", "time.pt"):
        (run / "checkpoints" / name).touch()
    newest = run / "checkpoints" / "step_10000000.pt"
    assert find_checkpoint(run) == (newest, None)
    write(run, CONFIG)
    assert find_checkpoint(tmp_path) == (newest, run / "config.yaml")
    with pytest.raises(myoserve.MyoServeError, match="NOT_FOUND"):
        find_checkpoint(tmp_path / "nowhere")


def weights(rng: np.random.Generator, obs: int = 3, actions: int = 2) -> dict[str, np.ndarray]:
    shapes = {
        "torso.model.0": (4, obs),
        "torso.model.2": (5, 4),
        "head.loc_layer.0": (actions, 5),
        "head.scale_layer.0": (actions, 5),
    }
    draw = {f"{name}.weight": rng.normal(size=shape) for name, shape in shapes.items()}
    draw |= {f"{name}.bias": rng.normal(size=shape[0]) for name, shape in shapes.items()}
    return {name: array.astype(np.float32) for name, array in draw.items()}


def test_an_actor_that_normalises_brings_its_moments() -> None:
    actor = weights(np.random.default_rng(0))
    mean, std = np.array([1, 2, 3], np.float32), np.array([0.5, 2, 4], np.float32)
    whole = {f"actor.{name}": array for name, array in actor.items()}
    # The critic's moments are not the actor's.
    shared = {"observation_normalizer._mean": mean, "observation_normalizer._std": std}
    plain = convert({**whole, **shared, **{f"critic.encoder.{name}": array for name, array in shared.items()}}, {})
    moments = {f"encoder.{name}": array for name, array in shared.items()}
    normalising = convert({**whole, **{f"actor.{name}": array for name, array in moments.items()}}, {})
    obs = np.array([0.2, -1.0, 2.0])
    assert np.allclose(normalising(obs * std + mean), plain(obs), atol=1e-6)
    assert not np.allclose(normalising(obs), plain(obs), atol=1e-2)
    assert np.array_equal(convert({**actor, **moments}, {})(obs), normalising(obs))


def test_actions_are_rescaled_where_tonic_does_it() -> None:
    actor, obs = weights(np.random.default_rng(1)), np.array([0.2, -1.0, 2.0])
    loc = convert(actor, {})(obs)
    assert np.allclose(convert(actor, {"scaled_actions": True}, (0.0, 4.0))(obs), 2 + 2 * loc, atol=1e-6)
    assert np.allclose(convert(actor, {"scaled_actions": False}, (0.0, 4.0))(obs), np.clip(loc, 0, 4), atol=1e-6)


def test_the_server_plays_the_files_as_numpy_does(server: myoserve.Server, tmp_path: Path) -> None:
    env = gym.make("myoserve/arm26-reach-v0", url=server.url)
    assert isinstance(env.observation_space, gym.spaces.Box)
    assert isinstance(env.action_space, gym.spaces.Box)
    obs, actions = env.observation_space.shape[0], env.action_space.shape[0]
    low, high = float(env.action_space.low[0]), float(env.action_space.high[0])
    actor = weights(np.random.default_rng(2), obs, actions)
    policy = convert(actor, {"scaled_actions": True}, (low, high))
    policy.save(tmp_path / "policy")
    here = myoserve.play(policy, env, 2, seed=70)
    env.close()
    command = [*_launch._command(), "play", str(tmp_path / "policy"), "--env", "arm26-reach-v0", "--json"]
    environ = {**os.environ, "MYOSERVE_HOME": str(tmp_path / "home")}
    result = subprocess.run(
        [*command, "--episodes", "2", "--seed", "70"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    there = json.loads(result.stdout)
    assert there["lengths"] == [episode.length for episode in here]
    assert there["returns"] == pytest.approx([episode.total_reward for episode in here], rel=1e-3)


def test_missing_heads_are_named() -> None:
    actor = weights(np.random.default_rng(0))
    del actor["head.scale_layer.0.weight"]
    with pytest.raises(myoserve.MyoServeError, match=r"head\.scale_layer\.0\.weight"):
        convert(actor, {})


def test_the_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert_deprl.main([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "step_N.pt" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
