"""Places of a tensor's rectangles, as a stack and as tiles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.picture import TensorPicture, picture_of
from explorer3d.compute.statistics import summarise
from explorer3d.scene.unfold import UNFOLDINGS, Unfolding, unfold


def picture(shape: tuple[int, ...], axes: str = "NCHW", colour: bool = False) -> TensorPicture:
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return picture_of(array, axes, summarise(array), colour)


SHAPES = [
    ((1, 1, 9, 5), "NCHW"),
    ((1, 6, 28, 28), "NCHW"),
    ((1, 7, 5, 20), "NCHW"),
    ((1, 512, 7, 7), "NCHW"),
    ((16, 6, 5, 3), "OIHW"),
    ((4096, 10), "IO"),
    ((1, 10), "NC"),
    ((1, 1000), "NC"),
    ((1, 2), "NC"),
    ((1, 1), "NC"),
    ((0, 4), "NC"),
]


def sides(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return corners[:, 1, 0] - corners[:, 0, 0], corners[:, 3, 1] - corners[:, 0, 1]


def check(found: Unfolding, count: int) -> None:
    assert found.stack.shape == found.tiles.shape == (count, 4, 3)
    for corners in (found.stack, found.tiles):
        # Inside the room, upright rectangles.
        assert corners[..., 0].min() >= -1e-9
        assert corners[..., 0].max() <= found.width + 1e-9
        assert corners[..., 1].min() >= -found.height - 1e-9
        assert corners[..., 1].max() <= 1e-9
        left, bottom, right, top = corners[:, 0, 0], corners[:, 0, 1], corners[:, 2, 0], corners[:, 2, 1]
        assert (right > left).all()
        assert (top > bottom).all()
        np.testing.assert_array_equal(corners[:, :, 0], np.stack([left, right, right, left], axis=1))
        np.testing.assert_array_equal(corners[:, :, 1], np.stack([bottom, bottom, top, top], axis=1))


def check_apart(tiles: np.ndarray) -> None:
    """No two rectangles overlap, found with a line swept over the tops."""
    assert (tiles[:, :, 2] == tiles[0, 0, 2]).all()
    order = np.lexsort((tiles[:, 0, 0], -tiles[:, 3, 1]))
    for one, other in pairwise(tiles[order]):
        beside = other[0, 0] > one[1, 0]
        below = other[3, 1] < one[0, 1]
        assert beside or below


@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_tiles_lie_apart_in_their_room(shape: tuple[int, ...], axes: str) -> None:
    drawn = picture(shape, axes)
    found = unfold(drawn, 5.2, 1.0)
    check(found, drawn.count)
    check_apart(found.tiles)


@given(st.integers(2, 40), st.integers(2, 30), st.integers(2, 30), st.floats(0, 3), st.floats(1, 8))
def test_any_maps(channels: int, height: int, width: int, spread: float, extent: float) -> None:
    drawn = picture((1, channels, height, width))
    found = unfold(drawn, extent, spread)
    assert found.tiles.shape == found.stack.shape == (channels, 4, 3)
    check_apart(found.tiles)
    if spread == 1.0:
        check(found, channels)


def test_tiles_keep_the_proportions_of_maps() -> None:
    found = unfold(picture((1, 100, 10, 20)), 5.2, 1.0)
    for corners in (found.tiles, found.stack):
        width, height = sides(corners)
        assert width / height == pytest.approx(np.full(100, 2.0), rel=0.08)


def test_tiles_are_in_reading_order() -> None:
    found = unfold(picture((1, 6, 28, 28)), 5.2, 1.0)
    x, y = found.tiles[:, 0, 0], found.tiles[:, 0, 1]
    # Two rows of three.
    assert x[:3].tolist() == sorted(x[:3])
    assert y[:3] == pytest.approx(np.full(3, y[0]))
    assert x[:3] == pytest.approx(x[3:])
    assert (y[3:] < y[:3]).all()


def test_longest_side_is_the_extent() -> None:
    found = unfold(picture((1, 9, 10, 10)), 5.0, 0.0)
    assert np.ptp(found.tiles[..., 0]) == pytest.approx(5.0, rel=0.03)


def test_a_stack_recedes_evenly_and_never_forwards() -> None:
    found = unfold(picture((1, 6, 28, 28)), 5.2, 1.0)
    z = found.stack[:, 0, 2]
    assert z[0] == 0
    steps = np.diff(z)
    assert (steps < 0).all()
    assert steps == pytest.approx(np.full(5, steps[0]))


def test_spread_scales_the_depth() -> None:
    drawn = picture((1, 6, 28, 28))
    one, two, flat = (unfold(drawn, 5.2, spread).stack[:, 0, 2] for spread in (1.0, 2.0, 0.0))
    assert two == pytest.approx(2 * one)
    assert (flat == 0).all()


def test_a_stack_is_never_deeper_than_its_room() -> None:
    found = unfold(picture((1, 512, 7, 7)), 5.2, 1.0)
    assert 0 > found.stack[..., 2].min() >= -5.2


def test_bars_by_hand() -> None:
    drawn = TensorPicture(
        "vector", np.zeros((2, 2), np.uint8), 4, (1, 1), 2, 4, np.array([1.0, -0.5, 0.0, 0.5])
    )
    found = unfold(drawn, 4.0, 1.0)
    check(found, 4)
    width, height = sides(found.stack)
    line = height[2]  # a bar of value 0 stays visible as a line
    assert 0 < line < 0.05 * found.height
    # The bars are longer than the line in proportion to their values.
    assert (height - line) / (height[0] - line) == pytest.approx(np.array([1.0, 0.5, 0.0, 0.5]))
    assert width == pytest.approx(np.full(4, width[0]))
    middle = found.stack[:, [0, 3], 1].mean(axis=1)
    ground = middle[2]
    assert found.stack[0, 0, 1] < ground < found.stack[0, 3, 1]
    assert middle[1] < ground < middle[0]
    assert (np.diff(found.stack[:, 0, 0]) > width[0]).all()


@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_ends_of_the_morph_are_exact(shape: tuple[int, ...], axes: str) -> None:
    found = unfold(picture(shape, axes), 5.2, 1.0)
    assert found.at(0.0) is found.stack
    assert found.at(1.0) is found.tiles
    np.testing.assert_allclose(found.at(0.25), 0.75 * found.stack + 0.25 * found.tiles)


def test_single_tile_by_hand() -> None:
    found = unfold(picture((5, 10), "IO"), 5.0, 1.0)
    assert (found.width, found.height) == (5.0, 2.5)
    assert found.tiles[0].tolist() == [[0, -2.5, 0], [5, -2.5, 0], [5, 0, 0], [0, 0, 0]]


def test_a_long_matrix_stays_a_rectangle() -> None:
    found = unfold(picture((4096, 10), "IO"), 5.0, 1.0)
    assert (found.width, found.height) == (1.25, 5.0)


@pytest.mark.parametrize("kind", sorted({*UNFOLDINGS} - {"text"}))
def test_nothing_takes_little_room(kind: str) -> None:
    found = unfold(TensorPicture(kind, np.zeros((1, 1), np.uint8), 0, (1, 1), 1, 0), 5.0, 1.0)
    assert found.stack.shape == found.tiles.shape == (0, 4, 3)
    assert 0 < found.width < 5


def test_every_kind_of_picture_unfolds() -> None:
    kinds = {
        picture((1, 6, 4, 4)).kind,
        picture((6, 2, 4, 4), "OIHW").kind,
        picture((1, 3, 4, 4), colour=True).kind,
        picture((4, 4), "IO").kind,
        picture((4,), "C").kind,
        picture(()).kind,
    }
    assert kinds == set(UNFOLDINGS)


def test_more_lines_of_text_take_more_height_and_one_is_large() -> None:
    def page(lines: int) -> Unfolding:
        words = np.array(["class"] * lines)
        return unfold(picture_of(words, "C", summarise(words)), 5.2, 1.0)

    assert page(12).height == pytest.approx(4 * page(3).height)
    assert page(1).height == pytest.approx(page(2).height)
    assert 0 < page(3).width == page(12).width < page(1).width < 5.2
