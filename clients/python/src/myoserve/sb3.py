"""Rows of a server as a stable-baselines3 ``VecEnv``: one session, one round trip a step.

The only user of the `stable_baselines3` package; needs ``myoserve[sb3]``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from ._info import row_info
from ._messages import EnvStepOk
from ._spaces import from_nd
from .vector import MyoServeVectorEnv


class MyoServeVecEnv(VecEnv):
    """Built on the autoreset mode ``same_step``, which is what stable-baselines3 assumes.

    Where an episode ends, its row's info holds ``terminal_observation``, ``TimeLimit.truncated``
    and ``episode`` with the server's return and length, as Monitor would write it.
    """

    def __init__(self, env_id: str, n_envs: int = 1, **kwargs: Any) -> None:
        """Connect and make a session.

        Args:
            env_id: id on the server, e.g. ``myoLegWalk-v0``.
            n_envs: rows.
            **kwargs: of `MyoServeVectorEnv`: ``url``, ``info_keys``, …, and of the environment.

        Raises:
            MyoServeError: ENV_UNKNOWN, BAD_OPTIONS, MODEL_MISSING, CAPACITY, UNAVAILABLE.

        """
        self._envs = MyoServeVectorEnv(
            env_id.removeprefix("myoserve/"), n_envs, **{**kwargs, "autoreset_mode": "SameStep"}
        )
        self._session = self._envs.session
        self._actions: Any = None
        self._started = time.time()
        super().__init__(n_envs, self._session.obs.space, self._session.act.space)
        self.metadata = self._envs.metadata

    def reset(self) -> VecEnvObs:
        """Reset every row, with the seeds and options given before."""
        seeds = None if all(seed is None for seed in self._seeds) else self._seeds
        # SB3 keeps options a row; the server takes one set for all.
        options = self._options[0] if any(self._options) else None
        obs, infos = self._envs.reset(seed=seeds, options=options)
        names = self._session.terms
        self.reset_infos = [
            {name: infos[name][row].item() for name in names if name in infos} for row in range(self.num_envs)
        ]
        self._reset_seeds()
        self._reset_options()
        observations: VecEnvObs = obs
        return observations

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Take the actions of the next `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step every row."""
        codec = self._session.obs
        reply = self._session.step(self._session.act.pack_batch(self._actions, self.num_envs))
        terminated, truncated = from_nd(reply.term), from_nd(reply.trunc)
        infos = [row_info(self._session.terms, reply.terms, row) for row in range(self.num_envs)]
        for row, sentence in (reply.errors or {}).items():
            infos[int(row)]["error"] = sentence
        self._put_final(reply, infos, truncated & ~terminated)
        self._put_dicts(reply, infos, terminated)
        self._put_episodes(reply, infos)
        rewards = from_nd(reply.rew).astype(np.float32)
        return codec.batch(codec.views(reply.obs)), rewards, terminated | truncated, infos

    def _put_final(self, reply: EnvStepOk, infos: list[dict[str, Any]], cut: npt.NDArray[Any]) -> None:
        if reply.final is None:
            return
        codec = self._session.obs
        views = codec.views(reply.final.obs)
        for index, row in enumerate(np.flatnonzero(from_nd(reply.final.mask))):
            # What ended is what a learner logs; the row's own terms are those of the new episode.
            infos[row].update(row_info(self._session.terms, reply.final.terms, index))
            infos[row]["terminal_observation"] = codec.row(views, index)
            infos[row]["TimeLimit.truncated"] = bool(cut[row])

    def _put_dicts(self, reply: EnvStepOk, infos: list[dict[str, Any]], terminated: npt.NDArray[Any]) -> None:
        """Of the step that ended an episode, as the terms are."""
        session = self._session
        if session.dicts is None:
            return
        views = dict(enumerate(session.obs.views(reply.obs)[0]))
        if reply.final is not None:
            last = session.obs.views(reply.final.obs)[0]
            views.update(zip(np.flatnonzero(from_nd(reply.final.mask)).tolist(), last, strict=True))
        rewards = from_nd(reply.rew)
        for row, info in enumerate(infos):
            done = bool(terminated[row]) and "error" not in info
            session.dicts.add(info, views[row], float(rewards[row]), done=done)

    def _put_episodes(self, reply: EnvStepOk, infos: list[dict[str, Any]]) -> None:
        if reply.ep is None:
            return
        elapsed = round(time.time() - self._started, 6)
        rows = np.flatnonzero(from_nd(reply.ep.mask))
        for row, total, length in zip(rows, from_nd(reply.ep.r), from_nd(reply.ep.l), strict=True):
            infos[row]["episode"] = {"r": float(total), "l": int(length), "t": elapsed}

    def close(self) -> None:
        """End the session. Idempotent."""
        self._envs.close()

    def get_images(self) -> Sequence[npt.NDArray[np.uint8] | None]:
        """One picture a row."""
        return self._envs.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute as each row has it; all rows have the same."""
        return [getattr(self._envs, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Rows live in the server: they have no attributes to set."""
        raise AttributeError(f"{attr_name} cannot be set: rows live in the server; pass keyword arguments instead")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Rows live in the server: they have no methods to call."""
        raise AttributeError(f"{method_name} cannot be called: rows live in the server")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """No row is wrapped."""
        return [False for _ in self._get_indices(indices)]
