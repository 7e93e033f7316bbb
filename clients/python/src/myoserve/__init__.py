"""MyoServe's Python client: environments and agents of a server as Gymnasium knows them.

Importing the package registers ``myoserve/<id>`` for every environment of this release.
"""

from ._launch import Server, launch
from ._rollout import Rollout
from .agents import Job, JobProgress, RemoteAgent, list_agents, make_agent
from .driving import Episode, Progress, play
from .env import MyoServeEnv
from .errors import MyoServeError
from .policy import Policy
from .registration import list_envs, make_env, register, register_ids
from .vector import MyoServeVectorEnv

__all__ = [
    "Episode",
    "Job",
    "JobProgress",
    "MyoServeEnv",
    "MyoServeError",
    "MyoServeVectorEnv",
    "Policy",
    "Progress",
    "RemoteAgent",
    "Rollout",
    "Server",
    "launch",
    "list_agents",
    "list_envs",
    "make_agent",
    "make_env",
    "play",
    "register",
]

register_ids()
