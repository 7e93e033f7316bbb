"""An elbow moved by random excitations: what is observed, what is rewarded.

MyoSuite's tutorial "Load and visualize a model". For MyoSuite itself the import is `from myosuite import make_env`.
"""

from myoserve import make_env

env = make_env("myoElbowPose1D6MRandom-v0")
env.action_space.seed(3)
obs, info = env.reset(seed=3)
print(f"{obs.size} values are observed, {env.action_space.shape[0]} muscles driven, every {env.unwrapped.dt:.3f} s")
for step in range(100):
    obs, reward, terminated, truncated, info = env.step(env.action_space.sample())
    if step % 20 == 19:
        angle, error = info["obs_dict"]["qpos"][0], info["obs_dict"]["pose_err"][0]
        print(f"step {step + 1}: elbow {angle:.3f} rad, {error:+.3f} rad to go, reward {reward:.3f}")
print("terms of the last reward:", {key: round(float(value), 3) for key, value in info["rwd_dict"].items()})
print("terminated" if terminated else "truncated" if truncated else "goes on")
env.close()
