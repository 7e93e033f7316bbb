"""MyoSuite's environments one after the other, in this thread. Each input line is an id, or seconds to step it.

An id that cannot be made is answered with -1.
"""

import json
import sys
import time
from typing import Any

import gymnasium as gym
from actions import action_tape


def measure(env: Any, tape: Any, budget: float) -> dict[str, float]:
    """Mean time of a step, us; resets are not counted."""
    count, spent = 0, 0.0
    while spent < budget:
        start = time.perf_counter()
        _, _, terminated, truncated, _ = env.step(tape[count % len(tape)])
        spent += time.perf_counter() - start
        count += 1
        if terminated or truncated:
            env.reset()
    return {"value": 1e6 * spent / count, "count": count}


def main() -> None:
    import myosuite  # noqa: F401  (registers the ids)

    env, tape = None, None
    print("ready", flush=True)
    for line in sys.stdin:
        text = line.strip()
        if text[:1].isdigit():
            answer = measure(env, tape, float(text))
        else:
            if env is not None:
                env.close()
            try:
                env = gym.make(text, disable_env_checker=True)
            except (ImportError, OSError, ValueError) as problem:
                env, answer = None, {"value": -1.0}
                print(f"{text}: {problem}", file=sys.stderr)
            else:
                tape = action_tape(env.action_space.low, env.action_space.high, 1)[:, 0]
                env.reset(seed=0)
                answer = {"value": 0.0}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
