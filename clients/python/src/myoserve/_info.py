"""Reward terms of a reply as Gymnasium's infos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _messages as m
from ._spaces import Array, from_nd

if TYPE_CHECKING:
    from ._session import Session

# Terms that are yes or no, as in MyoSuite's own infos.
FLAG_TERMS = frozenset({"solved", "done"})


def row_info(names: Sequence[str], terms: m.NdArray | None, row: int = 0) -> dict[str, Any]:
    """Terms of one row by name."""
    if terms is None or not names:
        return {}
    values = from_nd(terms)[row].tolist()
    info: dict[str, Any] = dict(zip(names, values, strict=True))
    for name in FLAG_TERMS.intersection(info):
        info[name] = info[name] != 0
    return info


def put_terms(infos: dict[str, Any], names: Sequence[str], terms: Array, rows: Array) -> dict[str, Any]:
    """Add terms [n, T] of the rows of a mask [N] in Gymnasium's format: `key` and mask `_key`."""
    every = bool(rows.all())
    for column, name in enumerate(names):
        dtype = np.bool_ if name in FLAG_TERMS else np.float64
        if every:
            values = terms[:, column].astype(dtype)
        else:
            values = np.zeros(rows.shape, dtype)
            values[rows] = terms[:, column]
        infos[name], infos[f"_{name}"] = values, rows.copy()
    return infos


def step_infos(reply: m.EnvStepOk, session: Session, rows: Array, episode_stats: bool) -> dict[str, Any]:
    """Infos of a step of `rows` [n], ascending; masks and arrays have n entries."""
    infos: dict[str, Any] = {}
    if reply.final is not None:
        _put_final(infos, session, reply, reply.final, rows)
    if reply.terms is not None:
        terms, every = from_nd(reply.terms), np.ones(len(rows), np.bool_)
        put_terms(infos, session.terms, terms, every)
        if session.dicts is not None:
            rewards, done = _ends(reply, rows)
            if reply.final is not None:
                # These terms are those of the reset.
                begun = from_nd(reply.final.mask)
                rewards[begun], done[begun] = 0, False
            view = session.obs.views(reply.obs)[0]
            session.dicts.add_rows(infos, session.terms, (view, terms, rewards, done), every)
    if reply.errors:
        _put_errors(infos, reply.errors, rows)
    if episode_stats and reply.ep is not None:
        _put_episodes(infos, reply.ep)
    return infos


def _ends(reply: m.EnvStepOk, rows: Array) -> tuple[Array, Array]:
    """Rewards and ends by the task's own rule, not by a fault of the simulation."""
    done = from_nd(reply.term).copy()
    for row in reply.errors or ():
        done[np.searchsorted(rows, int(row))] = False
    return from_nd(reply.rew).copy(), done


def _put_final(infos: dict[str, Any], session: Session, reply: m.EnvStepOk, final: m.StepFinal, rows: Array) -> None:
    mask = from_nd(final.mask).copy()
    if not mask.any():
        return
    codec = session.obs
    views = codec.views(final.obs)
    observations = np.full(len(mask), None, object)
    for index, row in enumerate(np.flatnonzero(mask)):
        observations[row] = codec.row(views, index)
    infos["final_obs"], infos["_final_obs"] = observations, mask
    last = from_nd(final.terms)
    terms = put_terms({}, session.terms, last, mask)
    if session.dicts is not None:
        rewards, done = _ends(reply, rows)
        session.dicts.add_rows(terms, session.terms, (views[0], last, rewards[mask], done[mask]), mask)
    infos["final_info"], infos["_final_info"] = terms, mask.copy()


def _put_errors(infos: dict[str, Any], errors: dict[str, str], rows: Array) -> None:
    sentences, mask = np.full(len(rows), None, object), np.zeros(len(rows), np.bool_)
    for row, sentence in errors.items():
        place = np.searchsorted(rows, int(row))
        sentences[place], mask[place] = sentence, True
    infos["error"], infos["_error"] = sentences, mask


def _put_episodes(infos: dict[str, Any], ep: m.StepEpisodes) -> None:
    mask = from_nd(ep.mask).copy()
    returns, lengths = np.zeros(len(mask)), np.zeros(len(mask), np.int64)
    returns[mask], lengths[mask] = from_nd(ep.r), from_nd(ep.l)
    infos["episode"] = {"r": returns, "_r": mask, "l": lengths, "_l": mask.copy()}
    infos["_episode"] = mask.copy()
