"""MyoSuite in gymnasium's AsyncVectorEnv: one process an env. Arguments: id, number of processes."""

import sys

import gymnasium as gym
from actions import action_tape
from contestant import serve


def main() -> None:
    import myosuite  # noqa: F401  (registers the ids)

    env_id, processes = sys.argv[1], int(sys.argv[2])
    envs = gym.make_vec(env_id, num_envs=processes, vectorization_mode="async")
    space = envs.single_action_space
    tape = action_tape(space.low, space.high, processes)
    envs.reset(seed=0)
    step_number = 0

    def step() -> int:
        nonlocal step_number
        envs.step(tape[step_number % len(tape)])
        step_number += 1
        return processes

    serve(step)
    envs.close()


if __name__ == "__main__":
    main()
