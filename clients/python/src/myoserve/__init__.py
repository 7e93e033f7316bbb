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
from .training import History, Row, Run, RunState, attach, compare, list_presets, list_runs, train
from .vector import MyoServeVectorEnv

__all__ = [
    "Episode",
    "History",
    "Job",
    "JobProgress",
    "MyoServeEnv",
    "MyoServeError",
    "MyoServeVectorEnv",
    "Policy",
    "Progress",
    "RemoteAgent",
    "Rollout",
    "Row",
    "Run",
    "RunState",
    "Server",
    "attach",
    "compare",
    "launch",
    "list_agents",
    "list_envs",
    "list_presets",
    "list_runs",
    "make_agent",
    "make_env",
    "play",
    "register",
    "train",
]

register_ids()
