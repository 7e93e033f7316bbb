"""Gymnasium spaces from the wire, and the typed buffers that their elements travel in.

Layout rule of the protocol: the leaves of a space, depth first, are packed into one buffer per
dtype, in order of first appearance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import gymnasium as gym
import msgspec
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from . import _messages as m
from .errors import MyoServeError

Array: TypeAlias = npt.NDArray[Any]
Buffers: TypeAlias = m.NdArray | list[m.NdArray]

DTYPES = ("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<i8", "<u8", "<f4", "<f8")


def to_nd(array: Array) -> m.NdArray:
    """An array as it travels: C order, little endian. The bytes are borrowed until encoded."""
    dtype = array.dtype.newbyteorder("<")
    packed = np.asarray(array, dtype, order="C")
    data = packed.data if packed.size else memoryview(b"")
    return m.NdArray(dtype=dtype.str, shape=list(array.shape), data=data)


def from_nd(array: m.NdArray) -> Array:
    """A read-only view of an array from the wire; its bytes may be unaligned."""
    if array.dtype not in DTYPES:
        raise MyoServeError("INTERNAL", f"The server sent an array of unknown dtype {array.dtype}.")
    return np.frombuffer(array.data, array.dtype).reshape(array.shape)


def take_rows(buffers: Buffers, order: Array) -> Buffers:
    """Buffers [n, size] with their rows in another order."""
    if isinstance(buffers, list):
        return [to_nd(from_nd(buffer)[order]) for buffer in buffers]
    return to_nd(from_nd(buffers)[order])


class _Leaf:
    """One leaf of a space: `size` elements from `offset` in a row of buffer `buffer`."""

    __slots__ = ("buffer", "dtype", "number", "offset", "shape", "size")

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...], *, number: bool = False) -> None:
        # Gymnasium's Discrete holds numbers, its Box of shape () arrays.
        self.number = number
        self.dtype = dtype
        self.shape = shape
        self.size = int(np.prod(shape, dtype=np.int64))
        self.buffer = 0
        self.offset = 0


_Tree: TypeAlias = "_Leaf | dict[str, _Tree] | tuple[_Tree, ...]"


def _array(value: Any) -> Array:
    return from_nd(msgspec.convert(value, m.NdArray))


def _box(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    dtype, shape = np.dtype(wire["dtype"]), tuple(wire["shape"])
    low = np.broadcast_to(_array(wire["low"]), shape).astype(dtype)
    high = np.broadcast_to(_array(wire["high"]), shape).astype(dtype)
    return spaces.Box(low, high, shape, dtype.type), _Leaf(dtype, shape)


def _discrete(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    leaf = _Leaf(np.dtype("<i8"), (), number=True)
    return spaces.Discrete(wire["n"], start=wire["start"]), leaf


def _multi_discrete(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    return spaces.MultiDiscrete(wire["nvec"]), _Leaf(np.dtype("<i8"), (len(wire["nvec"]),))


def _multi_binary(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    shape = tuple(wire["shape"])
    space = spaces.MultiBinary(shape[0] if len(shape) == 1 else shape)
    return space, _Leaf(np.dtype("|i1"), shape)


def _dict(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    parts = [(key, *_build(child)) for key, child in wire["spaces"]]
    return spaces.Dict([(key, space) for key, space, _ in parts]), {k: t for k, _, t in parts}


def _tuple(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    parts = [_build(child) for child in wire["spaces"]]
    return spaces.Tuple([space for space, _ in parts]), tuple(tree for _, tree in parts)


_BUILDERS: dict[str, Callable[[dict[str, Any]], tuple[gym.Space[Any], _Tree]]] = {
    "box": _box,
    "discrete": _discrete,
    "multi_discrete": _multi_discrete,
    "multi_binary": _multi_binary,
    "dict": _dict,
    "tuple": _tuple,
}


def _build(wire: dict[str, Any]) -> tuple[gym.Space[Any], _Tree]:
    builder = _BUILDERS.get(wire["type"])
    if builder is None:
        raise MyoServeError(
            "INTERNAL",
            f'The server uses the space type "{wire["type"]}", which this client does not know; '
            "install the client of the server's release.",
        )
    return builder(wire)


def _leaves(tree: _Tree) -> list[_Leaf]:
    if isinstance(tree, _Leaf):
        return [tree]
    children = tree.values() if isinstance(tree, dict) else tree
    return [leaf for child in children for leaf in _leaves(child)]


class SpaceCodec:
    """A space and the way its elements travel."""

    def __init__(self, wire: dict[str, Any]) -> None:
        self.space, self._tree = _build(wire)
        self.dtypes: list[np.dtype[Any]] = []
        self.sizes: list[int] = []
        for leaf in _leaves(self._tree):
            if leaf.dtype not in self.dtypes:
                self.dtypes.append(leaf.dtype)
                self.sizes.append(0)
            leaf.buffer = self.dtypes.index(leaf.dtype)
            leaf.offset = self.sizes[leaf.buffer]
            self.sizes[leaf.buffer] += leaf.size
        self._flat = self._tree if isinstance(self._tree, _Leaf) else None
        # The usual case, one Box: dtype as it travels, dtype, elements.
        usual = len(self.sizes) == 1 and self.sizes[0] > 0
        self._only = (self.dtypes[0].str, self.dtypes[0], self.sizes[0]) if usual else None

    def narrowed(self, space: dict[str, Any]) -> SpaceCodec:
        """For elements that lead a longer row: one Box `space` where this one is longer."""
        codec = SpaceCodec(space)
        if codec._flat is None or self._flat is None or codec.dtypes != self.dtypes:
            raise MyoServeError("BAD_OPTIONS", "Groups can be appended to a flat Box observation only.")
        codec.sizes, codec._only = self.sizes, self._only
        return codec

    def empty(self, rows: int) -> list[Array]:
        """Zeroed buffers of so many rows."""
        pairs = zip(self.dtypes, self.sizes, strict=True)
        return [np.zeros((rows, size), dtype) for dtype, size in pairs]

    def views(self, buffers: Buffers) -> list[Array]:
        """Read-only views [n, size] of buffers from the wire."""
        if isinstance(buffers, m.NdArray) and self._only is not None and buffers.dtype == self._only[0]:
            return [np.frombuffer(buffers.data, self._only[1]).reshape(-1, self._only[2])]
        wires = buffers if isinstance(buffers, list) else [buffers]
        if [np.dtype(wire.dtype) for wire in wires] != self.dtypes:
            raise MyoServeError("INTERNAL", "The server's buffers do not have the dtypes of the space it described.")
        return [
            np.frombuffer(wire.data, dtype).reshape(-1, size) if size else np.zeros((wire.shape[0], 0), dtype)
            for wire, dtype, size in zip(wires, self.dtypes, self.sizes, strict=True)
        ]

    def row(self, buffers: Sequence[Array], index: int) -> Any:
        """An owned element of the space: row `index` of buffers [n, size]."""

        def take(leaf: _Leaf) -> Any:
            row = buffers[leaf.buffer][index, leaf.offset : leaf.offset + leaf.size]
            return row[0].copy() if leaf.number else row.reshape(leaf.shape).copy()

        return take(self._flat) if self._flat is not None else _map(self._tree, take)

    def batch(self, buffers: Sequence[Array], copy: bool = True) -> Any:
        """Rows [n, size] as Gymnasium batches them: the space's structure of arrays [n, …]."""

        def take(leaf: _Leaf) -> Array:
            part = buffers[leaf.buffer][:, leaf.offset : leaf.offset + leaf.size]
            batch = part.reshape(-1, *leaf.shape) if leaf.size else part
            return batch.copy() if copy else batch

        return _map(self._tree, take)

    def pack_row(self, element: Any) -> Buffers:
        """One element of the space as buffers [1, size]; raises BAD_ACTION."""
        return self._pack(element, ())

    def pack_batch(self, batch: Any, rows: int) -> Buffers:
        """A batch of elements as buffers [n, size]; raises BAD_ACTION."""
        return self._pack(batch, (rows,))

    def _pack(self, value: Any, lead: tuple[int, ...]) -> Buffers:
        rows = lead[0] if lead else 1
        if self._flat is not None:
            array = _checked(value, self._flat, lead, "")
            return to_nd(array.reshape(rows, self._flat.size))
        buffers = self.empty(rows)

        def put(tree: _Tree, part: Any, path: str) -> None:
            if isinstance(tree, _Leaf):
                target = buffers[tree.buffer][:, tree.offset : tree.offset + tree.size]
                target[:] = _checked(part, tree, lead, path).reshape(rows, tree.size)
            else:
                pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
                for key, child in pairs:
                    put(child, _member(part, key, path), f"{path}.{key}" if path else str(key))

        put(self._tree, value, "")
        wires = [to_nd(buffer) for buffer in buffers]
        return wires[0] if len(wires) == 1 else wires


def _map(tree: _Tree, function: Callable[[_Leaf], Any]) -> Any:
    if isinstance(tree, _Leaf):
        return function(tree)
    if isinstance(tree, dict):
        return {key: _map(child, function) for key, child in tree.items()}
    return tuple(_map(child, function) for child in tree)


def _member(part: Any, key: str | int, path: str) -> Any:
    try:
        return part[key]
    except (KeyError, IndexError, TypeError):
        where = f' in "{path}"' if path else ""
        raise MyoServeError("BAD_ACTION", f'The part "{key}"{where} is missing.') from None


def _checked(value: Any, leaf: _Leaf, lead: tuple[int, ...], path: str) -> Array:
    """The value as an array of the leaf's dtype; a wrong shape is an error, never a broadcast."""
    what = f'"{path}"' if path else "An action or observation"
    wanted = (*lead, *leaf.shape)
    try:
        array = np.asarray(value)
        if array.dtype != leaf.dtype:
            if array.dtype.kind not in "biuf":
                raise TypeError(f"dtype {array.dtype}")
            if leaf.dtype.kind in "iu" and array.dtype.kind == "f":
                raise TypeError(f"dtype {array.dtype}")
            array = array.astype(leaf.dtype)
    except (TypeError, ValueError) as error:
        raise MyoServeError(
            "BAD_ACTION",
            f"{what} must be an array of dtype {leaf.dtype} and shape {wanted}, but it could not "
            f"be converted ({error}); pass numbers.",
        ) from None
    if array.shape != wanted:
        raise MyoServeError(
            "BAD_ACTION",
            f"{what} must have shape {wanted}, but {array.shape} came; pass one value per element.",
        )
    return array
