"""Writes ostrich-vectors.json: episodes of OstrichRL's own tasks on dm_control.

They have other seeds than the recordings, and mocap_tracking, which has none.

Run: pip install mujoco==3.4.0 dm_control==1.0.36, then
python test/parity/record-ostrich.py <clone of github.com/vittorione94/ostrichrl> && npx prettier --write test/parity
The clone needs a meshes/head.stl; where it lacks one take the stand-in out of the model pack `ostrich`.
"""

import json
import sys
from pathlib import Path

import mujoco
import numpy as np

sys.path.insert(0, sys.argv[1])
import ostrichrl  # noqa: F401, E402  registers the tasks
from dm_control import suite  # noqa: E402

OUT = Path(__file__).with_name("ostrich-vectors.json")
# id, task, seed, kwargs, steps, steps before which the caller resets
EPISODES = [
    ("ostrich-run-v0", "run", 11, {}, 45, []),
    ("ostrich-run-v0", "run", 2**32 - 1, {}, 20, [10]),
    ("ostrich-run-torque-v0", "run_torque", 12, {}, 60, []),
    ("ostrich-foraging-v0", "foraging", 13, {}, 40, [15, 30]),
    ("ostrich-foraging-v0", "foraging", 0, {}, 10, []),
    ("ostrich-mocap-tracking-v0", "mocap_tracking", 14, {}, 60, []),
    ("ostrich-mocap-tracking-v0", "mocap_tracking", 15, {"clip": "cyclic", "init_noise_scale": 0.05}, 30, [10, 20]),
    ("ostrich-mocap-tracking-v0", "mocap_tracking", 16, {"test": True, "rot_rew_weight": 0.3}, 60, []),
    ("ostrich-mocap-tracking-v0", "mocap_tracking", 17, {"play": True, "min_episode_steps": 25}, 60, []),
]


def action(size, step):
    """Exact in any arithmetic: (7 step + 13 i) mod 21, from -1 to 1."""
    return ((7 * step + 13 * np.arange(size)) % 21 - 10) / 10


def flat(timestep):
    return np.concatenate([np.ravel(value) for value in timestep.observation.values()])


def shown(values):
    """As observations travel, float32 in its shortest text."""
    return [float(str(value)) for value in np.asarray(values, dtype=np.float32)]


def record(name, task, seed, kwargs, steps, resets):
    env = suite.load("ostrich", task, task_kwargs={"random": seed, **kwargs})
    size = env.action_spec().shape[0]
    timestep = env.reset()
    starts = [env.physics.data.qpos.tolist()]
    rewards, terminated = [], []
    for step in range(steps):
        if step > 0 and (timestep.last() or step in resets):
            timestep = env.reset()
            starts.append(env.physics.data.qpos.tolist())
        timestep = env.step(action(size, step))
        rewards.append(timestep.reward)
        terminated.append(int(timestep.last()))
    return {
        "id": name,
        "seed": seed,
        "kwargs": kwargs,
        "resets": resets,
        "starts": starts,
        "rewards": rewards,
        "terminated": terminated,
        # Once for the task without a recording of its observations.
        "observation": shown(flat(timestep)) if task == "mocap_tracking" and not kwargs else None,
        "qpos": env.physics.data.qpos.tolist(),
    }


OUT.write_text(json.dumps({"mujoco": mujoco.__version__, "episodes": [record(*row) for row in EPISODES]}) + "\n")
