"""Noise for inputs that get nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from explorer3d.inputs import feeds_for


def test_seed_decides(net: SimpleNamespace) -> None:
    model = net.model(net.port("a", (None, 100)), net.port("b", (None, 100)))
    first, again, other = (feeds_for(model, seed=seed).arrays for seed in (3, 3, 4))
    np.testing.assert_array_equal(first["a"], again["a"])
    assert not np.array_equal(first["a"], other["a"])
    assert not np.array_equal(first["a"], first["b"])
    assert feeds_for(model, seed=3).description.startswith("seeded noise (3): ")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_fill_zero_to_one(net: SimpleNamespace, dtype: str) -> None:
    array = feeds_for(net.model(net.port("x", (4, 1000), dtype))).arrays["x"]
    assert array.dtype == dtype
    assert array.min() >= 0 and array.max() <= 1
    assert abs(float(array.astype(np.float64).mean()) - 0.5) < 0.03
    assert abs(float(array.astype(np.float64).std()) - 12**-0.5) < 0.02


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "bool"])
def test_integers_are_zero_or_one(net: SimpleNamespace, dtype: str) -> None:
    array = feeds_for(net.model(net.port("x", (4, 100), dtype))).arrays["x"]
    assert array.dtype == dtype
    assert set(np.unique(array).tolist()) == {0, 1}


def test_strings_are_empty(net: SimpleNamespace) -> None:
    assert feeds_for(net.model(net.port("x", (None, 2), "string"))).arrays["x"].tolist() == [["", ""]]


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((), "", ()),
        ((None,), "", (1,)),
        ((None, None, None), "", (1, 16, 16)),
        ((2, None, 8), "", (2, 1, 8)),
        ((1, None, 8), "", (1, 16, 8)),
        ((None, 7), "", (1, 7)),
        ((5, None), "TN", (5, 1)),
        ((None, None, 64), "TNC", (16, 1, 64)),
        ((None, None, None, None, None), "NCDHW", (1, 3, 16, 16, 16)),
        ((0, 3), "", (0, 3)),
    ],
)
def test_open_sizes(
    net: SimpleNamespace, shape: tuple[int | None, ...], axes: str, expected: tuple[int, ...]
) -> None:
    assert feeds_for(net.model(net.port("x", shape, axes=axes))).arrays["x"].shape == expected


def test_two_picture_inputs_get_noise(net: SimpleNamespace) -> None:
    model = net.model(net.port("left", (None, 3, None, None)), net.port("right", (None, 16, 16, 1)))
    feeds = feeds_for(model)
    assert feeds.arrays["left"].shape == (1, 3, 224, 224)
    assert feeds.arrays["right"].shape == (1, 16, 16, 1)
    assert feeds.picture is None


def test_sound_is_long(net: SimpleNamespace) -> None:
    state, rate = net.port("state", (2, None, 8)), net.port("sr", (), "int64")
    model = net.model(net.port("wave", (None, None)), state, rate)
    feeds = feeds_for(model)
    assert {name: array.shape for name, array in feeds.arrays.items()} == {
        "wave": (1, 512),
        "state": (2, 1, 8),
        "sr": (),
    }
    assert feeds.arrays["sr"] == 16_000
    assert feeds.description == "seeded noise (0): wave 1×512 float32, state 2×1×8 float32, sr = 16000"


def test_floats_beside_numbers_of_words_are_as_many(net: SimpleNamespace) -> None:
    model = net.model(net.port("ids", (None, None), "int64"), net.port("mask", (None, None)))
    assert {array.shape for array in feeds_for(model).arrays.values()} == {(1, 16)}


def test_a_size_called_batch_is_one(net: SimpleNamespace) -> None:
    names = {"h": ["layers", "n", "units"], "x": ["n", "steps"], "y": [3, "my_batch"]}
    values = [
        ir.Value(name=name, shape=ir.Shape(shape), type=ir.TensorType(ir.DataType.INT64))
        for name, shape in names.items()
    ]
    ports = [net.port("h", (None,) * 3, "int64"), net.port("x", (None,) * 2, "int64")]
    model = net.model(*ports, net.port("y", (3, None), "int64"))
    model.ir.graph.inputs.extend(values)
    assert [array.shape for array in feeds_for(model).arrays.values()] == [(1, 1, 16), (1, 16), (3, 1)]


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        (None, "float32", "shape of input 'x' is not known"),
        ((None, 2), "unknown", "type unknown"),
        ((None, 2**31), "float32", "too large"),
    ],
)
def test_what_cannot_be_filled_is_left_out(
    net: SimpleNamespace, shape: Any, dtype: str, message: str
) -> None:
    feeds = feeds_for(net.model(net.port("x", shape, dtype), net.port("y", (None, 3))))
    assert set(feeds.arrays) == {"y"}
    assert message in feeds.description


def test_types_numpy_does_not_have_are_fed_as_float32(net: SimpleNamespace) -> None:
    array = feeds_for(net.model(net.port("x", (None, 2), "bfloat16"))).arrays["x"]
    assert (array.dtype, array.shape) == (np.float32, (1, 2))


def test_many_inputs_are_counted(net: SimpleNamespace) -> None:
    model = net.model(*(net.port(f"x{index}", ()) for index in range(6)))
    assert feeds_for(model).description.endswith("2 more")


def test_nothing_to_feed(net: SimpleNamespace) -> None:
    feeds = feeds_for(net.model())
    assert (feeds.arrays, feeds.description) == ({}, "the model takes no input")
