"""Rows of one environment as a `gymnasium.vector.VectorEnv`: one session, one round trip a step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from . import _messages as m
from ._info import put_terms
from ._rollout import DEFAULT_PARTS, Part, Rollout, State, run_rollout
from ._session import Autoreset, Session
from ._spaces import Array, from_nd
from .env import DEFAULT_TIMEOUT, render_fps

if TYPE_CHECKING:
    from .rendering import SceneRenderer

_WIRE_MODES: dict[AutoresetMode, Autoreset] = {
    AutoresetMode.NEXT_STEP: "next_step",
    AutoresetMode.SAME_STEP: "same_step",
    AutoresetMode.DISABLED: "disabled",
}


class MyoServeVectorEnv(VectorEnv[Any, Any, Any]):
    """`num_envs` rows that a server steps; made by ``gym.make_vec("myoserve/<id>", num_envs=64)``.

    All three autoreset modes as Gymnasium defines them; `infos` in its format of `key` and mask
    `_key`. With ``episode_stats=True`` the server's returns and lengths come as
    ``infos["episode"]`` without RecordEpisodeStatistics.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array"],
        "render_fps": 50,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        env_id: str,
        num_envs: int = 1,
        *,
        url: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        info_keys: Sequence[str] | None = None,
        episode_stats: bool = False,
        copy: bool = True,
        timeout: float | None = DEFAULT_TIMEOUT,
        width: int = 240,
        height: int = 240,
        camera: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        """Connect and make a session.

        Args:
            env_id: id on the server, e.g. ``myoLegWalk-v0``.
            num_envs: rows.
            url: `MYOSERVE_URL`, else ws://127.0.0.1:6960, where absent.
            autoreset_mode: an `AutoresetMode` or its value, e.g. ``"SameStep"``.
            render_mode: ``rgb_array`` draws with MuJoCo here; needs ``myoserve[render]``.
            info_keys: reward terms to send with each step, all where absent.
            episode_stats: put ``episode`` (``r``, ``l``) into infos where episodes end.
            copy: hand out observations of their own; False reuses one buffer.
            timeout: seconds that a reset or step may take, None for no limit.
            width: of a rendered picture, pixels.
            height: of a rendered picture, pixels.
            camera: name or number of a camera of the model; a free one where absent.
            **kwargs: of the environment, the same for every row.

        Raises:
            MyoServeError: ENV_UNKNOWN, BAD_OPTIONS, MODEL_MISSING, CAPACITY, UNAVAILABLE.

        """
        mode = AutoresetMode(autoreset_mode)
        self._arguments = dict(
            kwargs,
            env_id=env_id,
            num_envs=num_envs,
            url=url,
            autoreset_mode=mode,
            render_mode=render_mode,
            info_keys=info_keys,
            episode_stats=episode_stats,
            copy=copy,
            timeout=timeout,
            width=width,
            height=height,
            camera=camera,
        )
        self._session = session = Session(
            env_id,
            num_envs,
            _WIRE_MODES[mode],
            url=url,
            info_keys=info_keys,
            timeout=timeout,
            kwargs=kwargs,
        )
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.metadata = {  # type: ignore[misc]
            **self.metadata,
            "render_fps": render_fps(session.spec),
            "autoreset_mode": mode,
        }
        self.single_observation_space = session.obs.space
        self.single_action_space = session.act.space
        self.observation_space = batch_space(session.obs.space, num_envs)
        self.action_space = batch_space(session.act.space, num_envs)
        self._copy, self._episode_stats = copy, episode_stats
        self._obs = session.obs.empty(num_envs)
        self._every = np.ones(num_envs, np.bool_)
        self._renderer: SceneRenderer | None = None
        self._renderer_pid = 0

    @property
    def session(self) -> Session:
        """The session behind this environment."""
        return self._session

    @property
    def server_spec(self) -> m.EnvSpec:
        """What the server says about this environment: units, names, terms, schemas."""
        return self._session.spec

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Reset rows.

        Args:
            seed: None goes on with each row's random stream; an int s gives row i the seed s + i;
                a list gives each row its own, None among them too.
            options: of the environment; ``reset_mask``, a bool array [N], names the rows to reset.

        """
        options = dict(options or {})
        mask = _checked_mask(options.pop("reset_mask", None), self.num_envs)
        if isinstance(seed, (int, np.integer)):
            super().reset(seed=int(seed))
        elif seed is not None and len(seed) != self.num_envs:
            raise ValueError(f"seed must hold {self.num_envs} entries, but {len(seed)} came")
        reply = self._session.reset(seed, options or None, mask)
        views = self._session.obs.views(reply.obs)
        terms = from_nd(reply.terms)
        rows = self._every if mask is None or len(terms) == self.num_envs else mask
        for target, view in zip(self._obs, views, strict=True):
            target[rows] = view
        if mask is not None and rows is self._every:
            terms, rows = terms[mask], mask
        return self._observations(), put_terms({}, self._session.terms, terms, rows)

    def step(self, actions: Any) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        """Step every row with actions [N, …].

        Raises:
            MyoServeError: BAD_ACTION, NEEDS_RESET, SESSION_LOST; see `MyoServeEnv.step`.
            TimeoutError: no reply within `timeout`; the step may still happen.

        """
        session = self._session
        reply = session.step(session.act.pack_batch(actions, self.num_envs))
        for target, view in zip(self._obs, session.obs.views(reply.obs), strict=True):
            np.copyto(target, view)
        infos: dict[str, Any] = {}
        if reply.final is not None:
            self._put_final(infos, reply.final)
        if reply.terms is not None:
            put_terms(infos, session.terms, from_nd(reply.terms), self._every)
        if reply.errors:
            self._put_errors(infos, reply.errors)
        if self._episode_stats and reply.ep is not None:
            self._put_episodes(infos, reply.ep)
        return (
            self._observations(),
            from_nd(reply.rew).copy(),
            from_nd(reply.term).copy(),
            from_nd(reply.trunc).copy(),
            infos,
        )

    def _observations(self) -> Any:
        return self._session.obs.batch(self._obs, self._copy)

    def _put_final(self, infos: dict[str, Any], final: m.StepFinal) -> None:
        codec, mask = self._session.obs, from_nd(final.mask).copy()
        if not mask.any():
            return
        views = codec.views(final.obs)
        observations = np.full(self.num_envs, None, object)
        for index, row in enumerate(np.flatnonzero(mask)):
            observations[row] = codec.row(views, index)
        infos["final_obs"], infos["_final_obs"] = observations, mask
        terms = put_terms({}, self._session.terms, from_nd(final.terms), mask)
        infos["final_info"], infos["_final_info"] = terms, mask.copy()

    def _put_errors(self, infos: dict[str, Any], errors: dict[str, str]) -> None:
        sentences, mask = np.full(self.num_envs, None, object), np.zeros(self.num_envs, np.bool_)
        for row, sentence in errors.items():
            sentences[int(row)], mask[int(row)] = sentence, True
        infos["error"], infos["_error"] = sentences, mask

    def _put_episodes(self, infos: dict[str, Any], ep: m.StepEpisodes) -> None:
        mask = from_nd(ep.mask).copy()
        returns, lengths = np.zeros(self.num_envs), np.zeros(self.num_envs, np.int64)
        returns[mask], lengths[mask] = from_nd(ep.r), from_nd(ep.l)
        infos["episode"] = {"r": returns, "_r": mask, "l": lengths, "_l": mask.copy()}
        infos["_episode"] = mask.copy()

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """One picture [height, width, 3] a row, drawn by MuJoCo on this machine."""
        if self.render_mode is None:
            return None
        if self._renderer is None or self._renderer_pid != os.getpid():
            from .rendering import SceneRenderer  # noqa: PLC0415 - MuJoCo is optional

            width, height = self._arguments["width"], self._arguments["height"]
            self._renderer = SceneRenderer(self._session, width, height, self._arguments["camera"])
            self._renderer_pid = os.getpid()
        return tuple(self._renderer.draw(scene) for scene in self._session.scenes(None))

    def metrics(self) -> dict[str, float]:
        """What the server counts and times for this session, by name; times in ms."""
        return self._session.metrics()

    def snapshot(self, rows: Sequence[int] | None = None) -> list[bytes]:
        """The full state of rows, all where absent; see `MyoServeEnv.snapshot`."""
        return self._session.snapshot(rows)

    def restore(self, states: Sequence[bytes], rows: Sequence[int] | None = None) -> None:
        """Continue from snapshots; one state goes to every row of `rows`, several one to a row."""
        self._session.restore(states, rows)

    def rollout(
        self,
        actions: Any,
        snapshot: State = None,
        *,
        row: int = 0,
        want: Sequence[Part] = DEFAULT_PARTS,
        obs_keys: Sequence[str] | None = None,
    ) -> Rollout:
        """As `MyoServeEnv.rollout`, from the present state of `row` where no snapshot is given."""
        return run_rollout(self._session, actions, start=snapshot, row=row, want=want, obs_keys=obs_keys)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute as each row has it; all rows have the same."""
        return (getattr(self, name),) * self.num_envs

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """What a row's attribute or method gives; all rows have the same."""
        value = getattr(self, name)
        result = value(*args, **kwargs) if callable(value) else value
        return result if isinstance(result, tuple) else (result,) * self.num_envs

    def close_extras(self, **kwargs: Any) -> None:
        """End the session."""
        session: Session | None = getattr(self, "_session", None)
        if session is None:
            return
        session.close()
        if self._renderer is not None and self._renderer_pid == os.getpid():
            self._renderer.close()
        self._renderer = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._arguments)


def _checked_mask(mask: Any, num_envs: int) -> npt.NDArray[np.bool_] | None:
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(f"options['reset_mask'] must be a NumPy array of bool, but {mask!r} came")
    if mask.shape != (num_envs,):
        raise ValueError(f"options['reset_mask'] must have shape ({num_envs},), not {mask.shape}")
    if not mask.any():
        raise ValueError("options['reset_mask'] must name at least one row, but all are False")
    return mask


def _rebuild(kind: type[MyoServeVectorEnv], arguments: dict[str, Any]) -> MyoServeVectorEnv:
    return kind(**arguments)
