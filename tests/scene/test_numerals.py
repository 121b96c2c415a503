"""Numbers in the cells of opened tensors, by the pixels and by what is pointed at there."""

from __future__ import annotations

import gc
import weakref
from itertools import product

import numpy as np
import pytest

from explorer3d.compute.picture import index_of, picture_of
from explorer3d.compute.show import ShownLayer, ShownTensor
from explorer3d.compute.statistics import summarise
from explorer3d.document import ALL_ROLES
from explorer3d.graph.layout import arrange
from explorer3d.manners import BOTH, STACK, TILES
from explorer3d.scene.approach import approach
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.figures import figures_of
from explorer3d.scene.heat import Heat
from explorer3d.scene.laid import Laid
from explorer3d.scene.legible import FEW, legible
from explorer3d.scene.numerals import Numerals
from explorer3d.scene.palette import DARK, LIGHT
from explorer3d.scene.pointing import Hit
from explorer3d.scene.quads import rectangle
from explorer3d.scene.stage import Stage
from tests.scene.conftest import SIZE, Ran
from tests.scene.networks import chain, network
from tests.scene.test_stage import frame, look_at, panel, show

NUMBERS = "numbers"


@pytest.fixture
def opened(stage: Stage, lenet: Ran) -> Stage:
    """conv2, whose output of 10 × 10 × 16 is shown as channels last, and its kernels of 5 × 5 × 6 × 16."""
    show(stage, lenet)
    stage.set_mode(BOTH, animated=False)
    stage.open_layer(lenet.layer("conv2"), ALL_ROLES)
    return stage


def numerals(stage: Stage) -> Numerals:
    return stage._numerals


def read(stage: Stage) -> dict[tuple[float, float], str]:
    """What is written, by the pixel in its middle."""
    stage.draw(smooth=False)
    found = {}
    for part in numerals(stage).written:
        for text, end in zip(part.texts, part.ends, strict=True):
            ((x, y),) = stage.projection.pixels((end - 1.2 * part.right)[None])
            found[float(x), float(y)] = text
    return found


def near(stage: Stage, tensor: str, tile: int) -> None:
    look_at(stage, panel(stage, "conv2", tensor).quads.corners[tile].astype(float), fill=1.05)


def test_numbers_stand_where_cells_are_large_and_nowhere_else(opened: Stage) -> None:
    opened.frame_layers(["conv2"], animated=False)
    both = frame(opened)
    assert not read(opened) and not opened.readable
    opened.set_mode(TILES, animated=False)
    np.testing.assert_array_equal(frame(opened), both)
    near(opened, "output", 5)
    cells = frame(opened)
    opened.set_mode(BOTH, animated=False)
    changed = (frame(opened) != cells).any(axis=2)
    assert opened.readable
    # Ink in each of the hundred cells, none on their sides.
    corners = panel(opened, "conv2", "output").quads.corners[5]
    (left, bottom), _, (right, top), _ = opened.projection.pixels(corners)
    xs, ys = (
        np.linspace(left, right, 11).round().astype(int),
        np.linspace(top, bottom, 11).round().astype(int),
    )
    for row in range(10):
        for column in range(10):
            assert changed[ys[row] : ys[row + 1], xs[column] : xs[column + 1]].mean() > 0.04
    assert not changed[:, xs].any() and not changed[ys].any()


@pytest.mark.parametrize("tensor", ["input", "kernel", "bias", "output"])
def test_what_is_written_is_the_number_that_is_pointed_at_there(opened: Stage, tensor: str) -> None:
    shown = panel(opened, "conv2", tensor)
    corners = shown.quads.corners[3].astype(float)
    look_at(opened, corners, fill=6.0 if tensor == "bias" else 1.05)
    statistics = shown.tensor.statistics
    figures = figures_of(statistics.minimum, statistics.maximum, shown.tensor.array.dtype)
    checked = 0
    for (x, y), text in read(opened).items():
        hit = opened.pick(x, y)
        if hit is None or hit.tensor != tensor or hit.tile is None:
            continue
        # By hand: Keras' axes, kernels in a grid of three across, a cell between them.
        if tensor == "bias":
            number = shown.tensor.array[hit.tile]
        elif tensor == "kernel":
            (below, row), (right, column) = divmod(int(hit.down * 11), 6), divmod(int(hit.across * 17), 6)
            number = shown.tensor.array[row, column, below * 3 + right, hit.tile]
        else:
            side = shown.tensor.array.shape[1]
            number = shown.tensor.array[0, int(hit.down * side), int(hit.across * side), hit.tile]
        assert figures.write(float(number)) == text
        checked += 1
    assert checked >= {"input": 90, "kernel": 90, "bias": 6, "output": 90}[tensor]


def test_numbers_alone_stand_on_the_ground_in_the_ink_of_the_theme(opened: Stage) -> None:
    opened.set_mode(NUMBERS, animated=False)
    opened.frame_layers(["conv2"], animated=False)
    far = frame(opened)
    opened.set_mode(TILES, animated=False)
    coloured = frame(opened)
    tile = panel(opened, "conv2", "input").quads.corners[1]
    (left, bottom), _, (right, top), _ = opened.projection.pixels(tile).round().astype(int)
    inside = slice(top + 3, bottom - 2), slice(left + 3, right - 2)
    # From afar a pale grey picture of the maps, by which to find one's way.
    assert (
        np.ptp(far[inside].astype(int), axis=2).max()
        < 20
        < np.ptp(coloured[inside].astype(int), axis=2).max()
    )
    assert np.ptp(far[inside]) > 30
    for theme in (DARK, LIGHT):
        opened.set_look(theme, 1.0)
        opened.set_mode(NUMBERS, animated=False)
        near(opened, "output", 5)
        drawn = frame(opened)
        (left, bottom), _, (right, top), _ = opened.projection.pixels(
            panel(opened, "conv2", "output").quads.corners[5]
        )
        cell = drawn[round(top) + 3 : round(top + (bottom - top) / 10) - 3,
                     round(left) + 3 : round(left + (right - left) / 10) - 3].reshape(-1, 3)  # fmt: skip
        grounds = (np.abs(cell.astype(int) - theme.bottom).max(axis=1) <= 1).mean()
        inks = (np.abs(cell.astype(int) - theme.text).max(axis=1) <= 25).mean()
        assert 0.5 < grounds < 0.95 and inks > 0.01


def test_drafts_and_turned_views_keep_the_numbers_in_their_cells(opened: Stage) -> None:
    near(opened, "output", 5)
    count = len(read(opened))
    opened.draft()
    assert len(read(opened)) == count > 0
    opened.move_camera(opened.pose.orbited(20.0, 15.0))
    for (x, y), text in read(opened).items():
        hit = opened.pick(x, y)
        if hit is None or hit.tensor != "output" or hit.tile is None:
            continue
        array = panel(opened, "conv2", "output").tensor.array
        assert float(text) == pytest.approx(
            array[0, int(hit.down * 10), int(hit.across * 10), hit.tile], abs=0.0006
        )
    # Seen from behind they would be mirrored; and on their way to a stack they would be a muddle.
    opened.move_camera(opened.pose.orbited(160.0, 0.0))
    assert not read(opened)
    near(opened, "output", 5)
    assert read(opened)
    opened.set_mode(STACK, animated=False)
    assert not read(opened)


def test_one_thing_is_drawn_however_many_numbers_and_nothing_stays(opened: Stage, lenet: Ran) -> None:
    near(opened, "output", 5)
    opened.set_mode(TILES, animated=False)
    frame(opened)
    before = opened.canvas.props()
    for mode in (BOTH, NUMBERS, "smooth", STACK, TILES) * 2:
        opened.set_mode(mode, animated=False)
        near(opened, "output", 5)
        opened.draw(smooth=False)
        assert opened.canvas.props() == before + (mode in (BOTH, NUMBERS))
    opened.set_mode(NUMBERS, animated=False)
    near(opened, "output", 5)
    assert read(opened)
    opened.close_layer("conv2")
    assert not read(opened)
    opened.set_mode(TILES, animated=False)
    opened.open_layer(lenet.layer("conv2"), ALL_ROLES)
    near(opened, "output", 5)
    opened.draw(smooth=False)
    assert opened.canvas.props() == before


def laid_over(layer: str) -> Laid:
    whole, middles = np.ones((8, 8), np.float32), (np.arange(8) + 0.5) / 8
    grey = np.full((8, 8, 3), 90, np.uint8)
    return Laid(Heat(whole, middles, middles, grey, whole, 1.0, False), "image", layer, 0.7, 0.0)


def test_numbers_are_written_over_what_is_laid_over_the_maps(opened: Stage) -> None:
    near(opened, "output", 5)
    before = frame(opened)
    white = (before == 255).all(axis=2)
    assert white.sum() > 100
    opened.lay(laid_over("conv2"))
    after = frame(opened)
    assert (before != after).any(axis=2).mean() > 0.3
    np.testing.assert_array_equal(after[white], before[white])


def test_numbers_stay_over_what_lies_over_a_layer_that_is_opened_later(opened: Stage, lenet: Ran) -> None:
    near(opened, "output", 5)
    before = frame(opened)
    white = (before == 255).all(axis=2)
    opened.open_layer(lenet.layer("conv1"), ALL_ROLES)
    opened.close_layer("conv2")
    opened.lay(laid_over("conv2"))
    first = panel(opened, "conv1", "output").quads.corners[0].astype(float)
    look_at(opened, first, fill=0.6)
    assert read(opened)
    opened.open_layer(lenet.layer("conv2"), ALL_ROLES)
    opened.close_layer("conv1")
    near(opened, "output", 5)
    np.testing.assert_array_equal(frame(opened)[white], before[white])


def test_nothing_is_kept_of_a_network_that_is_closed(opened: Stage) -> None:
    near(opened, "output", 5)
    assert read(opened)
    closed = weakref.ref(panel(opened, "conv2", "output"))
    opened.show_model(None, None)
    gc.collect()
    assert closed() is None
    assert not opened.readable and not read(opened)


def test_to_come_near_shows_numbers(opened: Stage) -> None:
    opened.frame_layers(["conv2"], animated=False)
    for tensor, tile in (("output", 7), ("kernel", 15), ("bias", 2)):
        hit = Hit("conv2", "output", tensor, tile, 0.5, 0.5)
        opened.approach(hit)
        opened.settle()
        assert not opened.too_small(hit)
        x, y = opened.projection.pixels(
            panel(opened, "conv2", tensor).quads.corners[tile].mean(axis=0)[None]
        )[0]
        found = opened.pick(x + 1, y + 1)
        assert found is not None and (found.tensor, found.tile) == (tensor, tile)
        assert read(opened)
        opened.frame_layers(["conv2"], animated=False)


def test_numbers_that_are_no_maps_are_all_seen_if_they_can_be_read(opened: Stage) -> None:
    bias = panel(opened, "conv2", "bias")
    opened.approach(Hit("conv2", "bias", "bias", 2, 0.5, 0.5))
    opened.settle()
    pixels = opened.projection.pixels(bias.quads.corners.reshape(-1, 3))
    assert (pixels > 0).all() and (pixels < SIZE).all()
    assert len(read(opened)) >= 16


def test_a_large_map_is_seen_in_part_and_a_small_one_whole() -> None:
    def seen(side: int, across: float, down: float) -> tuple[np.ndarray, Pose]:
        corners = rectangle(0.0, -5.0, 5.0, 5.0)
        pose = approach(corners, 5.0 / side / 4, 10.0, SIZE, across, down)
        return Projection(pose, SIZE).pixels(corners), pose

    pixels, _ = seen(10, 0.9, 0.9)
    assert (pixels > 0).all() and (pixels < SIZE).all()
    pixels, pose = seen(200, 0.5, 0.25)
    assert pixels[3, 0] < 0 and pixels[1, 0] > SIZE[0]
    assert (pose.focus[0], pose.focus[1]) == pytest.approx((2.5, -1.25))
    # Each cell 60 pixels: half as large again as it has to be.
    assert np.ptp(pixels[:, 0]) / 200 == pytest.approx(60, rel=0.01)
    # In a corner nothing is seen of what lies beyond but a margin.
    pixels, _ = seen(200, 1.0, 1.0)
    assert SIZE[0] * 0.9 < pixels[1, 0] < SIZE[0] and SIZE[1] * 0.9 < pixels[1, 1] < SIZE[1]
    # One number alone is not blown up to the height of the picture.
    pixels, _ = seen(1, 0.5, 0.5)
    assert np.ptp(pixels[:, 0]) == pytest.approx(120, rel=0.01)


def test_of_a_large_map_only_cells_that_are_seen_are_written() -> None:
    corners = rectangle(0.0, -5.0, 5.0, 5.0)[None]
    projection = Projection(Pose((2.5, -2.5, 0.0), 0.0, 0.0, 0.8), SIZE)
    (patch,) = legible(corners, (500, 500), 0.0025, 1.0, projection)
    wide = SIZE[0] / projection.pixels_per_unit / 0.01
    assert wide <= patch.right - patch.left <= wide + 18
    assert patch.left <= 250 - wide / 2 and patch.right >= 250 + wide / 2
    assert patch.size < 500 * 500 / FEW
    assert legible(corners, (500, 500), 0.0025, 5.0, projection) == ()
    # Many maps of few cells: those in the picture, all at once.
    many = np.stack([rectangle(0.1 * at, 0.0, 0.09, 0.09) for at in range(1000)])
    (patch,) = legible(many, (1, 1), 0.02, 1.0, Projection(Pose((50.0, 0.0, 0.0), 0.0, 0.0, 4.0), SIZE))
    assert 500 in patch.tiles and 10 < len(patch.tiles) < 60


def test_of_what_is_drawn_coarser_the_cells_are_drawn_before_numbers_stand_in_them(stage: Stage) -> None:
    """Very near, where a hair's breadth in depth would be seen."""
    model = network(chain(2))
    array = np.random.default_rng(1).normal(size=(1, 4, 300, 300)).astype(np.float32)
    statistics = summarise(array)
    picture = picture_of(array, "NCHW", statistics, room=1 << 14)
    tensor = ShownTensor(
        "output", "output", "output", array.shape, "float32", array, "NCHW", False, statistics, picture,
        room=1 << 14,
    )  # fmt: skip
    assert picture.full == (300, 300)
    name = model.layers[1].name
    stage.show_model(model, arrange(model))
    stage.set_mode(BOTH, animated=False)
    stage.open_layer(ShownLayer(name, (tensor,)), ALL_ROLES)
    stage.approach(Hit(name, "output", "output", 2, 0.3, 0.6))
    stage.settle()
    assert stage.readable and not read(stage)
    stage.refine()
    texts = read(stage)
    assert len(texts) > 50
    coloured = frame(stage)
    stage.set_mode(TILES, animated=False)
    cells = frame(stage)
    assert 0.02 < (coloured != cells).any(axis=2).mean() < 0.4
    table, checked = lookup(default_map(statistics.diverging)), 0
    corners = panel(stage, name, "output").quads.corners[2].astype(float)
    for row, column in product(range(160, 200), range(70, 110)):
        # The four corners of each cell, a little inside.
        share = (np.array([[column, row]]) + [[0.06, 0.06], [0.94, 0.06], [0.06, 0.94], [0.94, 0.94]]) / 300
        points = (
            corners[3] + share[:, :1] * (corners[2] - corners[3]) + share[:, 1:] * (corners[0] - corners[3])
        )
        seen = np.floor(stage.projection.pixels(points)).astype(int)
        if (seen < 2).any() or (seen >= np.array(SIZE) - 2).any():
            continue
        expected = table[index_of(array[0, 2, row : row + 1, column], statistics.limits)][0]
        np.testing.assert_array_equal(cells[seen[:, 1], seen[:, 0]], np.tile(expected, (4, 1)))
        checked += 1
    assert checked > 50
    for (x, y), text in texts.items():
        hit = stage.pick(x, y)
        if hit is not None and 0 < x < SIZE[0] and 0 < y < SIZE[1]:
            assert float(text) == pytest.approx(
                float(array[0, hit.tile, int(hit.down * 300), int(hit.across * 300)]), abs=0.006
            )
