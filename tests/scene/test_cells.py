"""Cell by cell the numbers of a tensor, in any order of axes: those whose colours are drawn there."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.picture import EMPTY, MAX_BARS, colours_of, index_of, picture_of
from explorer3d.compute.slices import slices_of
from explorer3d.compute.statistics import summarise
from explorer3d.scene.cells import Cells

AXES = [
    *("".join(order) for letters in ("NCHW", "NTC", "CHW") for order in permutations(letters)),
    *("OIHW", "HWIO", "IOHW", "OIDHW", "OIH", "HIO"),
    *("NCDHW", "NDHWC", "NC", "CN", "TC", "CT", "ab", "abc", "C", ""),
]


def numbered(*shape: int) -> np.ndarray:
    """Numbers that are all different, of both signs, in no order."""
    count = int(np.prod(shape))
    return np.random.default_rng(count).permutation(count).reshape(shape).astype(np.float32) - count // 3


@given(st.data(), st.sampled_from(AXES))
def test_numbers_are_those_whose_colours_are_drawn(data: st.DataObject, axes: str) -> None:
    array = numbered(*(data.draw(st.integers(1, 4), letter) for letter in axes))
    statistics, colour = summarise(array), data.draw(st.booleans())
    picture = picture_of(array, axes, statistics, colour)
    cells = Cells(slices_of(array, axes, colour), picture)
    if picture.kind == "text":
        return
    rows, columns = cells.grid
    assert (rows, columns) == picture.tile
    numbers, there = cells.numbers(np.arange(picture.count), np.arange(rows), np.arange(columns))
    for tile, (left, top, right, bottom) in enumerate(picture.cells().tolist()):
        drawn = picture.texels[top:bottom, left:right]
        if picture.kind == "colour":
            np.testing.assert_array_equal(colours_of(numbers[tile], statistics.limits), drawn)
            continue
        expected = np.where(there[tile], index_of(numbers[tile], statistics.limits), EMPTY)
        np.testing.assert_array_equal(expected, drawn)


def test_kernels_by_hand() -> None:
    """Two outputs, three inputs in a grid of two by two, a cell apart."""
    array = np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    cells = Cells(slices_of(array, "OIHW"), picture_of(array, "OIHW", summarise(array)))
    numbers, there = cells.numbers(np.array([1]), np.arange(5), np.arange(5))
    shown = np.where(there, numbers, -1)[0].tolist()
    assert shown == [
        [12, 13, -1, 16, 17],
        [14, 15, -1, 18, 19],
        [-1, -1, -1, -1, -1],
        [20, 21, -1, -1, -1],
        [22, 23, -1, -1, -1],
    ]


def test_of_numbers_that_share_a_cell_the_largest_stands_there() -> None:
    array = np.zeros(2 * MAX_BARS, np.float32)
    array[[1, 6, 7]] = 5.0, -3.0, 2.0
    cells = Cells(slices_of(array, "C"), picture_of(array, "C", summarise(array)))
    numbers, _ = cells.numbers(np.array([0, 1, 3]), np.arange(1), np.arange(1))
    assert numbers.ravel().tolist() == [5.0, 0.0, -3.0]


@pytest.mark.parametrize(
    ("shape", "fine", "expected"),
    [
        ((4, 3, 3, 3), True, True),
        ((4, 3, 3, 3), False, False),
        ((4, 3, 1, 1), True, False),
        ((4, 1, 3, 3), True, True),
    ],
)
def test_one_kernel_does_not_pass_over_into_the_next(
    shape: tuple[int, ...], fine: bool, expected: bool
) -> None:
    array = numbered(*shape)
    cells = Cells(slices_of(array, "OIHW"), picture_of(array, "OIHW", summarise(array)))
    assert cells.passages(fine) is expected
