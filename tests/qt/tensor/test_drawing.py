"""What is drawn at a pixel is the colour of the number that is pointed at there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from qtpy.QtGui import QColor, QFont, QImage

from explorer3d.compute.arrangement import Arrangement
from explorer3d.compute.picture import NAN, index_of
from explorer3d.manners import MANNERS
from explorer3d.qt.tensor.drawing import Draw, number_room
from explorer3d.qt.tensor.framing import Framing, fitted
from explorer3d.qt.tensor.seen import Cell, Seen, first_arrangement
from explorer3d.qt.tensor.stack import Stack, stack_of
from explorer3d.qt.tensor.wall import Wall, cell_for, wall_of
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.figures import Figures, figures_of
from explorer3d.scene.shade import Shade, symmetric

pytestmark = pytest.mark.usefixtures("qapp")  # there are no letters without it
ROOM = (300.0, 200.0)


def drawn(seen: Seen, geometry: Wall | Stack, framing: Framing, shade: Shade, manner: str) -> np.ndarray:
    """(H, W, 4) uint8 array."""
    return pixels(asked(seen, geometry, framing, shade, manner)().image)


def asked(seen: Seen, geometry: Wall | Stack, framing: Framing, shade: Shade, manner: str) -> Draw:
    return Draw(
        seen, geometry, framing, shade, replace(MANNERS[manner], numbers=False),
        Figures(4, str), QFont(), QColor(),
    )  # fmt: skip


def pixels(image: QImage) -> np.ndarray:
    """(H, W, 4) uint8 array."""
    image = image.convertToFormat(QImage.Format_RGBA8888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint8).reshape(image.height(), image.width(), 4).copy()


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Seen, float, float, float]:
    """Two to four axes in any arrangement, and where to look how closely."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=2, max_size=4)))
    axes = list(draw(st.permutations(range(len(shape)))))
    rows, columns = axes.pop(), axes.pop()
    flipped = frozenset(draw(st.sets(st.sampled_from(range(len(shape))))))
    arrangement = Arrangement((0,) * len(shape), rows, columns, tuple(axes), flipped)
    array = np.random.default_rng(draw(st.integers(0, 99))).normal(size=shape).astype(np.float32)
    return Seen(array, arrangement), draw(st.floats(1, 6)), draw(st.floats(0, 1)), draw(st.floats(0, 1))


@settings(max_examples=25, deadline=None)
@given(scenes(), st.sampled_from(["tiles", "stack"]))
def test_a_pixel_has_the_colour_of_the_number_under_it(
    scene: tuple[Seen, float, float, float], manner: str
) -> None:
    seen, larger, right, down = scene
    geometry = stack_of(seen, ROOM) if manner == "stack" else wall_of(seen, ROOM)
    framing = fitted(ROOM, geometry.extent).zoomed(larger, right * ROOM[0], down * ROOM[1])
    shade = Shade((-1.0, 1.0), "viridis")
    image = drawn(seen, geometry, framing, shade, manner)
    table, checked = lookup("viridis"), 0
    for y in range(3, 197, 27):
        for x in range(3, 297, 23):
            cell = geometry.at(*framing.point(x + 0.5, y + 0.5))
            around = {
                geometry.at(*framing.point(x + 0.5 + dx, y + 0.5 + dy))
                for dx in (-2, 0, 2)
                for dy in (-2, 0, 2)
            }
            if around != {cell}:
                continue  # an edge runs through it
            if cell is None:
                assert image[y, x, 3] == 0
                continue
            left, top = framing.pixel(geometry.outline(replace(cell, row=0, column=0))[0])
            if x < left + 40 and y < top + 30:
                continue  # the channel's number stands there
            expected = table[index_of(seen.array[seen.index_of(cell)], shade.limits)]
            assert image[y, x, :3].tolist() == expected.tolist()
            checked += 1
    assume(checked)


@pytest.mark.parametrize("manner", ["tiles", "stack", "smooth"])
@pytest.mark.parametrize("colour", [False, True])
def test_other_colours_are_given_to_the_numbers_that_were_taken_out_before(manner: str, colour: bool) -> None:
    """While a limit is dragged, only they change; looked at elsewhere, the numbers are others as well."""
    array = np.random.default_rng(4).normal(size=(3, 9, 8)).astype(np.float32)
    seen = Seen(array, Arrangement((0, 0, 0), rows=1, columns=2, stack=(0,)), None, colour)
    geometry = stack_of(seen, ROOM) if manner == "stack" else wall_of(seen, ROOM)
    framing = fitted(ROOM, geometry.extent)
    own = np.array([[-1.0, -2.0, -3.0], [1.0, 2.0, 3.0]])
    first = asked(seen, geometry, framing, Shade((-1.0, 1.0), "viridis"), manner)()
    for shade in (Shade((0.0, 0.5), "gray", gamma=2.0), Shade((-1.0, 1.0), "turbo", own=own)):
        anew = asked(seen, geometry, framing, shade, manner)
        second = replace(anew, before=first)()
        assert second.sample is first.sample
        np.testing.assert_array_equal(pixels(second.image), pixels(anew().image))
    elsewhere = replace(anew, framing=framing.zoomed(2.0, 0.0, 0.0))
    np.testing.assert_array_equal(pixels(replace(elsewhere, before=first)().image), pixels(elsewhere().image))
    others = replace(anew, seen=replace(seen, array=-array))
    np.testing.assert_array_equal(pixels(replace(others, before=first)().image), pixels(others().image))


def test_maps_smaller_than_pixels_show_their_means() -> None:
    """A map of 400 × 600 in 200 × 300 pixels: each pixel the mean of four numbers, 2 in the upper half."""
    array = np.indices((1, 400, 600))[1] % 2 * 2.0 + (np.arange(400) < 200)[:, None]
    seen = Seen(array.astype(np.float32), first_arrangement((1, 400, 600), "CHW"))
    wall = wall_of(seen, ROOM)
    framing = Framing(ROOM, wall.extent, 0.0, 0.5, 0.0, 0.0)
    image = drawn(seen, wall, framing, Shade((0.0, 4.0), "gray"), "tiles")
    table = lookup("gray")
    assert (image[:98, :, :3] == table[index_of(np.float32(2), (0.0, 4.0))]).all()
    assert (image[102:, :, :3] == table[index_of(np.float32(1), (0.0, 4.0))]).all()


@pytest.mark.parametrize("shape", [(3, 900), (900, 3)])
def test_a_long_map_has_cells_that_can_be_seen(shape: tuple[int, int]) -> None:
    """900 numbers in each of three lines, in 300 × 200 pixels: no line is thinner than 2 pixels."""
    array = np.zeros(shape, np.float32)
    lines = array if shape[0] == 3 else array.T
    lines[1], lines[2] = 1.0, 2.0
    seen = Seen(array, Arrangement((0, 0), rows=0, columns=1))
    wall = wall_of(seen, ROOM, cell_for(seen, ROOM))
    framing = fitted(ROOM, wall.extent)
    image = drawn(seen, wall, framing, Shade((0.0, 2.0), "gray"), "tiles")
    across = image[:, 150, :] if shape[0] == 3 else image[100, :, :]
    expected = lookup("gray")[index_of(np.float32([0, 1, 2]), (0.0, 2.0))]
    for colour in expected:
        assert (across[across[:, 3] > 0][:, :3] == colour).all(axis=1).sum() >= 2


def test_only_long_maps_have_cells_that_are_not_square() -> None:
    def cell(*shape: int) -> tuple[float, float]:
        arrangement = Arrangement((0,) * len(shape), rows=len(shape) - 2, columns=len(shape) - 1,
                                  stack=tuple(range(len(shape) - 2)))  # fmt: skip
        return cell_for(Seen(np.zeros(shape, np.float32), arrangement), (200.0, 100.0))

    assert cell(10, 90) == cell(2, 10, 900) == cell(90, 40) == (1.0, 1.0)
    assert cell(10, 200) == (1.0, 2.0)  # twice as much as five windows
    assert cell(300, 10) == pytest.approx((12.0, 1.0))
    assert cell(1, 90_000) == (1.0, 12.0)


def test_far_from_the_first_map_the_one_that_is_looked_at_is_drawn() -> None:
    array = np.broadcast_to(np.arange(4, dtype=np.float32)[:, None, None], (4, 400, 600))
    seen = Seen(array, first_arrangement((4, 400, 600), "CHW"))
    wall = Wall(4, 1, (400, 600), 1)
    framing = Framing(ROOM, wall.extent, 0.0, 0.5, 0.0, wall.corner(Cell(3, 0, 0, 0))[1])
    image = drawn(seen, wall, framing, Shade((0.0, 3.0), "gray"), "tiles")
    assert (image[100:190, 10:290, :3] == 255).all()


def test_maps_of_a_stack_are_told_apart() -> None:
    seen = Seen(np.ones((3, 20, 20), np.float32), first_arrangement((3, 20, 20), "CHW"))
    stack = Stack(3, 1, (20, 20), 10.0)
    framing = fitted(ROOM, stack.extent)
    line = drawn(seen, stack, framing, Shade((0.0, 1.0), "gray"), "stack")[100, :, 3]
    runs = np.flatnonzero(np.diff(np.concatenate([[0], line > 0, [0]]).astype(int)) == 1)
    assert len(runs) == 3


def test_smooth_maps_pass_from_number_to_number_within_a_map() -> None:
    array = np.array([[[0.0, 1.0]], [[5.0, 5.0]]], np.float32)
    seen = Seen(array, Arrangement((0, 0, 0), rows=1, columns=2, stack=(0,)))
    wall = Wall(2, 1, (1, 2), 2)
    framing = Framing(ROOM, wall.extent, 0.0, 40.0, 0.0, 0.0)
    image = drawn(seen, wall, framing, Shade((0.0, 1.0), "gray"), "smooth")[30, :, 0].astype(int)
    # From the middle of the first cell at 20 to that of the second at 60, and no further.
    assert image[10] == image[19] == 0 and image[61] == image[75] == 255
    assert np.abs(image[20:60] - np.linspace(0, 255, 40)).max() < 8


def test_colours_of_three_channels_and_of_what_is_no_number() -> None:
    colours = np.zeros((1, 3, 2, 2), np.float32)
    colours[0, :, 0, 1], colours[0, 0, 1, 0] = 1.0, 0.5
    seen = Seen(colours, first_arrangement((1, 3, 2, 2), "NCHW"), None, True)
    wall = wall_of(seen, ROOM)
    framing = fitted(ROOM, wall.extent)
    image = drawn(seen, wall, framing, Shade((0.0, 1.0), "gray"), "tiles")
    assert image[50, 200].tolist() == [255, 255, 255, 255] and image[150, 100].tolist() == [128, 0, 0, 255]
    odd = Seen(np.array([[np.nan, 1.0]], np.float32), first_arrangement((1, 2), "ab"))
    wall = Wall(2, 1, (1, 1), 2)
    framing = fitted(ROOM, wall.extent)
    image = drawn(odd, wall, framing, Shade((0.0, 1.0), "gray"), "tiles")
    assert image[100, 60, :3].tolist() == lookup("gray")[NAN].tolist()


def test_each_map_with_its_own_range_and_gamma_around_the_middle() -> None:
    own = np.array([[0.0, -10.0], [2.0, 10.0]])
    shade = Shade((0.0, 1.0), "gray", own=own)
    found = shade.indices(np.array([1.0, 0.0]), np.array([0, 1]))
    assert found[0] == found[1] == index_of(np.float64(0.5), (0.0, 1.0))
    plain, bent = (Shade((0.0, 1.0), "gray", gamma).table()[:, 0].astype(int) for gamma in (1.0, 2.0))
    assert bent[126] == pytest.approx(plain[126] / 2, abs=3) and bent[250] == plain[250]
    centred = Shade((-1.0, 1.0), "gray", 2.0, centred=True).table()[:, 0].astype(int)
    middle = (plain[125] + plain[126]) / 2
    assert (centred[125] + centred[126]) / 2 == pytest.approx(middle, abs=1)
    assert centred[188] - middle == pytest.approx((plain[188] - middle) / 2, abs=3)
    assert symmetric((-1.0, 3.0)) == (-3.0, 3.0)


@pytest.mark.parametrize(
    ("low", "high", "dtype", "values", "texts"),
    [
        (-31.4, 20.6, np.float32, [20.5554, -3.0, -0.001], [" 20.56", " -3.00", "  0.00"]),
        (0.0, 0.0104, np.float32, [0.0052, float("nan")], ["0.00520", "    NaN"]),
        (0.0, 3e-9, np.float64, [1.5e-9, float("inf")], [" 1.50e-09", "       +∞"]),
        (-7, 120, np.int64, [120, -7], ["120", " -7"]),
        (0, 1, np.bool_, [True, False], ["1", "0"]),
    ],
)
def test_the_points_of_numbers_stand_below_each_other(
    low: float, high: float, dtype: type, values: list[float], texts: list[str]
) -> None:
    figures = figures_of(low, high, np.dtype(dtype))
    assert [figures.write(value).rjust(figures.width) for value in values] == texts


def test_numbers_grow_with_their_cells() -> None:
    """From one to four times their least size, and no more."""
    seen = Seen(np.ones((1, 1), np.float32), Arrangement((0, 0), 0, 1))
    font, figures = QFont("JetBrains Mono"), Figures(4, lambda value: "8888")
    font.setPixelSize(12)
    wall = wall_of(seen, (900.0, 700.0))
    room = number_room(figures, font)
    least = max(one / size for one, size in zip(room, wall.cell, strict=True))

    def height(scale: float) -> int:
        framing = replace(fitted((900.0, 700.0), wall.extent), scale=scale, left=0.0, top=0.0)
        request = Draw(
            seen, wall, framing, Shade((0.0, 1.0), "gray"), MANNERS["numbers"], figures, font, QColor("black")
        )
        image = request().image
        inked = [y for y in range(700) if any(image.pixelColor(x, y).alpha() > 99 for x in range(0, 900, 2))]
        return inked[-1] - inked[0] + 1

    small = height(least)
    assert 7 <= small <= 12
    assert height(3 * least) == pytest.approx(3 * 0.85 * small, abs=2)
    assert height(9 * least) == pytest.approx(4 * small, abs=4)


def test_a_large_tensor_is_not_copied() -> None:
    array = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (1 << 18, 1 << 18), (0, 0))
    seen = Seen(array, first_arrangement(array.shape, "ab"))
    assert np.shares_memory(seen.maps, array)
    wall = wall_of(seen, ROOM)
    framing = Framing(ROOM, wall.extent, 0.0, 20.0, 1000.0, 5000.0)
    image = drawn(seen, wall, framing, Shade((0.0, 1.0), "gray"), "tiles")
    assert (image[..., 3] == 255).all()
    whole = fitted(ROOM, wall.extent)
    assert drawn(seen, wall, whole, Shade((0.0, 1.0), "gray"), "tiles")[100, 150, 3] == 255
