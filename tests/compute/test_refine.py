"""Crops at the screen's resolution hold exactly what the tensor holds there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.picture import EMPTY, FIRST, index_of, picture_of
from explorer3d.compute.refine import MOST_TEXELS, Crop, Detail, RefineTensor
from explorer3d.compute.statistics import summarise

LIMITS = (0.0, 249.0)


def numbered(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(0, 250, shape).astype(np.float32)


def refine(array: np.ndarray, axes: str, *crops: Crop, colour: bool = False) -> Detail:
    return RefineTensor(array, axes, colour, LIMITS, crops)()


def part(detail: Detail, place: int) -> np.ndarray:
    left, top, right, bottom = detail.cells[place]
    return detail.texels[top:bottom, left:right]


@given(
    st.sampled_from([("NCHW", "maps"), ("NHWC", "maps"), ("IO", "matrix"), ("NTC", "matrix")]),
    st.sampled_from(["float32", "float64", "uint8", "int64"]),
    st.data(),
)
def test_where_elements_are_large_each_is_its_own_texel(
    layout: tuple[str, str], dtype: str, data: st.DataObject
) -> None:
    axes, _ = layout
    shape = tuple(1 if axis == "N" else data.draw(st.integers(2, 12)) for axis in axes)
    array = numbered(*shape).astype(dtype)
    sizes = dict(zip(axes, shape, strict=True))
    down, across = ("H", "W") if "H" in axes else tuple(axes.replace("N", ""))
    crops = []
    for _ in range(data.draw(st.integers(1, 5))):
        tile = data.draw(st.integers(0, sizes["C"] - 1)) if "H" in axes else 0
        top, left = data.draw(st.integers(0, sizes[down] - 1)), data.draw(st.integers(0, sizes[across] - 1))
        bottom = data.draw(st.integers(top + 1, sizes[down]))
        right = data.draw(st.integers(left + 1, sizes[across]))
        crops.append(Crop(tile, top, left, bottom, right, 9 * (bottom - top), 9 * (right - left)))
    found = refine(array, axes, *crops)
    assert found.crops == tuple(crops)
    for place, crop in enumerate(crops):
        where = {
            "N": 0, "C": crop.tile, down: slice(crop.top, crop.bottom), across: slice(crop.left, crop.right)
        }  # fmt: skip
        expected = array[tuple(where[axis] for axis in axes)]
        np.testing.assert_array_equal(part(found, place), expected + FIRST)


@given(st.integers(2, 9), st.integers(1, 3), st.integers(1, 3), st.sampled_from(["OIHW", "HWIO"]), st.data())
def test_kernels_are_as_in_the_full_picture(
    inputs: int, height: int, width: int, axes: str, data: st.DataObject
) -> None:
    array = numbered(4, inputs, height, width + 1)
    array = np.transpose(array, ["OIHW".index(axis) for axis in axes])
    whole = picture_of(array, axes, summarise(array))
    assert whole.full is None
    tile = data.draw(st.integers(0, 3))
    top, left = data.draw(st.integers(0, whole.tile[0] - 1)), data.draw(st.integers(0, whole.tile[1] - 1))
    bottom = data.draw(st.integers(top + 1, whole.tile[0]))
    right = data.draw(st.integers(left + 1, whole.tile[1]))
    crop = Crop(tile, top, left, bottom, right, 9 * (bottom - top), 9 * (right - left))
    found = RefineTensor(array, axes, False, summarise(array).limits, (crop,))()
    x, y, _, _ = whole.cells()[tile]
    np.testing.assert_array_equal(part(found, 0), whole.texels[y + top : y + bottom, x + left : x + right])


def test_small_kernels_are_their_root_mean_square() -> None:
    array = np.zeros((1, 4, 3, 3), np.float32)
    array[0, 1] = 30.0
    array[0, 2, 0, 0] = -90.0  # a ninth of 8100 is 900
    array[0, 3] = [[0, 0, 0], [0, 90, 0], [0, 0, 0]]
    # Two by two kernels of 3 with gaps of 1, in 8 by 8 pixels.
    crop = Crop(0, 0, 0, 8, 8, 8, 8)
    found = RefineTensor(array, "OIHW", False, (-124.5, 124.5), (crop,))().texels
    middle = int(index_of(np.zeros(1), (-124.5, 124.5))[0])
    assert found.shape == (8, 8)
    assert (found[:4, :4] == middle).all()
    assert (found[:4, 4:] == middle + 30).all()
    assert (found[4:, :4] == middle - 30).all()
    assert (found[4:, 4:] == middle + 30).all()


def test_places_without_a_kernel_are_empty() -> None:
    array = numbered(1, 3, 2, 2)
    found = refine(array, "OIHW", Crop(0, 0, 0, 6, 6, 60, 60)).texels
    assert (found[3:, 3:] == EMPTY).all()
    assert (found[2] == EMPTY).all()
    assert (found[:2, :2] == array[0, 0] + FIRST).all()


def test_a_matrix_from_afar_is_the_root_mean_square_of_whole_blocks() -> None:
    array = np.zeros((600, 900), np.float32)
    array[:6, :6] = 100.0
    array[6:12, :3] = -200.0
    found = refine(array, "IO", Crop(0, 0, 0, 600, 900, 300, 450)).texels
    # Six elements a texel, since a texel takes three pixels at least.
    assert found.shape == (100, 150)
    assert (int(found[0, 0]), int(found[0, 1])) == (101, FIRST)
    assert int(found[1, 0]) == 0  # below the colours


def test_maps_from_afar_are_averaged_and_classes_are_not() -> None:
    array = np.zeros((1, 1, 40, 80))
    array[..., ::2] = 10.0
    crop = Crop(0, 0, 0, 40, 80, 10, 20)
    assert np.unique(refine(array, "NCHW", crop).texels).tolist() == [5 + FIRST]
    labels = array.astype(np.int64)
    assert set(np.unique(refine(labels, "NCHW", crop).texels)) <= {FIRST, 10 + FIRST}


def test_colours() -> None:
    array = numbered(1, 3, 6, 5)
    found = refine(array, "NCHW", Crop(0, 1, 2, 4, 5, 30, 30), colour=True).texels
    expected = array[0, :, 1:4, 2:5].transpose(1, 2, 0) / 249 * 255
    assert found.shape == (3, 3, 3)
    assert np.abs(found - expected).max() <= 0.5


def test_what_is_asked_for_beyond_the_memory_is_given_coarser() -> None:
    array = np.broadcast_to(np.float32(7.0), (1, 1, 6000, 6000))
    found = refine(array, "NCHW", Crop(0, 0, 0, 6000, 6000, 6000, 6000)).texels
    assert 0.1 * MOST_TEXELS < found.size <= 1.1 * MOST_TEXELS
    assert (found == 8).all()


@pytest.mark.parametrize("count", [1, 3, 40])
def test_crops_lie_apart(count: int) -> None:
    array = numbered(1, 50, 90, 70)
    crops = [Crop(k, 0, 0, 90 - k, 70 - k, 900, 700) for k in range(count)]
    found = refine(array, "NCHW", *crops)
    taken = np.zeros(found.texels.shape, int)
    for left, top, right, bottom in found.cells:
        taken[top:bottom, left:right] += 1
    assert taken.max() == 1
    assert (found.texels[taken == 0] == EMPTY).all()
