"""Whether two ids of EnvPool step alike, bit for bit: {"value": 1} or {"value": 0}. Arguments: two ids."""

import json
import sys

import numpy as np
from actions import action_tape
from envpool_vector import import_envpool

ROWS = 16
STEPS = 400


def main() -> None:
    one, other = (import_envpool().make_gymnasium(i, num_envs=ROWS, num_threads=2, seed=0) for i in sys.argv[1:3])
    tape = action_tape(one.action_space.low, one.action_space.high, ROWS).astype(np.float32)
    alike = np.array_equal(one.reset()[0], other.reset()[0])
    for step in range(STEPS):
        action = tape[step % len(tape)]
        pairs = zip(one.step(action)[:4], other.step(action)[:4], strict=True)
        alike = alike and all(np.array_equal(a, b) for a, b in pairs)
    print(json.dumps({"value": int(alike), "rows": ROWS, "steps": STEPS}), flush=True)


if __name__ == "__main__":
    main()
