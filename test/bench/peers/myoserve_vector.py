"""MyoServe through its Python client: N rows, one socket. Arguments: url, id, number of rows, [reward terms]."""

import sys

import gymnasium as gym
import myoserve  # noqa: F401  (registers the ids)
from actions import action_tape
from contestant import serve


def main() -> None:
    url, env_id, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    terms = sys.argv[4].split(",") if len(sys.argv) > 4 else None
    envs = gym.make_vec(f"myoserve/{env_id}", num_envs=rows, url=url, info_keys=terms)
    space = envs.single_action_space
    tape = action_tape(space.low, space.high, rows)
    envs.reset(seed=0)
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
