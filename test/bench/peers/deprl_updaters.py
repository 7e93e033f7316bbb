"""depRL 0.5.0's own networks and MPO updaters, without its environments."""

import sys
import types
from typing import Any

import gymnasium
import numpy as np


def import_deprl() -> tuple[Any, Any, Any]:
    """Models, updaters, normalizers. The package imports MyoSuite for its name of Gym alone."""
    utils = types.ModuleType("myosuite.utils")
    utils.gym = gymnasium  # type: ignore[attr-defined]
    sys.modules["myosuite"] = types.ModuleType("myosuite")
    sys.modules["myosuite.utils"] = utils
    from deprl.vendor.tonic.torch import models, normalizers, updaters

    return models, updaters, normalizers


def create(obs: int, actions: int, hidden: int, samples: int, normalise: bool) -> tuple[Any, Any, Any]:
    """A model of two hidden layers with its updater of the actor and that of the critic."""
    models, updaters, normalizers = import_deprl()
    import torch

    def torso() -> Any:
        return models.MLP((hidden, hidden), torch.nn.ReLU)

    model = models.ActorCriticWithTargets(
        actor=models.Actor(
            encoder=models.ObservationEncoder(),
            torso=torso(),
            head=models.GaussianPolicyHead(),
        ),
        critic=models.Critic(
            encoder=models.ObservationActionEncoder(),
            torso=torso(),
            head=models.ValueHead(),
        ),
        observation_normalizer=normalizers.MeanStd() if normalise else None,
    )
    action_space = gymnasium.spaces.Box(-1, 1, (actions,), np.float32)
    model.initialize(gymnasium.spaces.Box(-np.inf, np.inf, (obs,), np.float32), action_space)
    actor = updaters.MaximumAPosterioriPolicyOptimization(num_samples=samples)
    critic = updaters.ExpectedSARSA(num_samples=samples)
    actor.initialize(model, action_space)
    critic.initialize(model)
    return model, actor, critic
