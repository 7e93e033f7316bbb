"""Single-row step round trips through the Python client, with the worker's share of them. Arguments: url, id."""

import sys
import time

import gymnasium as gym
import myoserve  # noqa: F401  (registers the ids)
from actions import action_tape
from contestant_latency import serve


def main() -> None:
    url, env_id = sys.argv[1], sys.argv[2]
    env = gym.make(f"myoserve/{env_id}", url=url, disable_env_checker=True).unwrapped
    tape = action_tape(env.action_space.low, env.action_space.high, 1)[:, 0]
    env.reset(seed=0)
    step_number = 0

    def round_trip() -> float:
        nonlocal step_number
        action = tape[step_number % len(tape)]
        step_number += 1
        start = time.perf_counter()
        _, _, terminated, truncated, _ = env.step(action)
        elapsed = time.perf_counter() - start
        if terminated or truncated:
            env.reset()
        return elapsed

    serve(round_trip, extra=lambda: {"worker": env.metrics()["worker_ms"] * 1e3})
    env.close()


if __name__ == "__main__":
    main()
