"""Pictures between other limits than a tensor's own, with indices worked out by hand."""

from __future__ import annotations

import numpy as np

from explorer3d.compute.colour_range import AUTOMATIC, FIXED, HAND, MAP, ColourRange, Ranges
from explorer3d.compute.picture import ABOVE, BELOW, FIRST, LAST, NAN, POSITIVE_INFINITY
from explorer3d.compute.redraw import DrawBetween
from explorer3d.compute.refine import Crop, RefineTensor

MAPS = np.array([[[0.0, 2.0, 10.0]] * 2, [[-4.0, 0.0, 4.0]] * 2], np.float32)[None]  # (1, 2, 2, 3), NCHW


def tiles(request: DrawBetween) -> list[list[int]]:
    """The last row of each tile."""
    picture = request().picture
    width = picture.tile[1]
    return [picture.texels[y0:y1, x0:x1].ravel()[-width:].tolist() for x0, y0, x1, y1 in picture.cells()]


def test_limits_for_all_maps() -> None:
    assert tiles(DrawBetween(MAPS, "NCHW", False, (0.0, 2.49))) == [
        [FIRST, FIRST + 200, ABOVE],
        [BELOW, FIRST, ABOVE],
    ]


def test_each_map_from_its_smallest_to_its_largest_number() -> None:
    found = DrawBetween(MAPS, "NCHW", False, (0.0, 1.0), each=True)
    assert found().limits.tolist() == [[0, 10], [-4, 4]]
    assert tiles(found) == [[FIRST, 51, LAST], [FIRST, 125, LAST]]  # 1 + 249 × 0.2 and × 0.5, to even
    centred = DrawBetween(MAPS, "NCHW", False, (-1.0, 1.0), each=True)
    assert centred().limits.tolist() == [[-10, 10], [-4, 4]]
    assert tiles(centred)[0] == [125, 150, LAST]  # 1 + 249 × 0.6 = 150.4


def test_maps_without_a_range_and_without_numbers() -> None:
    array = np.stack([np.full((2, 2), 3.0), np.full((2, 2), np.nan), [[1.0, np.nan], [2.0, np.inf]]])[None]
    found = DrawBetween(array, "NCHW", False, (0.0, 1.0), each=True)
    assert found().limits.tolist() == [[3, 3], [0, 0], [1, 2]]
    assert tiles(found) == [[FIRST, FIRST], [NAN, NAN], [LAST, POSITIVE_INFINITY]]


def test_colours_and_kernels_span_their_own_range() -> None:
    picture = np.array([0.0, 5.0, 10.0]).reshape(1, 1, 1, 3).repeat(2, axis=2).repeat(2, axis=1)
    colours = DrawBetween(picture, "NHWC", True, (0.0, 1.0), each=True)().picture
    assert colours.kind == "colour" and colours.texels[0, 0].tolist() == [0, 128, 255]
    kernels = np.zeros((2, 3, 2, 2), np.float32)
    kernels[0, 0, 0, 0], kernels[1, 2, 1, 1] = 1.0, 100.0
    shown = DrawBetween(kernels, "OIHW", False, (0.0, 1.0), each=True)().picture
    assert shown.kind == "kernels"
    assert [np.count_nonzero(shown.texels[y0:y1, x0:x1] == LAST) for x0, y0, x1, y1 in shown.cells()] == [
        1,
        1,
    ]


def test_what_is_one_tile_keeps_one_range() -> None:
    matrix = DrawBetween(np.array([[0.0, 1.0], [2.0, 4.0]]), "HW", False, (0.0, 4.0), each=True)()
    assert matrix.limits == (0.0, 4.0) and matrix.picture.texels.tolist() == [[1, 63], [125, 250]]


def test_parts_of_maps_are_drawn_finer_in_the_same_colours() -> None:
    limits = DrawBetween(MAPS, "NCHW", False, (0.0, 1.0), each=True)().limits
    crops = tuple(Crop(tile, 0, 0, 1, 3, 4, 12) for tile in (0, 1))
    fine = RefineTensor(MAPS, "NCHW", False, limits, crops)()
    parts = [fine.texels[y0:y1, x0:x1].ravel().tolist() for x0, y0, x1, y1 in fine.cells]
    assert parts == [[FIRST, 51, LAST], [FIRST, 125, LAST]]
    assert fine.limits is limits


def test_what_is_chosen_holds_for_one_tensor_or_for_all_of_its_kind() -> None:
    by_hand = ColourRange(HAND, (0.0, 3.0), gamma=0.5)
    ranges = Ranges().chosen("conv1", "output", "output", by_hand)
    assert ranges.of("conv1", "output", "output") == by_hand
    assert ranges.of("conv1", "input", "input") == ranges.of("conv2", "output", "output") == AUTOMATIC
    fixed = ColourRange(FIXED, (-1.0, 1.0))
    shared = ranges.chosen("conv2", "input", "input", fixed)
    assert shared.of("conv1", "output", "output") == shared.of("pool", "input", "input") == fixed
    assert shared.of("conv1", "kernel", "weights") == AUTOMATIC
    # Another choice ends it for all; what was chosen for one before is still there.
    ended = shared.chosen("conv2", "input", "input", ColourRange(MAP))
    assert ended.of("conv2", "input", "input").kind == MAP
    assert (
        ended.of("conv1", "output", "output") == by_hand and ended.of("pool", "input", "input") == AUTOMATIC
    )
    # Agreed on one layer, what is wanted of another stays.
    agreed = ended.agreeing(Ranges(), "conv1")
    assert agreed.of("conv1", "output", "output") == AUTOMATIC
    assert agreed.of("conv2", "input", "input").kind == MAP
    assert Ranges().agreeing(ended, "conv1") == ranges
    assert ranges.chosen("conv1", "output", "output", AUTOMATIC) == Ranges()


def test_a_range_in_words() -> None:
    assert str(AUTOMATIC) == ""
    assert str(ColourRange(HAND, (-0.5, 3.0), gamma=0.5)) == "−0.5 … 3, gamma 0.5"
    assert str(ColourRange(MAP, (0.0, 1.0), symmetric=True)) == "each map its own, symmetric"
