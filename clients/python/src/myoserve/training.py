"""Training inside the server: runs that outlive their client, watched and played from here."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from . import _messages as m
from ._comparison import Comparison, compare_runs
from ._connection import Connection
from ._progress import ProgressBar
from ._session import plain
from ._spaces import from_nd
from .driving import Episode
from .errors import MyoServeError
from .policy import Policy
from .registration import NAMESPACE

Which: TypeAlias = Literal["last", "best"]
RunState = m.RunState
# Seconds.
REQUEST_TIMEOUT = 300.0
WATCH_PERIOD = 0.5
# A step after every row of metrics: the state alone is wanted.
BEYOND = 10**12

_ReplyT = TypeVar("_ReplyT", bound=m.ReplyBase)


@dataclass(frozen=True)
class Row:
    """What was measured up to a step of a run; means since the row before."""

    step: int
    """Environment steps of all rows."""
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class History:
    """Rows of metrics as columns."""

    steps: npt.NDArray[np.float64]
    """[n] environment steps of all rows."""
    columns: Mapping[str, npt.NDArray[np.float64]]
    """[n] each, NaN where the figure was not taken."""

    def __getitem__(self, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Steps and values of one figure where it was taken, ready to plot."""
        if name not in self.columns:
            raise KeyError(f"{name!r}; there are {', '.join(sorted(self.columns))}")
        taken = ~np.isnan(self.columns[name])
        return self.steps[taken], self.columns[name][taken]

    def rows(self) -> Iterator[Row]:
        """One after the other."""
        for i, step in enumerate(self.steps):
            values = {name: float(column[i]) for name, column in self.columns.items()}
            yield Row(int(step), {name: value for name, value in values.items() if not np.isnan(value)})


class Run:
    """A training run of a server; made by `train` or `attach`.

    It belongs to the server: it goes on when this object is closed, and after a restart.
    """

    def __init__(self, connection: Connection, run: str) -> None:
        self._connection = connection
        self.id = run
        reply = self._get(None)
        self.name, self.algo, self.env = reply.run.name, reply.run.algo, reply.run.env
        self.settings: Mapping[str, Any] = reply.settings

    def _ask(self, request: m.RequestBase, reply: type[_ReplyT], timeout: float | None = REQUEST_TIMEOUT) -> _ReplyT:
        return self._connection.request(request, reply, timeout=timeout)

    def _get(self, since: int | None) -> m.TrainGetOk:
        return self._ask(m.TrainGet(id=0, run=self.id, since=since), m.TrainGetOk)

    # Watching -------------------------------------------------------------------------------

    def state(self) -> RunState:
        """State, steps done and wanted, seconds, newest metrics, best evaluation."""
        return self._get(BEYOND).run

    def history(self) -> History:
        """Everything measured so far."""
        replies = [self._get(None)]
        while replies[-1].more:
            replies.append(self._get(_last_step(replies[-1])))
        names = sorted({name for reply in replies for name in reply.names})
        return History(
            np.concatenate([from_nd(reply.steps) for reply in replies]),
            {name: np.concatenate([_column(reply, name) for reply in replies]) for name in names},
        )

    def watch(self, period: float = WATCH_PERIOD) -> Iterator[Row]:
        """Rows of metrics as they come, from the first one to the end of the run or a pause."""
        since: int | None = None
        while True:
            reply = self._get(since)
            if len(steps := from_nd(reply.steps)) > 0:
                since = int(steps[-1])
                yield from History(steps, {name: _column(reply, name) for name in reply.names}).rows()
            elif reply.run.state != "running":
                return
            if not reply.more and reply.run.state == "running":
                time.sleep(period)

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> RunState:
        """Wait until the run is done or paused.

        Args:
            timeout: seconds.
            progress: show a bar.

        Raises:
            MyoServeError: CANCELLED, or INTERNAL with the reason of a failure.
            TimeoutError: it still runs; it goes on.

        """
        deadline = None if timeout is None else time.monotonic() + timeout
        state = self.state()
        with ProgressBar(state.total, self.name, enabled=progress) as bar:
            while state.state == "running":
                bar.show(state.done, state.metrics)
                left = WATCH_PERIOD if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"run {self.id} still goes on after {timeout} s")
                time.sleep(min(WATCH_PERIOD, left))
                state = self.state()
            bar.show(state.done, state.metrics)
        if state.state == "failed":
            raise MyoServeError("INTERNAL", state.error or f"Run {self.id} failed.")
        if state.state == "cancelled":
            raise MyoServeError("CANCELLED", f"Run {self.id} was cancelled after {state.done} steps.")
        return state

    # Steering -------------------------------------------------------------------------------

    def pause(self) -> RunState:
        """Write a checkpoint and stop; returns when it is written."""
        return self._ask(m.TrainPause(id=0, run=self.id), m.TrainPauseOk).run

    def resume(self, steps: int | None = None) -> RunState:
        """Go on from the last checkpoint; `steps` is a new total."""
        return self._ask(m.TrainResume(id=0, run=self.id, steps=steps), m.TrainResumeOk).run

    def cancel(self) -> RunState:
        """Stop for good; checkpoints that were written stay."""
        return self._ask(m.TrainCancel(id=0, run=self.id), m.TrainCancelOk).run

    # What was learned -----------------------------------------------------------------------

    def policy(self, which: Which = "last") -> Policy:
        """The policy as NumPy arrays, to be called with observations.

        Args:
            which: of the last checkpoint, or the one that did best in an evaluation.

        Raises:
            MyoServeError: NOT_FOUND where none was written yet.

        """
        reply = self._ask(m.TrainPolicy(id=0, run=self.id, which=which), m.TrainPolicyOk)
        arrays = {name: from_nd(array).copy() for name, array in reply.arrays.items()}
        return Policy({**reply.meta, "run": self.id, "step": reply.step}, arrays)

    def play(
        self,
        episodes: int = 5,
        *,
        which: Which = "last",
        seed: int | None = None,
        env: str | None = None,
        env_kwargs: Mapping[str, Any] | None = None,
    ) -> list[Episode]:
        """Play episodes inside the server, without exploration.

        Args:
            episodes: how many.
            which: policy of the last checkpoint, or the best one.
            seed: of the first episode, one more for each that follows.
            env: another environment of the same spaces.
            env_kwargs: its keyword arguments.

        """
        other = None if env is None else m.TrainPlayEnv(id=_bare(env), kwargs=plain(env_kwargs) if env_kwargs else None)
        request = m.TrainPlay(id=0, run=self.id, which=which, episodes=episodes, seed=seed, env=other)
        # As long as it takes.
        reply = self._ask(request, m.TrainPlayOk, None)
        returns, lengths = from_nd(reply.returns), from_nd(reply.lengths)
        success = np.zeros(len(returns), np.bool_) if reply.success is None else from_nd(reply.success)
        return [Episode(float(r), int(n), bool(s)) for r, n, s in zip(returns, lengths, success, strict=True)]

    def close(self) -> None:
        """Let go of the server; the run goes on. Idempotent."""
        self._connection.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Run({self.id!r}, {self.algo!r} on {self.env!r})"


def _last_step(reply: m.TrainGetOk) -> int:
    return int(from_nd(reply.steps)[-1])


def _column(reply: m.TrainGetOk, name: str) -> npt.NDArray[np.float64]:
    if name in reply.names:
        column: npt.NDArray[np.float64] = from_nd(reply.values)[:, reply.names.index(name)].copy()
        return column
    return np.full(len(from_nd(reply.steps)), np.nan)


def _bare(env: str) -> str:
    return env.removeprefix(f"{NAMESPACE}:").removeprefix(f"{NAMESPACE}/")


def train(
    algo: str,
    *,
    env: str | None = None,
    steps: int | None = None,
    preset: str | None = None,
    config: Mapping[str, Any] | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    env_url: str | None = None,
    num_envs: int | None = None,
    seed: int | None = None,
    eval_every: int | None = None,
    eval_episodes: int | None = None,
    checkpoint_every: int | None = None,
    log_every: int | None = None,
    name: str | None = None,
    progress: bool = True,
    url: str | None = None,
) -> Run:
    """Train inside a server.

    Args:
        algo: a training preset (`list_presets`), which brings environment and steps, or an algorithm that learns.
        env: id of the environment, with ``myoserve/`` or without.
        steps: environment steps of all rows.
        preset: a named config of the algorithm.
        config: what differs from it.
        env_kwargs: keyword arguments of the environment.
        env_url: of the server that has the environment, where that is not the one that trains.
        num_envs: rows.
        seed: of everything.
        eval_every: environment steps between evaluations without exploration, 0 for none.
        eval_episodes: episodes of each.
        checkpoint_every: environment steps between checkpoints, 0 for one at the end.
        log_every: environment steps between rows of metrics.
        name: of the run, part of its id.
        progress: show a bar until the run is over; Ctrl-C stops the bar, not the run. Else return at once.
        url: of the server.

    Raises:
        MyoServeError: AGENT_UNKNOWN, ENV_UNKNOWN, MODEL_MISSING, BAD_OPTIONS, CAPACITY; CANCELLED or INTERNAL where
            the run ended so while the bar was shown.

    """
    connection = Connection(url)
    try:
        request = m.TrainCreate(
            id=0,
            algo=algo,
            preset=preset,
            config=plain(config) if config else None,
            env=_env_choice(connection, algo, env, env_kwargs, env_url, num_envs),
            seed=seed,
            steps=steps,
            name=name,
            eval=None
            if eval_every is None and eval_episodes is None
            else m.TrainEval(every=eval_every, episodes=eval_episodes),
            checkpoint_every=checkpoint_every,
            log_every=log_every,
        )
        # No time limit: the first use of an id may pull its model pack.
        made = connection.request(request, m.TrainCreateOk)
        run = Run(connection, made.run)
    except BaseException:
        connection.close()
        raise
    if progress:
        _show(run)
    return run


def _show(run: Run) -> None:
    try:
        run.wait(progress=True)
    except KeyboardInterrupt:
        print(f"\nThe run goes on: myoserve.attach({run.id!r})", file=sys.stderr)


def _env_choice(
    connection: Connection,
    algo: str,
    env: str | None,
    kwargs: Mapping[str, Any] | None,
    url: str | None,
    num_envs: int | None,
) -> m.TrainEnv | None:
    if env is None and not kwargs and url is None and num_envs is None:
        return None
    if env is None:
        presets = connection.request(m.TrainPresets(id=0), m.TrainPresetsOk, timeout=REQUEST_TIMEOUT).presets
        env = next((preset.env for preset in presets if preset.name == algo), None)
    if env is None:
        raise TypeError("train needs env where algo is no training preset")
    return m.TrainEnv(id=_bare(env), url=url, kwargs=plain(kwargs) if kwargs else None, num_envs=num_envs)


def attach(run: str, url: str | None = None) -> Run:
    """The handle of a run that somebody started.

    Raises:
        MyoServeError: NOT_FOUND.

    """
    connection = Connection(url)
    try:
        return Run(connection, run)
    except BaseException:
        connection.close()
        raise


def list_runs(url: str | None = None) -> list[RunState]:
    """Runs of a server, newest first."""
    connection = Connection(url)
    try:
        return connection.request(m.TrainList(id=0), m.TrainListOk, timeout=REQUEST_TIMEOUT).runs
    finally:
        connection.close()


def list_presets(url: str | None = None) -> list[m.TrainPreset]:
    """Training presets of a server: algorithm, config, environment and steps under one name."""
    connection = Connection(url)
    try:
        return connection.request(m.TrainPresets(id=0), m.TrainPresetsOk, timeout=REQUEST_TIMEOUT).presets
    finally:
        connection.close()


def compare(runs: Sequence[Run | str], url: str | None = None) -> Comparison:
    """A small table of runs side by side: handles, or ids of one server."""
    states = {state.run: state for state in list_runs(url)} if any(isinstance(run, str) for run in runs) else {}
    unknown = [run for run in runs if isinstance(run, str) and run not in states]
    if unknown:
        raise MyoServeError("NOT_FOUND", f"There is no run {unknown[0]!r}; list_runs() shows those there are.")
    return compare_runs([states[run] if isinstance(run, str) else run.state() for run in runs])
