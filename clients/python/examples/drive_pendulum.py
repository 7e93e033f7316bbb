"""A learner in the server, a pendulum here: the agent is asked for actions and told what came of them.

The environment is Gymnasium's own and never leaves this process; a robot's loop looks the same.
"""

import sys

import gymnasium as gym

import myoserve

# The preset is small; a pendulum wants more updates a step, and a mean that moves faster than MPO's own bound lets it.
CONFIG = {"hidden": [64, 64], "batch_size": 64, "batch_iterations": 25, "epsilon_mean": 1e-2, "epsilon_std": 1e-4}

# It swings up after some 15000 steps; fewer show that everything runs.
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 16_000
env = gym.make("Pendulum-v1")
with myoserve.make_agent("mpo", env, preset="debug", config=CONFIG, seed=0) as agent:
    for entry in agent.learn(env, steps, seed=0, report_every=steps // 5):
        print(f"{entry.steps} steps, {entry.episodes} episodes, mean return {entry.mean_return or 0:.0f}")
    episodes = agent.play(env, 5, seed=100)
env.close()
print(f"played {len(episodes)} episodes, mean return {sum(e.total_reward for e in episodes) / len(episodes):.0f}")
