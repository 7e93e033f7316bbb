"""A policy for the elbow, learned, saved, loaded and tested with stable-baselines3 (`pip install 'myoserve[sb3]'`).

MyoSuite's tutorial "Train a policy". For MyoSuite itself the import is `from myosuite import make_env`.
"""

import sys
import tempfile
from pathlib import Path

from stable_baselines3 import PPO

from myoserve import make_env

# The task is learned after some 500000 steps; fewer show that everything runs.
total_steps = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
env = make_env("myoElbowPose1D6MRandom-v0")
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "elbow.zip"
    model = PPO("MlpPolicy", env, n_steps=256, seed=0, device="cpu")
    model.learn(total_steps)
    model.save(path)
    policy = PPO.load(path, device="cpu")

solved, steps = 0, 0
for episode in range(5):
    obs, _ = env.reset(seed=episode)
    ended = False
    while not ended:
        action, _ = policy.predict(obs, deterministic=True)
        obs, _, terminated, truncated, info = env.step(action)
        ended = terminated or truncated
        solved, steps = solved + bool(info["solved"]), steps + 1
env.close()
print(f"at the target in {solved} of {steps} steps")
