"""Rollouts: what action sequences would give from a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from . import _messages as m
from ._session import Session
from ._spaces import Array, Buffers, from_nd
from .errors import MyoServeError

Part: TypeAlias = Literal["rew", "done", "term", "trunc", "obs", "terms", "final_obs"]
State: TypeAlias = "bytes | Sequence[bytes] | None"
DEFAULT_PARTS: tuple[Part, ...] = ("rew", "done")


@dataclass(frozen=True)
class Rollout:
    """What was wanted of B sequences of H steps; the rest is None. Arrays are read-only views.

    A sequence ends with its episode: from then on its flags stay set, rewards and terms are 0 and
    obs repeats the last one.

    Attributes:
        rew: rewards [B, H], float64.
        done: terminated or truncated in this step or before, [B, H].
        term: terminated in this step or before, [B, H].
        trunc: truncated in this step or before, [B, H].
        obs: observations [B, H, ...]; with `obs_keys` the groups flat, [B, H, size].
        terms: reward terms by name, [B, H] each.
        final_obs: the last observation of each sequence, [B, ...].
        errors: a sentence for each sequence that diverged, by its number.

    """

    rew: Array | None
    done: Array | None
    term: Array | None
    trunc: Array | None
    obs: Any
    terms: dict[str, Array] | None
    final_obs: Any
    errors: dict[int, str]


def run_rollout(
    session: Session,
    actions: Any,
    *,
    start: State,
    row: int,
    want: Sequence[Part],
    obs_keys: Sequence[str] | None,
) -> Rollout:
    """Ask the server; `start` None is the present state of `row`."""
    lead = _lead(actions)
    request = m.EnvRollout(
        id=0,
        s=session.lease.handle,
        actions=_split_wire(session.act.pack_batch(_merge(actions), lead[0] * lead[1]), lead),
        want=list(want),
        obs_keys=None if obs_keys is None else list(obs_keys),
    )
    if start is None:
        request.row = row
    else:
        states = [start] if isinstance(start, (bytes, bytearray, memoryview)) else start
        request.data = [memoryview(state) for state in states]
    reply = session.ask(request, m.EnvRolloutOk)
    picked = obs_keys is not None
    return Rollout(
        rew=_optional(reply.rew),
        done=_optional(reply.done),
        term=_optional(reply.term),
        trunc=_optional(reply.trunc),
        obs=_observations(session, reply.obs, lead, picked=picked),
        terms=_terms(session, reply.terms),
        final_obs=_observations(session, reply.final_obs, lead[:1], picked=picked),
        errors={int(sequence): sentence for sequence, sentence in (reply.errors or {}).items()},
    )


def _lead(actions: Any) -> tuple[int, int]:
    """B and H of an array, or of a dict or tuple of arrays."""
    while isinstance(actions, (dict, tuple)):
        actions = next(iter(actions.values() if isinstance(actions, dict) else actions))
    shape = np.shape(actions)
    if len(shape) >= 2 and shape[0] > 0 and shape[1] > 0:
        return shape[0], shape[1]
    raise MyoServeError(
        "BAD_ACTION",
        f"The actions of a rollout must have shape [B, H, ...] (sequences, steps), but {shape} came; "
        "add the missing axes.",
    )


def _merge(actions: Any) -> Any:
    if isinstance(actions, dict):
        return {key: _merge(part) for key, part in actions.items()}
    if isinstance(actions, tuple):
        return tuple(_merge(part) for part in actions)
    array = np.asarray(actions)
    return array.reshape(-1, *array.shape[2:])


def _split(batch: Any, lead: tuple[int, ...]) -> Any:
    if isinstance(batch, dict):
        return {key: _split(part, lead) for key, part in batch.items()}
    if isinstance(batch, tuple):
        return tuple(_split(part, lead) for part in batch)
    return batch.reshape(*lead, *batch.shape[1:])


def _split_wire(buffers: Buffers, lead: tuple[int, int]) -> Buffers:
    for buffer in buffers if isinstance(buffers, list) else [buffers]:
        buffer.shape = [*lead, buffer.shape[1]]
    return buffers


def _optional(array: m.NdArray | None) -> Array | None:
    if array is None:
        return None
    values = from_nd(array)
    return values.view(np.bool_) if array.dtype == "|b1" else values


def _observations(session: Session, buffers: Buffers | None, lead: tuple[int, ...], *, picked: bool) -> Any:
    if buffers is None:
        return None
    if picked:
        return from_nd(buffers[0] if isinstance(buffers, list) else buffers)
    return _split(session.obs.batch(session.obs.views(buffers), copy=False), lead)


def _terms(session: Session, terms: m.NdArray | None) -> dict[str, Array] | None:
    """Every term of the spec: `info_keys` limits what steps send only."""
    if terms is None:
        return None
    values = from_nd(terms)
    return {name: values[..., column] for column, name in enumerate(session.spec.info_keys)}
