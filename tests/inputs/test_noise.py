"""Noise for inputs that get nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from explorer3d.errors import InputError
from explorer3d.inputs import feeds_for


def test_seed_decides(net: SimpleNamespace) -> None:
    model = net.model(net.port("a", (None, 100)), net.port("b", (None, 100)))
    first, again, other = (feeds_for(model, seed=seed).arrays for seed in (3, 3, 4))
    np.testing.assert_array_equal(first["a"], again["a"])
    assert not np.array_equal(first["a"], other["a"])
    assert not np.array_equal(first["a"], first["b"])
    assert feeds_for(model, seed=3).description == "seeded noise (3)"


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
        ((None, None), "", (1, 16)),
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


def test_refused(net: SimpleNamespace) -> None:
    for port, message in (
        (net.port("x", None), "shape of input 'x' is not known"),
        (net.port("x", (None, 2), "unknown"), "type unknown"),
        (net.port("x", (None, 2), "bfloat16"), "type bfloat16"),
        (net.port("x", (None, 2**31)), "too large"),
    ):
        with pytest.raises(InputError, match=message):
            feeds_for(net.model(port))
