"""Counts of values between limits, by hand and by numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer3d.compute.blocks import MOST
from explorer3d.compute.histogram import SCALES, CountBetween, bar_heights
from explorer3d.errors import RequestError


def test_by_hand() -> None:
    values = np.array([[-1.0, 0.0, 0.9], [1.0, 4.0, 4.1], [np.nan, np.inf, -np.inf]], np.float16)
    found = CountBetween(values, (0.0, 4.0), 4)()
    assert found.counts.tolist() == [2, 1, 0, 1]  # the upper limit is in the last bin
    assert found.edges.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert (found.below, found.above) == (1, 1)


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.int8, np.uint64, bool]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
    ),
    st.integers(-300, 300),
    st.integers(0, 8),
)
def test_as_numpy_counts(values: np.ndarray, low: int, doublings: int) -> None:
    high = low + 2**doublings  # bins of a power of two: no edge is rounded
    found = CountBetween(values, (low, high))()
    finite = values[np.isfinite(values)].astype(np.float64)
    np.testing.assert_array_equal(found.counts, np.histogram(finite, 64, (low, high))[0])
    assert (found.below, found.above) == ((finite < low).sum(), (finite > high).sum())


def test_more_than_one_block() -> None:
    values = np.zeros((2, MOST), np.uint8)
    values[1, -1] = 3
    assert CountBetween(values, (0.0, 4.0), 4)().counts.tolist() == [2 * MOST - 1, 0, 0, 1]


@pytest.mark.parametrize(
    "limits", [(1.0, 1.0), (2.0, 1.0), (0.0, np.inf), (np.nan, 1.0), (-1.7e308, 1.7e308)]
)
def test_limits_between_which_nothing_can_be_counted(limits: tuple[float, float]) -> None:
    with pytest.raises(RequestError, match="higher limit"):
        CountBetween(np.zeros(3), limits)()


def test_heights_of_bars() -> None:
    counts = np.array([0, 1, 9, 99])
    np.testing.assert_allclose(bar_heights(counts, "linear"), counts / 99)
    np.testing.assert_allclose(bar_heights(counts, "square root"), np.array([0, 1, 3, 99**0.5]) / 99**0.5)
    # logarithms of 1, 2, 10, 100
    np.testing.assert_allclose(bar_heights(counts, "log"), [0, np.log10(2) / 2, 0.5, 1])
    assert all(bar_heights(np.zeros(3, int), scale).tolist() == [0, 0, 0] for scale in SCALES)
