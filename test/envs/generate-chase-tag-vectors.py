"""Writes chase-tag-vectors.json: what MyoSuite's chase tag shows for seeds and settings beside the recordings.

Run with MyoSuite 3.0.0 and mujoco 3.4.0: python test/envs/generate-chase-tag-vectors.py, then prettier --write.
"""

import json
from pathlib import Path

import colorednoise
import gymnasium
import mujoco
import numpy as np

import myosuite  # noqa: F401

OUT = Path(__file__).with_name("chase-tag-vectors.json")
STRIDE = 6
NOISE = [(2, 2000, [0, 1, 2, 3, 999, 1000, 1998, 1999]), (2, 10, list(range(10))), (1, 15, list(range(15)))]
KEYS = ["opponent_pose", "opponent_vel", "opponent_relative", "role", "task", "time"]
START_KEYS = ["model_root_pos", "torso_angle", "opponent_pose", "task", "hfield"]
REPELLER = {"repeller_opponent": True, "repeller_vel_range": (0.3, 1), "opponent_probabilities": (0, 0, 0, 1)}
RANDOM = {"random_vel_range": (-2, 2), "opponent_probabilities": (0, 0, 1)}
# Flat ground, where both engines follow MyoSuite: seed, control steps, settings.
EPISODES = [
    *[(seed, 42, REPELLER) for seed in range(4)],
    *[(seed, 42, RANDOM) for seed in range(2)],
    *[(seed, 42, {"task_choice": "EVADE", "chase_vel_range": (1, 5)}) for seed in range(2)],
    (0, 12, {"opponent_probabilities": (1, 0, 0)}),
    *[(seed, 12, {"reset_type": "none", "task_choice": "EVADE", "win_distance": 4.5}) for seed in range(2)],
    *[(seed, 24, {"reset_type": "random", "task_choice": "random", "win_distance": 3.0}) for seed in range(6)],
]


def noise(beta, length, at):
    rng = np.random.default_rng(5)
    series = [colorednoise.powerlaw_psd_gaussian(beta, (2, length), random_state=rng) for _ in range(2)]
    values = [[[float(x) for x in channel[at]] for channel in one] for one in series]
    return {"beta": beta, "length": length, "at": at, "series": values, "next": float(rng.random())}


def single(values):
    """Shortest decimals that read back as the same float32."""
    return [float(str(value)) for value in values]


def action(env, step):
    space = env.action_space
    wave = 0.5 + 0.475 * np.sin(2 * np.pi * (0.037 * step + 0.1731 * np.arange(space.shape[0])))
    return (space.low + (space.high - space.low) * wave).astype(np.float32)


def episode(seed, steps, settings):
    env = gymnasium.make("myoChallengeChaseTagP1-v0", disable_env_checker=True, obs_keys=KEYS, **settings)
    width = env.observation_space.shape[0] - env.unwrapped.model.na
    obs = [single(env.reset(seed=seed)[0][:width])]
    terms = []
    for step in range(steps):
        seen, reward, terminated, _, info = env.step(action(env, step))
        if step % STRIDE == STRIDE - 1:
            obs.append(single(seen[:width]))
            named = {key: float(np.asarray(value).item()) for key, value in info["rwd_dict"].items() if key != "dense"}
            terms.append({**named, "done": float(terminated), "reward": float(reward)})
    return {"seed": seed, "steps": steps, "kwargs": settings, "obs": obs, "terms": terms}


def start(seed):
    env = gymnasium.make("myoChallengeChaseTagP2eval-v0", disable_env_checker=True, obs_keys=START_KEYS)
    width = env.observation_space.shape[0] - env.unwrapped.model.na
    resets = [env.reset(seed=seed)[0], env.reset()[0]]
    field = env.unwrapped.model.hfield_data.astype(float)
    checks = [float(field.sum()), float(field @ np.cos(np.arange(field.size)))]
    return {"seed": seed, "obs": [single(obs[:width]) for obs in resets], "field": checks}


def main():
    if mujoco.__version__ != "3.4.0":
        raise SystemExit(f"this is mujoco {mujoco.__version__}; run it with mujoco 3.4.0")
    vectors = {
        "noise": [noise(*row) for row in NOISE],
        "keys": KEYS,
        "stride": STRIDE,
        "episodes": [episode(*row) for row in EPISODES],
        "startKeys": START_KEYS,
        "starts": [start(seed) for seed in range(6)],
    }
    OUT.write_text(json.dumps(vectors) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
