"""Checkpoints made by depRL's own network classes, converted and compared."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest

import myoserve
from myoserve.convert_deprl import convert_run
from myoserve.policy import Policy

torch = pytest.importorskip("torch")

OBS, ACTIONS = 7, 3
CONFIG = """
tonic:
  header: raise SystemExit('the header was run')
  agent: deprl.custom_agents.dep_factory(3, deprl.custom_mpo_torch.TunedMPO())()
  environment: deprl.environments.Gym('myoLegWalk-v0', scaled_actions=False)
mpo_args: {hidden_size: 64}
"""


@pytest.fixture(scope="module")
def torso() -> Any:
    """Networks of depRL; of MyoSuite, the package imports its name of Gym alone."""
    utils = types.ModuleType("myosuite.utils")
    utils.gym = gymnasium  # type: ignore[attr-defined]
    sys.modules.setdefault("myosuite", types.ModuleType("myosuite"))
    sys.modules.setdefault("myosuite.utils", utils)
    return pytest.importorskip("deprl.custom_torso", reason="deprl is not installed")


def make_model(torso: Any, hidden: int) -> Any:
    torch.manual_seed(3)
    model = torso.custom_model_mpo(hidden)
    model.initialize(SimpleNamespace(shape=(OBS,)), SimpleNamespace(shape=(ACTIONS,)))
    with torch.no_grad():
        # As after training: moments that are not 0 and 1, outputs that are not near 0.
        model.observation_normalizer._mean.copy_(torch.linspace(-2, 2, OBS))
        model.observation_normalizer._std.copy_(torch.linspace(0.1, 3, OBS))
        for parameter in model.actor.parameters():
            parameter.mul_(1.5)
    return model


@pytest.mark.parametrize("hidden", [64, 256])
def test_actions_are_deprls(torso: Any, tmp_path: Path, hidden: int) -> None:
    model = make_model(torso, hidden)
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    torch.save(model.state_dict(), run / "checkpoints" / "step_1000000.pt")
    (run / "config.yaml").write_text(CONFIG, "utf-8")
    command = [sys.executable, "-m", "myoserve.convert_deprl", str(run), str(tmp_path / "policy")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert "myoLegWalk-v0" in result.stdout
    policy = Policy.load(tmp_path / "policy")
    assert policy.meta["source"] == {
        "framework": "deprl",
        "agent": "TunedMPO",
        "environment": "myoLegWalk-v0",
        "scaled_actions": False,
        "step": 1_000_000,
    }
    obs = np.random.default_rng(0).normal(scale=2, size=(500, OBS)).astype(np.float32)
    with torch.no_grad():
        theirs = model.actor(torch.as_tensor(obs))
    loc, scale = policy.gaussian(obs)
    assert np.abs(policy(obs) - theirs.loc.numpy()).max() < 1e-6
    assert np.abs(loc - theirs.loc.numpy()).max() < 1e-6
    assert np.abs(scale - theirs.scale.numpy()).max() < 1e-6
    # What is compared is no constant, and what is left of the difference is single precision on their side.
    assert np.ptp(theirs.loc.numpy(), axis=0).min() > 0.5
    with torch.no_grad():
        exact = model.double().actor(torch.as_tensor(obs.astype(np.float64)))
    assert np.abs(loc - exact.loc.numpy()).max() < 1e-12
    assert np.abs(scale - exact.scale.numpy()).max() < 1e-12


def test_an_actor_alone_is_converted(torso: Any, tmp_path: Path) -> None:
    model = make_model(torso, 64)
    torch.save(model.actor.state_dict(), tmp_path / "step_5.pt")
    policy = convert_run(tmp_path / "step_5.pt")
    obs = np.random.default_rng(1).normal(size=(20, OBS)).astype(np.float32)
    assert np.abs(policy(obs) - model.actor(torch.as_tensor(obs)).loc.detach().numpy()).max() < 1e-6


class Trap:
    """Code that a pickle would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("trap-sprung"),)


def test_pickled_code_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"actor.torso.model.0.weight": Trap()}, "step_1.pt")
    with pytest.raises(myoserve.MyoServeError, match="weights alone"):
        convert_run(Path("step_1.pt"))
    assert not Path("trap-sprung").exists()


def test_the_converted_policy_plays(torso: Any, tmp_path: Path, server: myoserve.Server) -> None:
    env = gymnasium.make("myoserve/arm26-reach-v0", url=server.url)
    torch.manual_seed(0)
    model = torso.custom_model_mpo(16)
    model.initialize(env.observation_space, env.action_space)
    torch.save(model.state_dict(), tmp_path / "step_1.pt")
    policy = convert_run(tmp_path / "step_1.pt", tuple(env.action_space.low[:1]) + tuple(env.action_space.high[:1]))
    episodes = myoserve.play(policy, env, 2, seed=1)
    assert [episode.length for episode in episodes] == [env.unwrapped.server_spec.max_episode_steps] * 2
    env.close()
