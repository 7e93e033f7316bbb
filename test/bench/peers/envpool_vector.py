"""MyoSuite's tasks in EnvPool: C++ threads of this process. Arguments: id, number of envs, number of threads."""

import importlib
import sys
import types

import numpy as np
from actions import action_tape
from contestant import serve


def import_envpool() -> types.ModuleType:
    """EnvPool with MyoSuite's ids alone: its entry module registers every family and wants their assets installed."""
    sys.modules["envpool.entry"] = types.ModuleType("envpool.entry")
    envpool = importlib.import_module("envpool")
    importlib.import_module("envpool.mujoco.myosuite.registration")
    return envpool


def main() -> None:
    env_id, rows, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    envs = import_envpool().make_gymnasium(env_id, num_envs=rows, num_threads=threads, seed=0)
    space = envs.action_space
    tape = action_tape(space.low, space.high, rows).astype(np.float32)
    envs.reset()
    step_number = 0

    def step() -> int:
        nonlocal step_number
        envs.step(tape[step_number % len(tape)])
        step_number += 1
        return rows

    serve(step)
    envs.close()


if __name__ == "__main__":
    main()
