"""How many synergies explain the activations of the hand's 39 muscles? A factorisation into non-negative parts.

MyoSuite's tutorial "Analyse movements". For MyoSuite itself the import is `from myosuite import make_env`.
"""

import numpy as np

from myoserve import make_env


def factorise(data: np.ndarray, rank: int, rounds: int = 200) -> np.ndarray:
    """Lee and Seung's multiplicative updates: data [n, muscles] as a product of non-negative factors."""
    rng = np.random.default_rng(0)
    weights, parts = rng.random((len(data), rank)) + 0.1, rng.random((rank, data.shape[1])) + 0.1
    for _ in range(rounds):
        parts *= (weights.T @ data) / (weights.T @ weights @ parts + 1e-9)
        weights *= (data @ parts.T) / (weights @ parts @ parts.T + 1e-9)
    return weights @ parts


env = make_env("myoHandPoseRandom-v0")
rng = np.random.default_rng(1)
activations, angles = [], []
for episode in range(2):
    env.reset(seed=episode)
    # Muscles that work together: four slow rhythms, mixed.
    mixing = rng.normal(size=(4, env.action_space.shape[0]))
    for step in range(100):
        rhythms = np.sin(2 * np.pi * step * np.array([1, 2, 3, 4]) / 100)
        action = np.clip(rhythms @ mixing, -1, 1).astype(np.float32)
        _, _, terminated, truncated, info = env.step(action)
        activations.append(info["obs_dict"]["act"])
        angles.append(info["obs_dict"]["qpos"])
        if terminated or truncated:
            break
env.close()
data = np.clip(np.array(activations), 0, None)
moved = np.ptp(angles, axis=0).max()
print(f"{data.shape[0]} samples of {data.shape[1]} muscles, joints moved by {moved:.2f} rad at most")
for rank in (1, 2, 4, 8):
    explained = 100 * (1 - np.sum((data - factorise(data, rank)) ** 2) / np.sum(data**2))
    print(f"{rank} synergies explain {explained:.1f} %")
