"""The same command to a healthy, a tiring and a weak elbow: what is left of it, and where the forearm goes.

MyoSuite's tutorial "Fatigue modeling". For MyoSuite itself the import is `from myosuite import make_env`.
"""

import numpy as np

from myoserve import make_env

BODIES = {"healthy": "myo", "fatigue": "myoFati", "sarcopenia": "myoSarc"}
STEPS = 1000

for name, letters in BODIES.items():
    # Actions are excitations here; flexors on, extensors off.
    env = make_env(f"{letters}ElbowPose1D6MFixed-v0", normalize_act=False, pose_thd=0.1)
    command = np.array([0, 0, 0, 1, 1, 1], np.float32)
    env.reset(seed=0)
    for step in range(STEPS):
        # The time limit of 100 steps ends an episode, not the simulation.
        info = env.step(command)[-1]
        if step in (9, 99, 999):
            flexors, angle = info["obs_dict"]["act"][3:].mean(), info["obs_dict"]["qpos"][0]
            print(f"{name}: after {step + 1} steps activation {flexors:.3f}, elbow {angle:.3f} rad")
    env.close()
