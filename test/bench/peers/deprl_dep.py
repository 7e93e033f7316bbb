"""Steps a second of depRL's own DEP for 64 rows of 80 muscles, at MyoSuite's parameters."""

import gymnasium
import numpy as np
from contestant import serve
from deprl_updaters import import_deprl

ROWS, MUSCLES, TAPE, SMOOTHNESS = 64, 80, 64, 0.9
MYOSUITE = {
    "kappa": 1169.7,
    "tau": 40,
    "time_dist": 5,
    "bias_rate": 0.002,
    "s4avg": 2,
    "buffer_size": 200,
    "normalization": "independent",
    "q_norm_selector": "l2",
    "regularization": 32,
    "with_learning": True,
}


def main() -> None:
    import_deprl()
    from deprl.dep_controller import DEP

    dep = DEP()
    box = gymnasium.spaces.Box(-1, 1, (MUSCLES,), np.float32)
    dep.initialize(box, box)
    dep.set_params(MYOSUITE)
    rng = np.random.default_rng(0)
    tape = np.zeros((TAPE, ROWS, MUSCLES), np.float32)
    for step in range(1, TAPE):
        noise = rng.uniform(-1, 1, (ROWS, MUSCLES))
        tape[step] = SMOOTHNESS * tape[step - 1] + (1 - SMOOTHNESS) * noise
    steps = 0

    def step() -> int:
        nonlocal steps
        dep.step(tape[steps % TAPE])
        steps += 1
        return 1

    serve(step)


main()
