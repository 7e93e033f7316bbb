"""A depRL run with its own evaluations, until it is killed. Arguments: folder, id, seed, parallel, sequential, prefill,
replay, env-steps between evaluations."""

import sys

import deprl_run
from deprl.custom_trainer import Trainer


def main() -> None:
    folder, env = sys.argv[1:3]
    seed, parallel, sequential, prefill, replay, every = map(int, sys.argv[3:])
    options = {
        "folder": folder,
        "hidden": None,
        "parallel": parallel,
        "sequential": sequential,
        "prefill": prefill,
        "replay": replay,
        "seed": seed,
    }
    deprl_run.train(env, options, Trainer(steps=10**12, epoch_steps=every, save_steps=10**11))


if __name__ == "__main__":
    main()
