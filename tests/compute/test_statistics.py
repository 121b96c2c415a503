"""Numbers of small tensors, worked out by hand, and of odd ones by float64."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer3d.compute.statistics import BINS, SAMPLE, summarise


def test_by_hand() -> None:
    found = summarise(np.array([[0.0, 2.0], [4.0, 10.0]], np.float32))
    assert (found.count, found.zeros, found.nan) == (4, 1, 0)
    assert (found.minimum, found.maximum, found.mean) == (0.0, 10.0, 4.0)
    # squared distances from 4: 16, 4, 0, 36
    assert found.std == pytest.approx(math.sqrt(56 / 4))
    assert found.l2 == pytest.approx(math.sqrt(4 + 16 + 100))
    assert found.sparsity == 0.25
    assert found.first_not_finite is None
    # bins are 10/64 wide: 2 falls in the 12th, 4 in the 25th
    assert np.flatnonzero(found.histogram).tolist() == [0, 12, 25, 63]
    assert found.edges[[0, 1, 64]].tolist() == [0.0, 10 / 64, 10.0]


def test_limits_are_the_half_percentiles() -> None:
    found = summarise(np.random.default_rng(0).permutation(np.arange(1001.0)))
    assert found.limits == (5.0, 995.0)
    assert not found.diverging


@pytest.mark.parametrize(("negative", "diverging"), [(-0.06, True), (-0.04, False)])
def test_diverging_needs_five_percent_below_zero(negative: float, diverging: bool) -> None:
    values = np.linspace(negative, negative + 1.0, 401)
    found = summarise(values)
    assert found.diverging is diverging
    if diverging:
        assert found.limits[0] == -found.limits[1]
        assert found.limits[1] == pytest.approx(negative + 0.995)
    else:
        assert found.limits == (pytest.approx(negative + 0.005), pytest.approx(negative + 0.995))


def test_diverging_takes_the_larger_side() -> None:
    found = summarise(np.linspace(-3.0, 1.0, 401))
    assert found.limits == (pytest.approx(-2.98), pytest.approx(2.98))


def test_all_negative_is_not_diverging() -> None:
    assert not summarise(np.array([-3.0, -1.0])).diverging


def test_one_bright_pixel_among_zeros_still_spans_the_range() -> None:
    values = np.zeros(1000, np.float32)
    values[7] = 5.0
    assert summarise(values).limits == (0.0, 5.0)


def test_a_constant_has_a_range_around_it() -> None:
    found = summarise(np.full(9, 3.0, np.float32))
    assert found.limits == (2.5, 3.5)
    assert (found.minimum, found.maximum, found.std) == (3.0, 3.0, 0.0)
    assert found.histogram.sum() == 9
    assert (found.edges[0], found.edges[-1]) == (2.5, 3.5)


def test_zeros_are_as_dark_as_zero_is_elsewhere() -> None:
    found = summarise(np.zeros(9, np.float32))
    assert (found.limits, found.diverging) == ((0.0, 1.0), False)


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    found = summarise(np.array([np.nan, np.inf, np.inf, -np.inf, 1.0, 3.0, 0.0], np.float32))
    assert (found.count, found.nan, found.positive_infinity, found.negative_infinity) == (7, 1, 2, 1)
    assert (found.minimum, found.maximum, found.zeros) == (0.0, 3.0, 1)
    assert found.mean == pytest.approx(4 / 3)
    assert found.histogram.sum() == 3


@pytest.mark.parametrize("values", [[], [np.nan, np.inf]])
def test_nothing_finite(values: list[float]) -> None:
    found = summarise(np.array(values, np.float32))
    assert found.count == len(values)
    assert all(math.isnan(x) for x in (found.minimum, found.maximum, found.mean, found.std, found.l2))
    assert found.histogram.shape == (BINS,)
    assert found.edges.shape == (BINS + 1,)
    assert found.limits == (0.0, 1.0)


def test_float16_sums_do_not_overflow() -> None:
    found = summarise(np.full(1000, 60000.0, np.float16))
    assert (found.mean, found.std) == (60000.0, 0.0)
    assert found.l2 == pytest.approx(60000.0 * math.sqrt(1000))


def test_bool_and_integers() -> None:
    found = summarise(np.array([True, False, True, True]))
    assert (found.minimum, found.maximum, found.mean, found.zeros) == (0.0, 1.0, 0.75, 1)
    found = summarise(np.array([-128, 127], np.int8))
    assert (found.minimum, found.maximum, found.mean, found.diverging) == (-128.0, 127.0, -0.5, True)


def test_a_large_tensor_is_counted_whole() -> None:
    values = np.zeros(4 * SAMPLE + 3, np.float32)
    values[-1] = 7.0
    found = summarise(values)
    assert (found.count, found.zeros, found.maximum) == (values.size, values.size - 1, 7.0)
    assert found.limits == (0.0, 7.0)


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.uint8]),
        hnp.array_shapes(max_dims=3, max_side=6),
    )
)
def test_any_tensor_has_a_range_that_colours_can_span(values: np.ndarray) -> None:
    # Beyond that even the float64 variance overflows.
    assume(values.dtype != np.float64 or not (np.abs(values[np.isfinite(values)]) > 1e150).any())
    found = summarise(values)
    low, high = found.limits
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    finite = values[np.isfinite(values)].astype(np.float64)
    assert found.histogram.sum() == len(finite)
    assert len(finite) + found.nan + found.positive_infinity + found.negative_infinity == found.count
    if len(finite):
        assert (found.minimum, found.maximum) == (finite.min(), finite.max())


def test_more_than_one_chunk_against_numpy() -> None:
    values = np.random.default_rng(0).normal(1000.0, 2.0, 3_000_001).astype(np.float32)
    values[::1_000_000] = np.nan
    values[1::1_500_000] = np.inf
    found = summarise(values)
    finite = values[np.isfinite(values)].astype(np.float64)
    assert (found.nan, found.positive_infinity, found.finite) == (4, 2, len(finite))
    assert found.mean == pytest.approx(finite.mean(), rel=1e-12)
    assert found.std == pytest.approx(finite.std(), rel=1e-9)
    assert found.l2 == pytest.approx(np.linalg.norm(finite), rel=1e-12)
    assert found.first_not_finite == (0,)
    np.testing.assert_array_equal(
        found.histogram, np.histogram(finite, BINS, (finite.min(), finite.max()))[0]
    )
    low, high = found.limits
    assert (found.below, found.above) == ((finite < low).sum(), (finite > high).sum())
    assert found.below + found.above == pytest.approx(0.01 * len(finite), rel=0.05)


def test_strings_are_counted_only() -> None:
    found = summarise(np.array([["a", "b"]], object))
    assert (found.count, found.finite) == (2, 2)
    assert math.isnan(found.mean)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_where_the_first_is_that_is_not_finite(odd: float) -> None:
    values = np.zeros((3, 2, 5), np.float32)
    values[2, 0, 1] = values[1, 1, 4] = odd
    assert summarise(values).first_not_finite == (1, 1, 4)
    # axes in another order in memory: first in the order of the indices all the same
    assert summarise(values.transpose(2, 1, 0)).first_not_finite == (1, 0, 2)
    assert summarise(np.array(odd)).first_not_finite == ()
    # beyond the first block, where not all of a row fits in one
    values = np.zeros((2, SAMPLE + 5), np.float16)
    values[1, SAMPLE + 3] = odd
    assert summarise(values).first_not_finite == (1, SAMPLE + 3)


def test_a_view_is_not_copied() -> None:
    values = np.random.default_rng(0).normal(size=(1500, 6000)).astype(np.float32)
    wanted = summarise(np.ascontiguousarray(values.T))
    tracemalloc.start()
    found = summarise(values.T)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < values.nbytes
    assert (found.minimum, found.maximum, found.zeros) == (wanted.minimum, wanted.maximum, wanted.zeros)
    assert found.limits == wanted.limits
    np.testing.assert_array_equal(found.histogram, wanted.histogram)
