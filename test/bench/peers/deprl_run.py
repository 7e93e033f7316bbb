"""A training run of depRL 0.5.0 by its own `main.train`, with its published settings for MyoSuite."""

import importlib.metadata
import os
import sys
from typing import Any

# Its worker processes import this module too: it must be found, and the environment must be there under `deprl`.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# experiments/myosuite_training_files of depRL; DEP is the same in all, the rates are those of networks of 1024
DEP = {
    "bias_rate": 0.002,
    "buffer_size": 200,
    "intervention_length": 5,
    "intervention_proba": 0.0004,
    "kappa": 1169.7,
    "normalization": "independent",
    "q_norm_selector": "l2",
    "regularization": 32,
    "s4avg": 2,
    "sensor_delay": 1,
    "tau": 40,
    "test_episode_every": 3,
    "time_dist": 5,
    "with_learning": True,
}
RATES = {"lr_actor": 3.53e-05, "lr_critic": 6.081e-05, "lr_dual": 0.00213}
HEADER = "import deprl; import deprl_run; deprl_run.publish(deprl)"


def publish(deprl: Any) -> None:
    """Where depRL evaluates the text of an environment only its own name is known."""
    import deprl_myosuite

    deprl.environments.make_myosuite = deprl_myosuite.make


def train(env: str, options: dict[str, Any], trainer: Any) -> None:
    """Until its trainer ends.

    `options`: folder of its files, hidden (units of both layers, with the rates of the leg; None: 256 with depRL's base
    rates), parallel, sequential, prefill, replay, seed.
    """
    if importlib.metadata.version("deprl") != "0.5.0":
        raise RuntimeError("These are the settings of depRL 0.5.0.")
    import deprl
    from deprl.main import train as train_deprl

    deprl.trainer_of_this_run = trainer
    replay = (
        f"deprl.replays.buffers.Buffer(size={options['replay']}, return_steps=3, batch_size=256,"
        f" steps_between_batches=1000, batch_iterations=30, steps_before_batches={options['prefill']})"
    )
    config: dict[str, Any] = {
        "tonic": {
            "header": HEADER,
            "agent": f"deprl.custom_agents.dep_factory(3, deprl.custom_mpo_torch.TunedMPO())(replay={replay})",
            "environment": f"deprl.environments.make_myosuite({env!r})",
            "test_environment": None,
            "trainer": "deprl.trainer_of_this_run",
            "before_training": "",
            "after_training": "",
            "parallel": options["parallel"],
            "sequential": options["sequential"],
            "seed": options["seed"],
            "name": "run",
            "resume": False,
            "full_save": False,
        },
        "env_args": {},
        "DEP": DEP,
        "working_dir": options["folder"],
    }
    if options["hidden"] is not None:
        config["mpo_args"] = {"hidden_size": options["hidden"], **RATES}
    train_deprl(config)
