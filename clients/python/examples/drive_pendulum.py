"""A learner in the server, a pendulum here: the agent is asked for actions and told what came of them.

The environment is Gymnasium's own and never leaves this process; a robot's loop looks the same.
"""

import sys

import gymnasium as gym

import myoserve

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 15_000
env = gym.make("Pendulum-v1")
with myoserve.make_agent("mpo", env, preset="debug", seed=0) as agent:
    history = agent.learn(env, steps, seed=0, report_every=steps // 5)
    for entry in history:
        print(f"{entry.steps} steps, {entry.episodes} episodes, mean return {entry.mean_return or 0:.0f}")
    episodes = agent.play(env, 5, seed=100)
env.close()
print(f"played {len(episodes)} episodes, mean return {sum(e.total_reward for e in episodes) / len(episodes):.0f}")
