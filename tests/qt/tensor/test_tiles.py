"""What is pointed at on a tile of a picture, against the colour that is drawn there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.compute.picture import EMPTY, MAX_BARS, coloured, index_of, picture_of
from explorer3d.compute.show import ShownTensor
from explorer3d.compute.statistics import summarise
from explorer3d.qt.tensor.tiles import cell_at, part_of, seen_of, share_of


def tensor(array: np.ndarray, axes: str, colour: bool = False, room: int = 1 << 20) -> ShownTensor:
    statistics = replace(summarise(array), limits=(0.0, 249.0))
    picture = picture_of(array, axes, statistics, colour, room)
    return ShownTensor("output", "y", "y", array.shape, "f", array, axes, colour, statistics, picture)


def numbers(*shape: int) -> np.ndarray:
    """No two colours alike in a tensor of up to 250 elements."""
    return np.random.default_rng(0).permutation(np.prod(shape)).reshape(shape).astype(np.float32) % 250


@pytest.mark.parametrize(
    ("shape", "axes", "kind"),
    [
        ((1, 3, 4, 5), "NCHW", "maps"),
        ((1, 4, 5, 3), "NHWC", "maps"),
        ((2, 3, 4, 5), "NCHW", "maps"),
        ((1, 2, 3, 4, 5), "NCDHW", "maps"),
        ((1, 2, 3, 4, 5), "NDHWC", "maps"),
        ((1, 7, 9), "NTC", "matrix"),
        ((1, 9, 7), "NCT", "matrix"),
        ((1, 2, 6, 6), "", "maps"),
        ((7, 9), "OI", "matrix"),
        ((9, 7), "CW", "matrix"),
        ((3, 5, 2, 3), "OIHW", "kernels"),
        ((2, 3, 5, 3), "HWIO", "kernels"),
        ((4, 1, 3, 2), "OIHW", "kernels"),
        ((3, 5, 1, 1), "OIHW", "kernels"),
        ((3, 4, 5), "OIW", "kernels"),
        ((2, 3, 2, 3, 2), "OIDHW", "kernels"),
        ((1, 40), "NC", "vector"),
        ((1, 1, 1, 40), "NHWC", "vector"),
    ],
)
def test_the_number_pointed_at_has_the_colour_that_is_drawn(
    shape: tuple[int, ...], axes: str, kind: str
) -> None:
    shown = tensor(numbers(*shape), axes)
    seen, picture = seen_of(shown), shown.picture
    assert seen is not None and picture.kind == kind
    found = 0
    for tile, (left, top, right, bottom) in enumerate(picture.cells()):
        rows, columns = bottom - top, right - left
        for row, column in np.ndindex(rows, columns):
            texel = picture.texels[top + row, left + column]
            across, down = (column + 0.5) / columns, (row + 0.5) / rows
            cell = cell_at(seen, picture, tile, across, down)
            assert (cell is None) == (texel == EMPTY)
            if cell is None:
                continue
            found += 1
            assert index_of(shown.array[seen.index_of(cell)], (0.0, 249.0)) == texel
            assert seen.cell_of(seen.index_of(cell)) == cell
            back = part_of(seen, picture, cell)
            assert back is not None and back[0] == tile
            assert back[1][0] < across < back[1][2] and back[1][1] < down < back[1][3]
    assert found == shown.array.size // (shape[0] if axes[:1] == "N" else 1)


@pytest.mark.parametrize(
    ("shape", "axes"), [((1, 4, 5, 3), "NHWC"), ((1, 3, 4, 5), "NCHW"), ((2, 3, 4, 5), "OIHW")]
)
def test_pictures_in_colour(shape: tuple[int, ...], axes: str) -> None:
    shown = tensor(numbers(*shape), axes, colour=True)
    seen, picture = seen_of(shown), shown.picture
    assert seen is not None and picture.kind == "colour"
    for tile, (left, top, right, bottom) in enumerate(picture.cells()):
        for row, column in np.ndindex(bottom - top, right - left):
            cell = cell_at(seen, picture, tile, (column + 0.5) / (right - left), (row + 0.5) / (bottom - top))
            assert cell is not None
            shade = coloured(np.array(seen.value(cell)), (0.0, 249.0))
            assert shade.tolist() == picture.texels[top + row, left + column].tolist()


def test_of_what_is_drawn_smaller_every_number_can_be_pointed_at() -> None:
    shown = tensor(numbers(1, 2, 40, 60), "NCHW", room=600)
    seen, picture = seen_of(shown), shown.picture
    assert seen is not None and picture.full == (40, 60)
    cell = cell_at(seen, picture, 1, 33.5 / 60, 21.5 / 40)
    assert cell is not None and seen.index_of(cell) == (0, 1, 21, 33)
    # Kernels drawn as one texel each.
    small = tensor(numbers(4, 30, 3, 3), "OIHW", room=200)
    seen, picture = seen_of(small), small.picture
    assert seen is not None and picture.full == (5 * 4, 6 * 4)
    cell = cell_at(seen, picture, 2, (1 * 4 + 2.5) / 24, (3 * 4 + 1.5) / 20)
    assert cell is not None and seen.index_of(cell) == (2, 3 * 6 + 1, 1, 2)
    assert cell_at(seen, picture, 2, (1 * 4 + 3.5) / 24, 0.1) is None


def test_a_bar_that_stands_for_several_is_the_largest_of_them() -> None:
    array = np.zeros((1, 3 * MAX_BARS), np.float32)
    array[0, 31], array[0, 3 * MAX_BARS - 1] = -5.0, 2.0
    shown = tensor(array, "NC")
    seen = seen_of(shown)
    assert seen is not None
    for bar, element in ((10, 31), (MAX_BARS - 1, 3 * MAX_BARS - 1)):
        cell = cell_at(seen, shown.picture, bar, 0.5, 0.5)
        assert cell is not None and seen.index_of(cell) == (0, element)
        assert part_of(seen, shown.picture, cell) == (bar, (0.0, 0.0, 1.0, 1.0))


def test_writing_has_no_cells_and_kernels_no_place_in_space() -> None:
    assert seen_of(tensor(np.array(["a", "b"]), "C")) is None
    kernels = tensor(numbers(3, 5, 2, 3), "OIHW")
    seen = seen_of(kernels)
    assert seen is not None and share_of(seen, kernels.picture, range(1), None) is None
    maps = tensor(numbers(1, 3, 4, 5), "NCHW")
    seen = seen_of(maps)
    assert seen is not None and share_of(seen, maps.picture, range(1, 3), None) == (0.0, 0.25, 1.0, 0.75)
