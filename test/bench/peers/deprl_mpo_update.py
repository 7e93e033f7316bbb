"""Gradient steps a second of depRL's own MPO updaters: critic, actor, duals, targets. Arguments: width, device."""

import sys

import numpy as np
import torch
from contestant import serve
from deprl_updaters import create

OBS, ACTIONS, BATCH, SAMPLES = 403, 80, 256, 20


def main(hidden: int, device: str) -> None:
    if device != "cpu":  # as depRL's main program does
        torch.set_default_device(device)
    model, actor, critic = create(OBS, ACTIONS, hidden, SAMPLES, normalise=True)
    rng = np.random.default_rng(0)
    batch = {
        "observations": rng.standard_normal((BATCH, OBS)),
        "actions": rng.standard_normal((BATCH, ACTIONS)),
        "next_observations": rng.standard_normal((BATCH, OBS)),
        "rewards": rng.standard_normal(BATCH),
        "discounts": np.full(BATCH, 0.99),
    }
    arrays = {name: values.astype(np.float32) for name, values in batch.items()}

    def update() -> int:
        tensors = {name: torch.as_tensor(values) for name, values in arrays.items()}
        critic(**tensors)
        actor(tensors["observations"])
        model.update_targets()
        return 1

    serve(update)


main(int(sys.argv[1]), sys.argv[2])
