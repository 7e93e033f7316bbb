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
from ._flight import Batch
from ._info import put_terms, step_infos
from ._replacements import ROW_ATTRIBUTES, missing
from ._rollout import DEFAULT_PARTS, Part, Rollout, State, run_rollout
from ._rows import checked_mask, checked_rows, of_batch
from ._session import Autoreset, Session
from ._spaces import Array, from_nd, take_rows
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
        info_dicts: bool = False,
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
            info_dicts: put MyoSuite's ``obs_dict`` and ``rwd_dict`` into `infos`; rows that were reset have
                the reward terms 0.
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
            info_dicts=info_dicts,
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
            info_dicts=info_dicts,
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
        self._rows = np.arange(num_envs)
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
        mask = checked_mask(options.pop("reset_mask", None), self.num_envs)
        self._take_seed(seed)
        reply = self._session.reset(seed, options or None, mask)
        views = self._session.obs.views(reply.obs)
        terms = from_nd(reply.terms)
        rows = self._every if mask is None or len(terms) == self.num_envs else mask
        for target, view in zip(self._obs, views, strict=True):
            target[rows] = view
        if mask is not None and rows is self._every:
            terms, rows = terms[mask], mask
        return self._observations(), self._reset_infos(terms, rows)

    def _reset_infos(self, terms: Array, rows: Array, views: Sequence[Array] | None = None) -> dict[str, Any]:
        """Of the rows of a mask; `views` holds their observations, else `_obs` those of all."""
        session = self._session
        infos = put_terms({}, session.terms, terms, rows)
        if session.dicts is not None:
            view = self._obs[0][rows] if views is None else views[0]
            nothing = np.zeros(len(terms))
            session.dicts.add_rows(infos, session.terms, (view, terms, nothing, nothing), rows)
        return infos

    def _take_seed(self, seed: int | Sequence[int | None] | None) -> None:
        if isinstance(seed, (int, np.integer)):
            super().reset(seed=int(seed))
        elif seed is not None and len(seed) != self.num_envs:
            raise ValueError(f"seed must hold {self.num_envs} entries, but {len(seed)} came")

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
        infos = step_infos(reply, session, self._rows, self._episode_stats)
        return (
            self._observations(),
            from_nd(reply.rew).copy(),
            from_nd(reply.term).copy(),
            from_nd(reply.trunc).copy(),
            infos,
        )

    def _observations(self) -> Any:
        return self._session.obs.batch(self._obs, self._copy)

    # Asynchronous: rows of whichever batch is done first -------------------------------------

    @property
    def pending(self) -> int:
        """Rows that were sent and not received yet."""
        return self._session.flight.pending

    def async_reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
        batch_size: int | None = None,
    ) -> None:
        """Begin to reset rows; `recv` returns them.

        Args:
            seed: as of `reset`.
            options: as of `reset`; rows of ``reset_mask`` must not be under way.
            batch_size: rows of each `recv` that returns them, all at once where absent.

        """
        options = dict(options or {})
        mask = checked_mask(options.pop("reset_mask", None), self.num_envs)
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, but {batch_size} came")
        self._take_seed(seed)
        rows = self._rows if mask is None else np.flatnonzero(mask)
        self._session.send_reset(seed, options or None, rows, batch_size or self.num_envs)

    def send(self, actions: Any, env_ids: Any = None) -> None:
        """Begin to step rows; `recv` returns them, in the order in which batches are done.

        Returns at once, except where four batches are under way: then one of them is waited for.

        Args:
            actions: one for each of `env_ids`, [n, …].
            env_ids: rows, all where absent; in any order, and none of them under way.

        Raises:
            MyoServeError: BAD_ACTION for a wrong shape or dtype, SESSION_LOST.
            ValueError: a row is named twice, does not exist or is under way.
            TimeoutError: four batches are under way and none was done within `timeout`.

        """
        rows = self._rows if env_ids is None else checked_rows(env_ids, self.num_envs)
        wire = self._session.act.pack_batch(actions, len(rows))
        if (rows[1:] < rows[:-1]).any():
            order = np.argsort(rows)
            rows, wire = rows[order], take_rows(wire, order)
        self._session.send(wire, rows)

    def recv(self) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        """The batch that was done first: observations, rewards, flags and infos of its n rows.

        ``info["env_id"]``, int32 [n], ascending, names the rows. Rows that were reset have reward 0.
        With ``copy=False`` observations of rows that are neighbours are views of the one buffer,
        valid until these rows are received again.

        Raises:
            MyoServeError: what became of the batch instead: BAD_ACTION, NEEDS_RESET, …, or
                STEP_CONFLICT where a batch sent before it failed; ``data["env_ids"]`` lists its
                rows, which were not stepped and can be sent again. STEP_CONFLICT also where
                nothing is under way; SESSION_LOST.
            TimeoutError: none was done within `timeout`; all stay under way.

        """
        batch = self._session.receive()
        error, reply = batch.error, batch.reply
        if error is not None or reply is None:
            raise of_batch(error, batch.rows)
        if isinstance(reply, m.EnvResetOk):
            return self._received_reset(reply, batch)
        session = self._session
        infos = step_infos(reply, session, batch.rows, self._episode_stats)
        infos["env_id"] = batch.rows.astype(np.int32)
        obs = self._received(session.obs.views(reply.obs), batch.rows)
        return obs, from_nd(reply.rew).copy(), from_nd(reply.term).copy(), from_nd(reply.trunc).copy(), infos

    def _received_reset(self, reply: m.EnvResetOk, batch: Batch) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        session, n = self._session, len(batch.rows)
        terms = from_nd(reply.terms)
        # A reply holds all rows, or those of the mask.
        part: Any = batch.rows if len(terms) == self.num_envs else batch.part
        views = [view[part] for view in session.obs.views(reply.obs)]
        infos = self._reset_infos(terms[part], np.ones(n, np.bool_), views)
        infos["env_id"] = batch.rows.astype(np.int32)
        obs = self._received(views, batch.rows)
        return obs, np.zeros(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_), infos

    def _received(self, views: Sequence[Array], rows: Array) -> Any:
        """Keep the newest observation of each row, and hand out those of `rows`."""
        first, last = int(rows[0]), int(rows[-1]) + 1
        neighbours = last - first == len(rows)
        where: Any = slice(first, last) if neighbours else rows
        for target, view in zip(self._obs, views, strict=True):
            target[where] = view
        # Indexed by rows, the parts are arrays of their own.
        parts = [target[where] for target in self._obs]
        return self._session.obs.batch(parts, self._copy and neighbours)

    # Others ---------------------------------------------------------------------------------

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

    def __getattr__(self, name: str) -> Any:
        if name in ROW_ATTRIBUTES:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: rows are many; "
                "gym.make_vec(..., info_dicts=True) puts obs_dict and rwd_dict of all of them into infos."
            )
        raise missing(type(self).__name__, name)

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


def _rebuild(kind: type[MyoServeVectorEnv], arguments: dict[str, Any]) -> MyoServeVectorEnv:
    return kind(**arguments)
