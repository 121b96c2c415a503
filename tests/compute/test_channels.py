"""Numbers per channel against numpy in float64, channel by channel."""

from __future__ import annotations

import math
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer3d.compute.blocks import MOST
from explorer3d.compute.channels import ChannelTable, SummariseChannels, channel_axis, dead_channels


def agrees(table: ChannelTable, array: np.ndarray, axis: int) -> None:
    channels = np.moveaxis(array, axis, 0)
    assert len(table) == len(channels)
    for number, channel in enumerate(channels):
        finite = channel[np.isfinite(channel)].astype(np.float64)
        zeros = int((channel == 0).sum())
        assert table.finite[number] == finite.size
        assert table.not_finite[number] == channel.size - finite.size
        assert table.zeros[number] == zeros
        assert table.sparsity[number] == (zeros / channel.size if channel.size else 0)
        assert table.dead[number] == (channel.size > 0 and zeros == channel.size)
        found = [getattr(table, name)[number] for name in ("minimum", "maximum", "mean", "std", "l2")]
        if not finite.size:
            assert all(math.isnan(value) for value in found)
            continue
        assert found[:2] == [finite.min(), finite.max()]
        scale = max(float(np.abs(finite).max()), 1e-300)
        assert found[2] == pytest.approx(finite.mean(), rel=1e-12, abs=1e-12 * scale)
        assert found[3] == pytest.approx(finite.std(), rel=1e-9, abs=1e-12 * scale)
        assert found[4] == pytest.approx(math.hypot(*finite), rel=1e-12)
    np.testing.assert_array_equal(dead_channels(array, axis), table.dead)


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.uint8, bool]),
        hnp.array_shapes(max_dims=4, min_side=0, max_side=4),
    ),
    st.data(),
)
def test_any_tensor_along_any_axis(array: np.ndarray, data: st.DataObject) -> None:
    # Squares of larger numbers overflow, and those of smaller ones are nothing.
    if array.dtype.kind == "f":
        sizes = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
        assume(not ((sizes > 1e150) | (sizes < 1e-150)).any())
    axis = data.draw(st.integers(0, array.ndim - 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agrees(SummariseChannels(array, axis)(), array, axis)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_many_blocks(axis: int) -> None:
    values = np.random.default_rng(0).normal(1000.0, 1.0, (5, 300, 1001)).astype(np.float32)
    values[2:4] = 0.0
    values[2, 0, 0] = 1.0  # of many blocks only the first is not zero
    values[::4, ::100, ::100] = np.nan
    values[4, 7, 9] = np.inf
    assert values.size > MOST
    array = np.moveaxis(values, 0, axis)
    agrees(SummariseChannels(array, axis)(), array, axis)
    assert np.flatnonzero(dead_channels(array, axis)).tolist() == [3]


def test_no_second_copy() -> None:
    values = np.ones((64, 100_000), np.float32).T
    tracemalloc.start()
    SummariseChannels(values, 1)()
    dead_channels(values, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * 8 * MOST


@pytest.mark.parametrize(
    ("shape", "axes", "axis"),
    [
        ((1, 64, 7, 7), "NCHW", 1),
        ((1, 7, 7, 64), "NHWC", 3),
        ((3, 3, 8, 16), "HWIO", 3),
        ((50, 64), "TC", 1),
        ((8, 16), "IO", 1),
        ((1, 12, 9, 9), "Nabc", 1),
        ((12, 9, 9), "", 0),
        ((4, 10), "", None),
        ((1, 20, 30), "NHW", None),
        ((), "", None),
    ],
)
def test_which_axis_is_the_channels(shape: tuple[int, ...], axes: str, axis: int | None) -> None:
    assert channel_axis(shape, axes) == axis
