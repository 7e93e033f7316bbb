"""Record depRL's own MPO updaters, for `mpo-lockstep.test.ts`.

Runs in the environment of `test/bench/peers/requirements-deprl.txt`, installed with
`pip install --no-deps --ignore-requires-python -r`:

    python test/agents/record-mpo.py

Writes `mpo-deprl.bin`, little-endian f32: UPDATES + 1 learner states (parameters in our layout, Adam moments, duals),
then the losses and duals that the updaters returned; and `mpo-deprl.json`, which names the parts. Batches and action
noise come from NumPy streams that the test draws again, so that their digest alone is stored.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "bench/peers"))
from deprl_updaters import create  # noqa: E402

OBS, ACTIONS, HIDDEN, BATCH, SAMPLES, UPDATES, SEED = 3, 2, 4, 8, 4, 1000, 20230802

Array = NDArray[np.float32]


def draw(rng: np.random.Generator) -> dict[str, Array]:
    """One batch and the noise of both updaters; the test does the same with the same stream."""
    obs = rng.standard_normal((BATCH, OBS))
    actions = 0.7 * rng.standard_normal((BATCH, ACTIONS))
    next_obs = 0.9 * obs + 0.3 * rng.standard_normal((BATCH, OBS))
    discounts = np.where(rng.random(BATCH) < 0.1, 0.0, 0.99)
    miss = actions[:, 0] - 0.5 * obs[:, 0]
    rewards = 1 - miss * miss + 0.3 * actions[:, 1] * obs[:, 1]
    noise = [rng.standard_normal((SAMPLES, BATCH, ACTIONS)) for _ in range(2)]
    drawn = {
        "obs": obs,
        "actions": actions,
        "next_obs": next_obs,
        "rewards": rewards,
        "discounts": discounts,
        "critic_noise": noise[0],
        "actor_noise": noise[1],
    }
    return {name: values.astype(np.float32) for name, values in drawn.items()}


class RecordedNoise:
    """Stands in for torch's generator inside the updaters."""

    def __init__(self) -> None:
        self.queue: list[torch.Tensor] = []
        normal = torch.distributions.normal
        normal._standard_normal = lambda shape, dtype, device: self.queue.pop(0).view(shape)  # type: ignore[attr-defined]

        def sample(distribution: Any, shape: Any = ()) -> torch.Tensor:
            with torch.no_grad():
                return distribution.rsample(torch.Size(shape))

        normal.Normal.sample = sample  # type: ignore[method-assign]


def linears(net: torch.nn.Module) -> list[torch.nn.Linear]:
    return [module for module in net.modules() if isinstance(module, torch.nn.Linear)]


def flat(net: torch.nn.Module, of: Any) -> list[Array]:
    """By layer W [in, out], then b [out]; the two heads of the actor side by side."""
    layers = linears(net)
    groups = [[layer] for layer in layers[:2]] + [layers[2:]]
    parts: list[Array] = []
    for group in groups:
        parts.append(np.concatenate([of(layer.weight).numpy().T for layer in group], axis=1).ravel())
        parts.append(np.concatenate([of(layer.bias).numpy() for layer in group]))
    return parts


def moment(optimizer: torch.optim.Optimizer, key: str) -> Any:
    return lambda param: optimizer.state[param][key] if param in optimizer.state else torch.zeros_like(param)


def state_of(model: Any, actor: Any, critic: Any) -> dict[str, Array]:
    nets = {"actor": model.actor, "critic": model.critic}
    targets = {"target_actor": model.target_actor, "target_critic": model.target_critic}
    duals = [actor.log_temperature, actor.log_penalty_temperature, actor.log_alpha_mean, actor.log_alpha_std]
    parts = {name: flat(net, lambda p: p.detach()) for name, net in {**nets, **targets}.items()}
    parts["duals"] = [dual.detach().numpy() for dual in duals]
    for name, optimizer in {"actor": actor.actor_optimizer, "critic": critic.optimizer}.items():
        parts[f"{name}_adam_m"] = flat(nets[name], moment(optimizer, "exp_avg"))
        parts[f"{name}_adam_v"] = flat(nets[name], moment(optimizer, "exp_avg_sq"))
    for key, torch_key in {"m": "exp_avg", "v": "exp_avg_sq"}.items():
        parts[f"dual_adam_{key}"] = [moment(actor.dual_optimizer, torch_key)(dual).numpy() for dual in duals]
    return {name: np.concatenate([array.ravel() for array in arrays]) for name, arrays in parts.items()}


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    model, actor, critic = create(OBS, ACTIONS, HIDDEN, SAMPLES, normalise=False)
    noise = RecordedNoise()
    rng = np.random.default_rng(SEED)
    digest = hashlib.sha256()
    state = state_of(model, actor, critic)
    layout = [[name, array.size] for name, array in state.items()]
    states = [state]
    metrics: list[Array] = []
    names: list[list[Any]] = []
    for _ in range(UPDATES):
        batch = draw(rng)
        for array in batch.values():
            digest.update(array.tobytes())
        tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
        noise.queue = [tensors["critic_noise"], tensors["actor_noise"]]
        critic_info = critic(
            tensors["obs"], tensors["actions"], tensors["next_obs"], tensors["rewards"], tensors["discounts"]
        )
        info = {"critic_loss": critic_info["loss"], "q": critic_info["q"].mean(), **actor(tensors["obs"])}
        model.update_targets()
        names = [[name, value.numel()] for name, value in info.items()]
        metrics.append(np.concatenate([value.numpy().ravel() for value in info.values()]))
        states.append(state_of(model, actor, critic))
    rows = [np.concatenate(list(state.values())) for state in states]
    folder = Path(__file__).parent
    data = np.concatenate([np.stack(rows).ravel(), np.stack(metrics).ravel()]).astype("<f4")
    (folder / "mpo-deprl.bin").write_bytes(data.tobytes())
    sizes = {"obs": OBS, "actions": ACTIONS, "hidden": HIDDEN, "batch": BATCH, "samples": SAMPLES}
    header = {
        "deprl": "0.5.0",
        "torch": torch.__version__.split("+")[0],
        "seed": SEED,
        "updates": UPDATES,
        **sizes,
        "state": layout,
        "metrics": names,
        "drawn_sha256": digest.hexdigest(),
    }
    (folder / "mpo-deprl.json").write_text(json.dumps(header, indent=2) + "\n")


if __name__ == "__main__":
    main()
