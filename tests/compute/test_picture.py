"""Every texel where it belongs: limits 0…249 make a value's colour index the value plus one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.compute.picture import (
    ABOVE,
    BELOW,
    EMPTY,
    FIRST,
    LAST,
    MAX_BARS,
    MAX_TEXELS,
    MAX_TILES,
    MAX_WORDS,
    NAN,
    NEGATIVE_INFINITY,
    POSITIVE_INFINITY,
    TensorPicture,
    grid_columns,
    index_of,
    picture_of,
)
from explorer3d.compute.shrinking import resample
from explorer3d.compute.statistics import summarise

LIMITS = (0.0, 249.0)


def draw(array: np.ndarray, axes: str, colour: bool = False) -> TensorPicture:
    return picture_of(array, axes, replace(summarise(array), limits=LIMITS), colour)


def tile(picture: TensorPicture, index: int) -> np.ndarray:
    height, width = picture.tile
    row, column = divmod(index, picture.across)
    return picture.texels[row * height : (row + 1) * height, column * width : (column + 1) * width]


def numbered(*shape: int) -> np.ndarray:
    return (np.arange(np.prod(shape)) % 250).reshape(shape).astype(np.float32)


def test_maps_channels_first() -> None:
    array = numbered(2, 5, 3, 4)
    found = draw(array, "NCHW")
    assert (found.kind, found.count, found.tile, found.total) == ("maps", 5, (3, 4), 5)
    for channel in range(5):
        np.testing.assert_array_equal(tile(found, channel), array[0, channel] + 1)
    # A grid of two rows and three columns; the sixth place is empty.
    assert (found.across, found.texels.shape) == (2, (9, 8))
    assert (tile(found, 5) == EMPTY).all()


def test_maps_channels_last() -> None:
    array = numbered(2, 3, 4, 5)
    found = draw(array, "NHWC")
    assert (found.kind, found.count, found.tile) == ("maps", 5, (3, 4))
    for channel in range(5):
        np.testing.assert_array_equal(tile(found, channel), array[0, :, :, channel] + 1)


def test_cells_are_where_the_tiles_are() -> None:
    found = draw(numbered(1, 5, 3, 4), "NCHW")
    for index, (left, top, right, bottom) in enumerate(found.cells()):
        np.testing.assert_array_equal(found.texels[top:bottom, left:right], tile(found, index))


def test_batch_need_not_come_first() -> None:
    array = numbered(3, 2, 5)
    found = draw(array, "TNC")
    assert found.kind == "matrix"
    np.testing.assert_array_equal(tile(found, 0), array[:, 0] + 1)


def test_series_run_downwards() -> None:
    array = numbered(1, 3, 7)
    np.testing.assert_array_equal(draw(array, "NCW").texels, array[0].T + 1)
    np.testing.assert_array_equal(draw(array, "NWC").texels, array[0] + 1)


def test_volumes_are_cut_into_slices() -> None:
    array = numbered(1, 2, 3, 4, 5)
    found = draw(array, "NCDHW")
    assert (found.kind, found.count, found.tile) == ("maps", 6, (4, 5))
    for index in range(6):
        np.testing.assert_array_equal(tile(found, index), array[0, index // 3, index % 3] + 1)


def test_kernels_of_one_input_channel() -> None:
    array = numbered(6, 1, 3, 2)
    found = draw(array, "OIHW")
    assert (found.kind, found.count, found.tile) == ("kernels", 6, (3, 2))
    for output in range(6):
        np.testing.assert_array_equal(tile(found, output), array[output, 0] + 1)


@pytest.mark.parametrize("axes", ["OIHW", "HWIO", "IOHW"])
def test_kernels_of_several_input_channels(axes: str) -> None:
    array = numbered(4, 5, 3, 2)
    found = draw(np.transpose(array, ["OIHW".index(letter) for letter in axes]), axes)
    # Three columns and two rows of 3 × 2 kernels, a texel between them.
    assert (found.kind, found.count, found.tile) == ("kernels", 4, (7, 8))
    for output in range(4):
        expected = np.full((7, 8), EMPTY)
        for channel in range(5):
            top, left = 4 * (channel // 3), 3 * (channel % 3)
            expected[top : top + 3, left : left + 2] = array[output, channel] + 1
        np.testing.assert_array_equal(tile(found, output), expected)


def test_kernels_over_time_are_bars() -> None:
    array = numbered(2, 1, 5)
    found = draw(array, "OIW")
    assert (found.kind, found.count, found.tile) == ("kernels", 2, (1, 5))
    np.testing.assert_array_equal(tile(found, 1), array[1] + 1)


def test_kernels_over_volumes_are_cut_into_slices() -> None:
    array = numbered(2, 1, 2, 3, 4)
    found = draw(array, "OIDHW")
    assert (found.count, found.tile) == (2, (3, 9))
    for output in range(2):
        np.testing.assert_array_equal(tile(found, output)[:, :4], array[output, 0, 0] + 1)
        np.testing.assert_array_equal(tile(found, output)[:, 5:], array[output, 0, 1] + 1)


@pytest.mark.parametrize("axes", ["OIHW", "HWIO"])
def test_kernels_of_three_colours(axes: str) -> None:
    array = numbered(4, 3, 3, 2)
    found = draw(np.transpose(array, ["OIHW".index(letter) for letter in axes]), axes, colour=True)
    assert (found.kind, found.count, found.tile, found.texels.shape[2]) == ("colour", 4, (3, 2), 3)
    for output in range(4):
        expected = np.moveaxis(array[output], 0, -1) / 249 * 255
        assert np.abs(tile(found, output) - expected).max() <= 0.5


def test_depth_is_not_colour() -> None:
    assert draw(numbered(2, 1, 3, 4, 4), "OIDHW", colour=True).kind == "kernels"


@pytest.mark.parametrize("axes", ["NCHW", "NHWC"])
def test_picture_in_colour(axes: str) -> None:
    array = numbered(1, 3, 5, 4)
    found = draw(np.transpose(array, ["NCHW".index(letter) for letter in axes]), axes, colour=True)
    assert (found.kind, found.count, found.tile) == ("colour", 1, (5, 4))
    assert np.abs(found.texels - np.moveaxis(array[0], 0, -1) / 249 * 255).max() <= 0.5


def test_grey_picture_is_a_map() -> None:
    assert draw(numbered(1, 5, 4, 1), "NHWC", colour=True).kind == "maps"


def test_matrix() -> None:
    array = numbered(4, 7)
    found = draw(array, "IO")
    assert (found.kind, found.count, found.tile) == ("matrix", 1, (4, 7))
    np.testing.assert_array_equal(found.texels, array + 1)


def test_vector() -> None:
    found = draw(np.array([[10.0, -20.0, 5.0]], np.float32), "NC")
    assert (found.kind, found.count, found.tile, found.total) == ("vector", 3, (1, 1), 3)
    assert found.heights is not None
    assert found.heights.tolist() == [0.5, -1.0, 0.25]
    assert [int(tile(found, index)[0, 0]) for index in range(3)] == [11, BELOW, 6]


def test_zeros_are_flat_bars() -> None:
    found = draw(np.zeros(3, np.float32), "C")
    assert found.heights is not None
    assert found.heights.tolist() == [0, 0, 0]


def test_bars_that_are_not_finite_stay_in_range() -> None:
    found = draw(np.array([np.nan, np.inf, -np.inf, 249.0], np.float32), "C")
    assert found.heights is not None
    assert found.heights.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert [int(tile(found, index)[0, 0]) for index in range(4)] == [
        NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY, LAST
    ]  # fmt: skip


def test_long_vector_keeps_its_extremes() -> None:
    values = np.zeros(3 * MAX_BARS, np.float32)
    values[3001], values[9000] = 100.0, -50.0
    found = draw(values, "C")
    assert (found.count, found.total) == (MAX_BARS, 3 * MAX_BARS)
    assert found.heights is not None
    assert np.flatnonzero(found.heights).tolist() == [1000, 3000]
    assert found.heights[[1000, 3000]].tolist() == [1.0, -0.5]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array(3.0, np.float32), ["3"]),
        (np.array([[-0.123456789]]), ["-0.123457"]),
        (np.array([2**53 + 1]), ["9007199254740993"]),
        (np.array(True), ["True"]),
        (np.array(np.nan, np.float16), ["nan"]),
        (np.array(["cat", "", "dog"], object), ["cat", "(empty)", "dog"]),
        (np.array([b"cat", b"\xff"]), ["cat", "\N{REPLACEMENT CHARACTER}"]),
        (np.array([[["nested"]]]), ["nested"]),
        (np.array([str(k) for k in range(2000)]), [*map(str, range(MAX_WORDS - 1)), "… 1,989 more"]),
        (np.zeros((0, 3)), ["empty: 0×3"]),
        (np.zeros((1, 0, 4, 4)), ["empty: 1×0×4×4"]),
    ],
)
def test_numbers_alone_and_strings_are_text(array: np.ndarray, words: list[str]) -> None:
    found = picture_of(array, "", summarise(array))
    assert (found.kind, list(found.words)) == ("text", words)
    # A tile to point at that shows the ground.
    assert (found.count, found.texels.tolist()) == (1, [[EMPTY]])


@pytest.mark.parametrize(
    ("shape", "kind"), [((7,), "vector"), ((1, 7), "vector"), ((1, 4, 7), "matrix"), ((1, 2, 4, 7), "maps")]
)
def test_unknown_axes_are_channels_first(shape: tuple[int, ...], kind: str) -> None:
    assert draw(numbered(*shape), "").kind == kind


def test_many_unknown_axes() -> None:
    array = numbered(1, 2, 2, 3, 4, 5)
    found = draw(array, "")
    assert (found.kind, found.count, found.tile) == ("maps", 12, (4, 5))
    np.testing.assert_array_equal(tile(found, 7), array[0, 1, 0, 1] + 1)


def test_index_by_hand() -> None:
    values = np.array([-1.0, 0.0, 124.4, 124.6, 249.0, 249.5, np.nan, np.inf, -np.inf])
    assert index_of(values, LIMITS).tolist() == [
        BELOW, FIRST, 125, 126, LAST, ABOVE, NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY
    ]  # fmt: skip


def test_extremes_of_a_tensor_are_marked_saturated() -> None:
    values = np.arange(1001, dtype=np.float32)
    found = picture_of(values, "C", summarise(values))
    index = np.array([int(tile(found, k)[0, 0]) for k in (0, 4, 5, 995, 996, 1000)])
    assert index.tolist() == [BELOW, BELOW, FIRST, LAST, ABOVE, ABOVE]


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int64, np.float16, np.float64])
def test_types(dtype: type) -> None:
    array = np.array([[[[0, 1], [1, 0]]]]).astype(dtype)
    found = picture_of(array, "NCHW", summarise(array))
    assert found.texels.tolist() == [[FIRST, LAST], [LAST, FIRST]]


def test_float64_beyond_float32() -> None:
    values = np.array([0.0, 4e299, 1e300])
    assert index_of(values, (0.0, 1e300)).tolist() == [FIRST, 101, LAST]


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 0, 4, 4), "NCHW"),
        ((1, 3, 0, 4), "NCHW"),
        ((0, 3, 4, 4), "NCHW"),
        ((4, 0, 3, 3), "OIHW"),
        ((0, 3, 3, 3), "OIHW"),
        ((3, 3, 0, 3), "OIHW"),
        ((0, 5), "IO"),
        ((5, 0), "IO"),
        ((0,), "C"),
        ((0, 4), "NC"),
    ],
)
@pytest.mark.parametrize("colour", [False, True])
def test_nothing_to_draw(shape: tuple[int, ...], axes: str, colour: bool) -> None:
    found = draw(np.zeros(shape, np.float32), axes, colour)
    assert (found.kind, found.words) == ("text", (f"empty: {'×'.join(map(str, shape))}",))
    assert (found.texels == EMPTY).all()


def test_more_maps_than_can_be_told_apart() -> None:
    array = numbered(1, MAX_TILES + 100, 2, 2)
    found = draw(array, "NCHW")
    assert (found.count, found.total, found.tile) == (MAX_TILES, MAX_TILES + 100, (2, 2))
    np.testing.assert_array_equal(tile(found, 4095), array[0, 4095] + 1)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 64, 600, 600), "NCHW"),
        ((1, 4096, 1, 3000), "NCHW"),
        ((1, 2000, 4000, 1), "NCHW"),
        ((5000, 4000), "IO"),
        ((3, 2_000_000), "IO"),
        ((2048, 2048, 3, 3), "OIHW"),
        ((1, 3, 3000, 3000), "NCHW"),
    ],
)
def test_huge_tensors_are_reduced(shape: tuple[int, ...], axes: str) -> None:
    array = np.broadcast_to(np.float32(7.0), shape)
    found = draw(array, axes)
    # Whole rows of tiles come on top.
    assert found.texels.size <= 1.6 * MAX_TEXELS
    assert found.full is not None
    assert max(found.texels.shape) <= 16384
    assert set(np.unique(found.texels)) <= {8, EMPTY}


def test_huge_colour_picture_is_reduced() -> None:
    found = draw(np.broadcast_to(np.float32(249.0), (1, 3, 4000, 4000)), "NCHW", colour=True)
    assert found.texels[..., 0].size <= MAX_TEXELS
    assert (found.texels == 255).all()
    assert found.tile[0] == found.tile[1]


def test_shrinking_takes_the_mean() -> None:
    maps = np.array([[[1, 3, 5, 7], [3, 5, 7, 9]]], np.float32)
    assert resample(maps, 1, 2).tolist() == [[[3.0, 7.0]]]
    assert resample(maps, 2, 3).shape == (1, 2, 3)


def test_shrinking_float16_does_not_overflow() -> None:
    assert resample(np.full((1, 8, 8), 60000, np.float16), 1, 1).tolist() == [[[60000.0]]]


def test_growing_repeats() -> None:
    maps = np.array([[[1, 2], [3, 4]]], np.float32)
    assert resample(maps, 2, 5).tolist() == [[[1, 1, 1, 2, 2], [3, 3, 3, 4, 4]]]


@pytest.mark.parametrize(
    ("count", "aspect", "columns"),
    [(1, 1, 1), (6, 1, 3), (9, 1, 3), (10, 1, 4), (8, 2, 4), (5, 100, 5), (0, 1, 1)],
)
def test_grid(count: int, aspect: float, columns: int) -> None:
    assert grid_columns(count, aspect) == columns
