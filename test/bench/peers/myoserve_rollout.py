"""Rewards of rollouts through MyoServe's Python client. Arguments: url, id, sequences, horizon."""

import sys

import gymnasium as gym
import myoserve  # noqa: F401  (registers the ids)
from actions import plans
from contestant import serve
from myoserve import MyoServeEnv


def main() -> None:
    """Serve rollouts on the line protocol."""
    url, env_id, sequences, horizon = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    env = gym.make(f"myoserve/{env_id}", url=url).unwrapped
    assert isinstance(env, MyoServeEnv)
    env.reset(seed=0)
    actions = plans(sequences, horizon, env.action_space.shape[0])

    def step() -> int:
        env.rollout(actions)
        return sequences * horizon

    serve(step)
    env.close()


if __name__ == "__main__":
    main()
