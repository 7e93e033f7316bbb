"""One environment of a server as a `gymnasium.Env`."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from ._info import FLAG_TERMS, row_info
from ._messages import EnvSpec, NdArray
from ._replacements import missing
from ._rollout import DEFAULT_PARTS, Part, Rollout, State, run_rollout
from ._session import Session
from ._spaces import from_nd

if TYPE_CHECKING:
    from .rendering import SceneRenderer

DEFAULT_TIMEOUT = 120.0
_REWARD = struct.Struct("<d")


class MyoServeEnv(gym.Env[Any, Any]):
    """An environment that a MyoServe server steps; made by ``gym.make("myoserve/<id>")``.

    Observations are arrays of their own, `info` holds the reward terms of the step by name. The
    server truncates at the time limit. After the end of an episode `reset` is due; a step that
    comes instead goes on as the simulator does. The session survives a lost socket: each step is
    executed exactly once. Pickling keeps the arguments: the copy is a session of its own.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 50}  # type: ignore[misc]

    def __init__(
        self,
        env_id: str,
        *,
        url: str | None = None,
        render_mode: str | None = None,
        info_keys: Sequence[str] | None = None,
        info_dicts: bool = False,
        timeout: float | None = DEFAULT_TIMEOUT,
        width: int = 480,
        height: int = 480,
        camera: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        """Connect and make a session.

        Args:
            env_id: id on the server, e.g. ``myoLegWalk-v0``.
            url: `MYOSERVE_URL`, else ws://127.0.0.1:6960, where absent.
            render_mode: ``rgb_array`` draws with MuJoCo here; needs ``myoserve[render]``.
            info_keys: reward terms to send with each step, all where absent.
            info_dicts: put MyoSuite's ``obs_dict`` and ``rwd_dict`` into `info`; the groups are then sent
                with each step.
            timeout: seconds that a reset or step may take, None for no limit.
            width: of a rendered picture, pixels.
            height: of a rendered picture, pixels.
            camera: name or number of a camera of the model; a free one where absent.
            **kwargs: of the environment, e.g. ``obs_keys``; see ``npx myoserve describe <id>``.

        Raises:
            MyoServeError: ENV_UNKNOWN, BAD_OPTIONS, MODEL_MISSING, CAPACITY, UNAVAILABLE.

        """
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f'render_mode must be "rgb_array" or None, but {render_mode!r} came')
        self._arguments = dict(
            kwargs,
            env_id=env_id,
            url=url,
            render_mode=render_mode,
            info_keys=info_keys,
            info_dicts=info_dicts,
            timeout=timeout,
            width=width,
            height=height,
            camera=camera,
        )
        self._session = Session(
            env_id,
            1,
            "disabled",
            url=url,
            info_keys=info_keys,
            timeout=timeout,
            kwargs=kwargs,
            info_dicts=info_dicts,
        )
        self.render_mode = render_mode
        self.observation_space = self._session.obs.space
        self.action_space = self._session.act.space
        self.metadata = {**self.metadata, "render_fps": render_fps(self.server_spec)}  # type: ignore[misc]
        self._renderer: SceneRenderer | None = None
        self._renderer_pid = 0

    @property
    def session(self) -> Session:
        """The session behind this environment."""
        return self._session

    @property
    def server_spec(self) -> EnvSpec:
        """What the server says about this environment: units, names, terms, schemas."""
        return self._session.spec

    @property
    def dt(self) -> float:
        """Control step, s."""
        return self._session.spec.dt

    # What the row holds at present, asked of the server at each access; read-only.

    @property
    def obs_dict(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Observation groups by name, as MyoSuite's `obs_dict`."""
        groups = self._session.state().obs
        return MappingProxyType({name: frozen(group, np.float64) for name, group in groups.items()})

    @property
    def rwd_dict(self) -> Mapping[str, Any]:
        """Reward terms of the last step with ``dense``, the reward; empty before an episode's first step."""
        terms: dict[str, Any] = dict(self._session.state(()).terms)
        for name in FLAG_TERMS.intersection(terms):
            terms[name] = terms[name] != 0
        return MappingProxyType(terms)

    @property
    def qpos(self) -> npt.NDArray[np.float64]:
        """Generalised positions [nq], rad or m."""
        return frozen(self._session.state(()).qpos)

    @property
    def qvel(self) -> npt.NDArray[np.float64]:
        """Generalised velocities [nv], rad/s or m/s."""
        return frozen(self._session.state(()).qvel)

    @property
    def act(self) -> npt.NDArray[np.float64]:
        """Activations [na], 0 to 1."""
        return frozen(self._session.state(()).act)

    @property
    def time(self) -> float:
        """Simulation time of the episode, s."""
        return self._session.state(()).time

    def __getattr__(self, name: str) -> Any:
        raise missing(type(self).__name__, name)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode; a seed gives the same start on every machine.

        Raises:
            MyoServeError: BAD_OPTIONS for an unknown option.

        """
        super().reset(seed=seed)
        session = self._session
        reply = session.reset(seed, options)
        views = session.obs.views(reply.obs)
        info = row_info(session.terms, reply.terms)
        if session.dicts is not None:
            session.dicts.add(info, views[0][0], 0.0, done=False)
        return session.obs.row(views, 0), info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step once.

        Raises:
            MyoServeError: BAD_ACTION for a wrong shape or dtype, NaN or infinity; NEEDS_RESET
                before the first reset; SESSION_LOST where the server lost the session.
            TimeoutError: no reply within `timeout`; the step may still happen.

        """
        session = self._session
        reply = session.step(session.act.pack_row(action))
        info = row_info(session.terms, reply.terms)
        if reply.errors:
            info["error"] = next(iter(reply.errors.values()))
        views = session.obs.views(reply.obs)
        reward: float = _REWARD.unpack_from(reply.rew.data)[0]
        terminated = reply.term.data[0] != 0
        if session.dicts is not None:
            session.dicts.add(info, views[0][0], reward, done=terminated and not reply.errors)
        return (
            session.obs.row(views, 0),
            reward,
            terminated,
            reply.trunc.data[0] != 0,
            info,
        )

    def render(self) -> npt.NDArray[np.uint8] | None:
        """The scene as a picture [height, width, 3], drawn by MuJoCo on this machine.

        Raises:
            ImportError: MuJoCo is missing; names the command that installs it.

        """
        if self.render_mode is None:
            gym.logger.warn("render() needs render_mode='rgb_array' in gym.make.")
            return None
        return self._drawn_by().draw(self._session.scenes(None)[0])

    def _drawn_by(self) -> SceneRenderer:
        # A GL context does not survive a fork.
        if self._renderer is None or self._renderer_pid != os.getpid():
            from .rendering import SceneRenderer  # noqa: PLC0415 - MuJoCo is optional

            arguments = self._arguments
            self._renderer = SceneRenderer(self._session, arguments["width"], arguments["height"], arguments["camera"])
            self._renderer_pid = os.getpid()
        return self._renderer

    def metrics(self) -> dict[str, float]:
        """What the server counts and times for this session, by name; times in ms."""
        return self._session.metrics()

    def snapshot(self) -> bytes:
        """The full state: physics, task, random streams. `restore` continues from it bit for bit.

        The bytes work in every session of the same id, keyword arguments and engine.
        """
        return self._session.snapshot(None)[0]

    def restore(self, state: bytes) -> None:
        """Continue from a `snapshot`."""
        self._session.restore([state], None)

    def rollout(
        self,
        actions: Any,
        snapshot: State = None,
        *,
        want: Sequence[Part] = DEFAULT_PARTS,
        obs_keys: Sequence[str] | None = None,
    ) -> Rollout:
        """What B action sequences of H steps would give; this environment stays as it is.

        Rewards are bit-equal to stepping from there, whatever B.

        Args:
            actions: [B, H, ...].
            snapshot: where to start, one state for all or one for each sequence; the present state
                where absent.
            want: parts to compute and send.
            obs_keys: groups of the observation to send, all where absent.

        Raises:
            MyoServeError: BAD_ACTION, BAD_OPTIONS, NEEDS_RESET, TOO_LARGE.

        """
        return run_rollout(self._session, actions, start=snapshot, row=0, want=want, obs_keys=obs_keys)

    def close(self) -> None:
        """End the session. Idempotent."""
        session: Session | None = getattr(self, "_session", None)
        if session is None:
            return
        session.close()
        if self._renderer is not None and self._renderer_pid == os.getpid():
            self._renderer.close()
        self._renderer = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._arguments)

    def __str__(self) -> str:
        return f"<{type(self).__name__}<{self._arguments['env_id']}>>"


def frozen(array: NdArray, dtype: Any = None) -> npt.NDArray[Any]:
    """A read-only array."""
    values = from_nd(array) if dtype is None else from_nd(array).astype(dtype)
    values.flags.writeable = False
    return values


def render_fps(spec: EnvSpec) -> int:
    """Frames per second at which a video runs in real time."""
    return max(1, round(1 / spec.dt))


def _rebuild(kind: type[MyoServeEnv], arguments: dict[str, Any]) -> MyoServeEnv:
    return kind(**arguments)
