"""A session on the server: step numbers, seeds, resume; what both environments are made of."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from . import _messages as m
from ._calls import Call, Lease
from ._connection import Connection
from ._dicts import InfoDicts, groups_to_send
from ._flight import Batch, Flight, Sent
from ._spaces import Array, Buffers, SpaceCodec, to_nd
from .errors import MyoServeError

Autoreset: TypeAlias = Literal["next_step", "same_step", "disabled"]
_ReplyT = TypeVar("_ReplyT", bound=m.ReplyBase)
# Seconds that close() waits for the server's word.
CLOSE_TIMEOUT = 2.0


def plain(value: Any) -> Any:
    """Keyword arguments and options as plain values: the server takes lists of numbers."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _finite(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """An infinite threshold is none: JSON has no infinity."""
    return {key: None if isinstance(value, float) and value == np.inf else value for key, value in kwargs.items()}


class Session:
    """`num_envs` rows of one environment. Thread-safe: calls of several threads take turns."""

    def __init__(
        self,
        env_id: str,
        num_envs: int,
        autoreset: Autoreset,
        *,
        url: str | None,
        info_keys: Sequence[str] | None,
        timeout: float | None,
        kwargs: Mapping[str, Any],
        info_dicts: bool = False,
    ) -> None:
        self.timeout = timeout
        self.dicts: InfoDicts | None = None
        self._shown: m.EnvSpec | None = None
        self._make = m.EnvMake(
            id=0,
            env=env_id,
            num_envs=num_envs,
            autoreset=autoreset,
            kwargs=plain(_finite(kwargs)) or None,
            info_keys=None if info_keys is None or info_dicts else list(info_keys),
        )
        self.connection = Connection(url)
        self.closed = False
        self._set_up_locks()
        try:
            if info_dicts:
                self._append_groups()
            self._open()
            self._set_up_spaces(info_keys)
        except BaseException:
            self.connection.close()
            raise

    def _append_groups(self) -> None:
        """Have the groups of `obs_dict` sent that the observation lacks, behind it."""
        request = m.EnvDescribe(id=0, env=self._make.env, kwargs=self._make.kwargs)
        self._shown = self.connection.request(request, m.EnvDescribeOk).spec
        self._make.kwargs = {**(self._make.kwargs or {}), "obs_keys": groups_to_send(self._shown)}

    def _set_up_spaces(self, info_keys: Sequence[str] | None) -> None:
        self.obs = SpaceCodec(self._sent.obs_space)
        self.act = SpaceCodec(self._sent.act_space)
        self.terms = list(self._sent.info_keys if info_keys is None else info_keys)
        if self._shown is not None:
            self.obs = self.obs.narrowed(self._shown.obs_space)
            self.terms = list(self._sent.info_keys)
            self.dicts = InfoDicts(self._shown, self._sent, info_keys)

    def _set_up_locks(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()

    def _open(self) -> None:
        # No time limit: the first use of an id may pull its model pack.
        made = self.connection.request(self._make, m.EnvMakeOk)
        self._sent, self.num_envs = made.spec, made.num_envs
        self.spec = self._shown or made.spec
        self.lease = Lease(made.s, made.resume)
        self.connection.adopt(self.lease)
        self._k = 0
        self._open_call: tuple[Call, type[m.ReplyBase]] | None = None
        self._most = made.max_inflight
        self.flight = Flight(self.num_envs, self._most)

    def _turn(self) -> threading.RLock:
        if os.getpid() != self._pid:
            self._set_up_locks()
            self._open_call = None
            self.flight = Flight(self.num_envs, self._most)
        return self._lock

    # Numbered requests ----------------------------------------------------------------------

    def _numbered(self, request: m.EnvReset | m.EnvStep | m.EnvRestore, reply: type[_ReplyT]) -> _ReplyT:
        """With the lock: send a request under the next step number."""
        if not self.flight.empty:
            raise MyoServeError(
                "STEP_CONFLICT",
                f"reset, step and restore wait for nothing that was sent, but {self.flight.pending} rows are under "
                "way; call recv() until `pending` is 0.",
            )
        self._settle()
        request.k = self._k + 1
        call = self.connection.submit(request, self.lease)
        self._open_call = (call, reply)
        result = self.connection.wait(call, reply, self.timeout)
        self._k += 1
        self._open_call = None
        return result

    def _settle(self) -> None:
        """Find out what became of a request whose caller went away (timeout, Ctrl-C, error).

        Its late reply is dropped: it must never answer a later step. Failed requests do not use
        up their number.
        """
        if self._open_call is None:
            return
        call, reply = self._open_call
        if call.error is None:
            try:
                self.connection.wait(call, reply, self.timeout)
            except MyoServeError:
                pass
            else:
                self._k += 1
        self._open_call = None

    def reset(
        self,
        seed: int | Sequence[int | None] | None,
        options: Mapping[str, Any] | None,
        mask: Array | None = None,
    ) -> m.EnvResetOk:
        """Reset the rows of `mask`; a session that was lost is made anew."""
        with self._turn():
            self._check_open()
            if self.lease.lost is not None:
                self._open()
                mask = None
            request = self._reset_request(seed, options, mask)
            try:
                return self._numbered(request, m.EnvResetOk)
            except MyoServeError as error:
                if error is not self.lease.lost:
                    raise
            # Lost while, or without that anybody noticed, before this reset.
            self._open()
            request.s, request.mask = self.lease.handle, None
            return self._numbered(request, m.EnvResetOk)

    def _reset_request(
        self, seed: int | Sequence[int | None] | None, options: Mapping[str, Any] | None, mask: Array | None
    ) -> m.EnvReset:
        return m.EnvReset(
            id=0,
            s=self.lease.handle,
            k=0,
            seed=_wire_seed(seed),
            mask=None if mask is None else to_nd(mask),
            options=plain(options) or None if options is not None else None,
        )

    def step(self, action: Buffers) -> m.EnvStepOk:
        """Step every row."""
        with self._turn():
            self._check_open()
            request = m.EnvStep(id=0, s=self.lease.handle, k=0, action=action)
            return self._numbered(request, m.EnvStepOk)

    # Sent ahead -----------------------------------------------------------------------------

    def send_reset(
        self, seed: int | Sequence[int | None] | None, options: Mapping[str, Any] | None, rows: Array, batch_size: int
    ) -> None:
        """Begin to reset rows; a session that was lost is made anew, with all its rows."""
        with self._turn():
            self._check_open()
            if self.lease.lost is not None:
                self._open()
                rows = np.arange(self.num_envs)
            mask: Array | None = None
            if len(rows) < self.num_envs:
                mask = np.zeros(self.num_envs, np.bool_)
                mask[rows] = True
            request = self._reset_request(seed, options, mask)
            try:
                self._send(request, rows, batch_size)
            except MyoServeError as error:
                if error is not self.lease.lost:
                    raise
                # Lost since, or by a fork, before it went out.
                self._open()
                request.s, request.mask = self.lease.handle, None
                self._send(request, np.arange(self.num_envs), batch_size)

    def send(self, action: Buffers, rows: Array) -> None:
        """Begin to step rows, ascending; waits where as many requests are under way as may be."""
        with self._turn():
            self._check_open()
            wire = None if len(rows) == self.num_envs else _wire_rows(rows)
            request = m.EnvStep(id=0, s=self.lease.handle, k=0, action=action, env_ids=wire)
            self._send(request, rows, len(rows))

    def _send(self, request: m.EnvReset | m.EnvStep, rows: Array, batch_size: int) -> None:
        self.flight.check_free(rows)
        self._settle()
        while self.flight.must_wait(self._k):
            self._land()
        request.k = self._k + 1
        call = self.connection.submit(request, self.lease)
        self._k += 1
        self.flight.add(Sent(call, request.k, rows, batch_size))

    def receive(self) -> Batch:
        """The rows that came back first; waits for them."""
        with self._turn():
            self._check_open()
            if self.flight.empty:
                raise MyoServeError(
                    "STEP_CONFLICT",
                    "recv() answers send() and async_reset(), but nothing is under way; call one of them first.",
                )
            if not self.flight.ready:
                self._land()
            return self.flight.take()

    def _land(self) -> None:
        """Wait for one of the requests under way. A failed one does not use up its number."""
        sent = self.flight.sent
        call = self.connection.wait_any([each.call for each in sent], self.timeout)
        done = next(each for each in sent if each.call is call)
        reply, error = call.reply, call.error
        if isinstance(reply, (m.EnvStepOk, m.EnvResetOk)):
            self.flight.land(done, reply, None)
            return
        if error is None:
            error = MyoServeError("INTERNAL", f"The reply should be of a step or reset, but {reply!r} came.")
        self._k = min(self._k, done.k - 1)
        self.flight.land(done, None, error)

    # Others ---------------------------------------------------------------------------------

    def snapshot(self, rows: Sequence[int] | None) -> list[bytes]:
        """The full state of rows, one byte string each."""
        with self._turn():
            self._check_open()
            self._settle()
            request = m.EnvSnapshot(id=0, s=self.lease.handle, env_ids=_wire_rows(rows), bytes=True)
            return [bytes(state) for state in self.ask(request, m.EnvSnapshotOk).data or ()]

    def restore(self, states: Sequence[bytes], rows: Sequence[int] | None) -> None:
        """Continue from states; one goes to every row, several go one to a row."""
        with self._turn():
            self._check_open()
            request = m.EnvRestore(
                id=0,
                s=self.lease.handle,
                k=0,
                data=[memoryview(state) for state in states],
                env_ids=_wire_rows(rows),
            )
            self._numbered(request, m.EnvRestoreOk)

    def ask(self, request: m.RequestBase, reply: type[_ReplyT]) -> _ReplyT:
        """A request without a number that belongs to this session."""
        self._check_open()
        return self.connection.request(request, reply, timeout=self.timeout, lease=self.lease)

    def scenes(self, rows: Sequence[int] | None) -> list[m.SceneMap]:
        """What a viewer draws, for each row."""
        request = m.EnvRender(id=0, s=self.lease.handle, fmt="scene", env_ids=_wire_rows(rows))
        return self.ask(request, m.EnvRenderOk).scenes

    def state(self, obs_keys: Sequence[str] | None = None) -> m.RowState:
        """What the first row holds at present; groups of `obs_dict` where `obs_keys` is absent."""
        with self._turn():
            self._check_open()
            self._settle()
            keys = None if obs_keys is None else list(obs_keys)
            request = m.EnvState(id=0, s=self.lease.handle, env_ids=_wire_rows([0]), obs_keys=keys)
            return self.ask(request, m.EnvStateOk).states[0]

    def metrics(self) -> dict[str, float]:
        """Scalars that the server keeps of this session."""
        return self.ask(m.EnvMetrics(id=0, s=self.lease.handle), m.EnvMetricsOk).metrics

    def _check_open(self) -> None:
        if self.closed:
            raise MyoServeError("NOT_FOUND", "This environment is closed; make a new one.")

    def close(self) -> None:
        """End the session and its connection. Idempotent; never raises for a lost server."""
        if self.closed:
            return
        self.closed = True
        forked = os.getpid() != self._pid
        try:
            if not forked and self.lease.lost is None:
                request = m.EnvClose(id=0, s=self.lease.handle)
                self.connection.request(request, m.EnvCloseOk, timeout=CLOSE_TIMEOUT, lease=self.lease)
        except (MyoServeError, TimeoutError):
            # Gone already, or its lease ends it.
            pass
        finally:
            if not forked:
                self.connection.release(self.lease)
            self.connection.close()


def _wire_seed(seed: int | Sequence[int | None] | None) -> int | m.NdArray | None:
    if seed is None or isinstance(seed, (int, np.integer)):
        return None if seed is None else int(seed)
    return to_nd(np.array([-1 if one is None else one for one in seed], "<i8"))


def _wire_rows(rows: Sequence[int] | Array | None) -> m.NdArray | None:
    return None if rows is None else to_nd(np.asarray(rows, "<u4"))
