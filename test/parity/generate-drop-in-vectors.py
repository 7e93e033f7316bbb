"""Writes drop-in-vectors.json: what MyoSuite 3.0.0 returns for keyword arguments, `obs_dict` and `rwd_dict` included.

<interpreter of `npx myoserve parity --setup`> test/parity/generate-drop-in-vectors.py --pack <model pack myosuite>
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any

import numpy as np  # type: ignore[import-not-found,unused-ignore]

HERE = pathlib.Path(__file__).resolve().parent
PARITY = HERE.parents[1] / "envs" / "packs" / "parity"
SEED, STEPS = 5, 12
CASES: list[tuple[str, dict[str, Any]]] = [
    ("myoElbowPose1D6MRandom-v0", {}),
    ("myoElbowPose1D6MRandom-v0", {"normalize_act": False}),
    ("myoElbowPose1D6MRandom-v0", {"frame_skip": 5}),
    ("myoElbowPose1D6MRandom-v0", {"reset_type": "init", "pose_thd": 0.5}),
    ("myoFatiElbowPose1D6MFixed-v0", {"frame_skip": 5, "normalize_act": False}),
    ("motorFingerReachRandom-v0", {"normalize_act": False}),
    ("myoHandReachRandom-v0", {"far_th": 0.02, "obs_keys": ["reach_err", "tip_pos"]}),
    ("myoHandPoseRandom-v0", {"weighted_reward_keys": {"pose": 2.0, "bonus": 1.0}, "obs_keys": ["pose_err", "qpos"]}),
    ("myoLegStandRandom-v0", {"far_th": 0.2}),
    ("myoLegWalk-v0", {"reset_type": "random", "frame_skip": 5, "target_x_vel": 0.5, "hip_period": 50}),
]


def numbers(values: Any) -> list[float]:
    return [float(value) for value in np.asarray(values, dtype=np.float64).ravel()]


def record(env: Any) -> dict[str, Any]:
    """A reset and steps of a sine an element; dictionaries of the last step."""
    low, high = env.action_space.low, env.action_space.high
    obs, _ = env.reset(seed=SEED)
    out: dict[str, Any] = {"reset": numbers(obs), "actions": [], "rewards": [], "terminated": []}
    info: dict[str, Any] = {}
    for step in range(STEPS):
        share = 0.5 + 0.475 * np.sin(2 * np.pi * (0.037 * step + 0.1731 * np.arange(low.size)))
        # Few digits: the action in the file is the one that was sent.
        action = np.round(low + (high - low) * share, 4).astype(np.float32)
        obs, reward, terminated, _, info = env.step(action)
        out["actions"].append([round(value, 4) for value in numbers(action)])
        out["rewards"].append(float(reward))
        out["terminated"].append(bool(terminated))
    out["obs_dict"] = {key: numbers(value) for key, value in info["obs_dict"].items()}
    out["rwd_dict"] = {key: float(np.asarray(value).item()) for key, value in info["rwd_dict"].items()}
    return {**out, "last": numbers(obs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=pathlib.Path, required=True)
    pack = parser.parse_args().pack.resolve()
    sys.path.insert(0, str(PARITY))
    from driver import Driver  # type: ignore[import-not-found,unused-ignore]

    driver = Driver(pack)
    cases = []
    for env_id, kwargs in CASES:
        driver.make({"id": env_id, "kwargs": kwargs})
        cases.append({"id": env_id, "kwargs": kwargs, "seed": SEED, **record(driver.env)})
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "drop-in-vectors.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
