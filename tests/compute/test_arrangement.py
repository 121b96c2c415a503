"""Every number that is seen against the array at the place it is said to come from."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.arrangement import Arrangement, arrangement_of
from explorer3d.compute.slices import slices_of


@st.composite
def arranged(draw: st.DrawFn) -> tuple[tuple[int, ...], Arrangement]:
    shape = tuple(draw(st.lists(st.integers(1, 4), max_size=5)))
    axes = list(draw(st.permutations(range(len(shape)))))
    roles = [draw(st.booleans()) for _ in range(2)]
    rows, columns = (axes.pop() if role and axes else None for role in roles)
    return shape, Arrangement(
        tuple(draw(st.integers(-size, size - 1)) for size in shape),
        rows,
        columns,
        tuple(axes[: draw(st.integers(0, len(axes)))]),
        frozenset(draw(st.sets(st.sampled_from(range(len(shape)))))) if shape else frozenset(),
    )


@given(arranged())
def test_every_cell_is_the_number_at_its_index(given: tuple[tuple[int, ...], Arrangement]) -> None:
    shape, arrangement = given
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    seen = arrangement.applied(array)
    assert np.shares_memory(seen, array)
    assert seen.ndim == len(arrangement.stack) + 2
    for cell in np.ndindex(seen.shape):
        assert seen[cell] == array[arrangement.index_of(cell, shape)]


@given(arranged())
def test_all_of_the_axes_that_are_seen_and_one_place_of_the_others(
    given: tuple[tuple[int, ...], Arrangement],
) -> None:
    shape, arrangement = given
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    places = product(
        *(
            range(size) if axis in arrangement.seen else [place % size]
            for axis, (size, place) in enumerate(zip(shape, arrangement.at, strict=True))
        )
    )
    assert sorted(arrangement.applied(array).ravel()) == [array[place] for place in places]


def test_by_hand() -> None:
    array = np.arange(24).reshape(2, 3, 4)
    # columns are the middle axis backwards, rows the last one, of the first the second place
    arrangement = Arrangement((1, 0, 0), rows=2, columns=1, flipped=frozenset({1}))
    np.testing.assert_array_equal(
        arrangement.applied(array), [[20, 16, 12], [21, 17, 13], [22, 18, 14], [23, 19, 15]]
    )
    assert arrangement.index_of((3, 0), (2, 3, 4)) == (1, 2, 3)
    assert arrangement.sliders == (0,)


@pytest.mark.parametrize(
    ("shape", "axes", "stack", "rows", "columns"),
    [
        ((1, 12, 197, 197), "Nabc", (1,), 2, 3),  # attention: a map per head
        ((12, 197, 197), "", (0,), 1, 2),
        ((50, 64), "TC", (), 0, 1),  # a sequence: time runs down, features across
        ((1, 64, 50), "NCT", (), 2, 1),
        ((1, 8, 4, 9, 9), "NCDHW", (1, 2), 3, 4),  # a volume: each channel's depth
        ((1, 4, 9, 9, 8), "NDHWC", (4, 1), 2, 3),
        ((16, 8, 3, 3), "OIHW", (0, 1), 2, 3),
        ((3, 3, 8, 16), "HWIO", (3, 2), 0, 1),
        ((3, 8, 16), "WIO", (2, 1), None, 0),
        ((1, 56, 56, 64), "NHWC", (3,), 1, 2),
        ((1, 10), "NC", (), None, 1),
        ((1, 36, 1, 172), "NCHW", (), 3, 1),
        ((), "", (), None, None),
    ],
)
def test_defaults(
    shape: tuple[int, ...], axes: str, stack: tuple[int, ...], rows: int | None, columns: int | None
) -> None:
    assert arrangement_of(shape, axes) == Arrangement((0,) * len(shape), rows, columns, stack)


ONE_BY_ONE = "C NC TC NTC TNC NCT NCW NWC CW IO OI HW NHW OIW WIO ab abc Nabc abcd abcde"
LAYOUTS = [*ONE_BY_ONE.split(), "NCHW", "NHWC", "CHW", "HWC", "HNWC", "NCDHW", "NDHWC", "TDNC", "NTDC"]
LAYOUTS += ["NTHWC", "OIHW", "HWIO", "IOHW", "OIDHW", "DHWIO"]


@given(st.sampled_from(LAYOUTS), st.data())
def test_by_default_what_the_picture_shows(axes: str, data: st.DataObject) -> None:
    shape = tuple(data.draw(st.integers(1, 4)) for _ in axes)
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    seen, shown = arrangement_of(shape, axes).applied(array), slices_of(array, axes)
    if shown.kind == "text":
        assert seen.ravel().tolist() == [0]
    else:
        np.testing.assert_array_equal(seen.ravel(), shown.array.ravel())


def test_what_makes_no_arrangement() -> None:
    with pytest.raises(ValueError, match="twice"):
        Arrangement((0, 0), rows=1, columns=1)
    with pytest.raises(ValueError, match="no such axis"):
        Arrangement((0, 0), rows=2)
    with pytest.raises(IndexError):
        Arrangement((0, 0), rows=1).applied(np.zeros(3))
    with pytest.raises(IndexError):
        Arrangement((5, 0), rows=1).applied(np.zeros((3, 3)))
    with pytest.raises(IndexError):
        Arrangement((0, 0), rows=1).index_of((3, 0), (3, 3))
