"""Spaces from the wire and back: structure, bounds, layout."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from myoserve import MyoServeError
from myoserve._spaces import SpaceCodec, from_nd, to_nd
from myoserve._wire_spaces import wire_space

EVERY = spaces.Dict(
    [
        ("joints", spaces.Box(-np.inf, np.inf, (3,), np.float32)),
        ("image", spaces.Box(0, 255, (2, 2, 3), np.uint8)),
        ("gear", spaces.Discrete(4, start=-1)),
        (
            "rest",
            spaces.Tuple(
                [
                    spaces.MultiDiscrete([2, 3]),
                    spaces.MultiBinary(4),
                    spaces.Box(np.array([-1.0, 0]), np.array([1.0, np.inf]), dtype=np.float64),
                ]
            ),
        ),
        ("more", spaces.Box(-1, 1, (1, 2), np.float32)),
    ]
)
CASES: list[gym.Space[Any]] = [EVERY, *EVERY.spaces.values(), spaces.Box(-1, 1, (), np.float32)]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return set(a) == set(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(np.array_equal(a, b) and np.asarray(a).dtype == np.asarray(b).dtype)


@pytest.mark.parametrize("space", CASES, ids=str)
def test_space_survives_the_wire(space: gym.Space[Any]) -> None:
    assert SpaceCodec(wire_space(space)).space == space


@pytest.mark.parametrize("space", CASES, ids=str)
def test_element_survives_the_wire(space: gym.Space[Any]) -> None:
    codec = SpaceCodec(wire_space(space))
    space.seed(1)
    for _ in range(5):
        element = space.sample()
        back = codec.row(codec.views(codec.pack_row(element)), 0)
        assert space.contains(back)
        assert same(element, back)


@pytest.mark.parametrize("space", CASES, ids=str)
def test_batch_survives_the_wire(space: gym.Space[Any]) -> None:
    codec, batched = SpaceCodec(wire_space(space)), batch_space(space, 6)
    batched.seed(1)
    batch = batched.sample()
    back = codec.batch(codec.views(codec.pack_batch(batch, 6)))
    assert batched.contains(back)
    assert same(batch, back)


def test_layout_is_one_buffer_a_dtype_in_order_of_first_appearance() -> None:
    codec = SpaceCodec(wire_space(EVERY))
    assert [dtype.str for dtype in codec.dtypes] == ["<f4", "|u1", "<i8", "|i1", "<f8"]
    assert codec.sizes == [3 + 2, 12, 1 + 2, 4, 2]


def test_one_bound_everywhere() -> None:
    wire = wire_space(spaces.Box(-1, 1, (2, 3), np.float32))
    for key, bound in (("low", -1), ("high", 1)):
        wire[key] = {"dtype": "<f4", "shape": [1], "data": np.array([bound], "<f4").tobytes()}
    assert SpaceCodec(wire).space == spaces.Box(-1, 1, (2, 3), np.float32)


def test_arrays_travel_in_c_order_and_little_endian() -> None:
    array = np.arange(6, dtype=">f4").reshape(2, 3).T
    wire = to_nd(array)
    assert (wire.dtype, wire.shape) == ("<f4", [3, 2])
    assert bytes(wire.data) == array.astype("<f4").tobytes()
    assert np.array_equal(from_nd(wire), array)
    assert from_nd(to_nd(np.zeros((2, 0)))).shape == (2, 0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"joints": np.zeros(3)}, "missing"),
        (dict(EVERY.sample(), gear="high"), "gear"),
        (dict(EVERY.sample(), gear=0.5), "gear"),
        (dict(EVERY.sample(), joints=np.zeros(4)), "joints"),
    ],
)
def test_ill_formed_elements_are_named(value: Any, reason: str) -> None:
    with pytest.raises(MyoServeError, match=reason) as caught:
        SpaceCodec(wire_space(EVERY)).pack_row(value)
    assert caught.value.code == "BAD_ACTION"


def test_unknown_space_is_refused() -> None:
    with pytest.raises(MyoServeError, match="BAD_OPTIONS"):
        wire_space(spaces.Text(3))
    with pytest.raises(MyoServeError, match="graph"):
        SpaceCodec({"type": "graph"})
