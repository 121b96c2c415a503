"""Explanations as pictures: where the colours lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.attribution import attribute
from explorer3d.attribution.result import Attribution
from explorer3d.attribution.target import Target
from explorer3d.compute.picture import FIRST, LAST
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import Feeds, feeds_for
from explorer3d.scene.charts import bars
from explorer3d.scene.colormaps import DIVERGING, SEQUENTIAL, lookup
from explorer3d.scene.explained import over, picture_of, projected

TARGET = Target("y", np.ones((1, 1)), (0,), "trouser", 1.0, "y")
GREY = np.full((32, 64, 3), 100, np.uint8)


@pytest.fixture(scope="module")
def model(samples: Path) -> Model:
    return read_model(samples / "lenet_fashion.h5")


@pytest.fixture(scope="module")
def feeds(samples: Path, model: Model) -> Feeds:
    return feeds_for(model, samples / "pictures" / "fashion_1_trouser.png")


def _found(array: np.ndarray, axes: str, method: str = "grad_cam", **further: Any) -> Attribution:
    return Attribution(method, array, axes, "", "image", TARGET, {"patch": 4}, 0, "A title", {**further})


def _reaching_everywhere() -> np.ndarray:
    """Hardly anything, but in two corners."""
    array = np.zeros((1, 28, 28, 1))
    array[0, 0, 0, 0] = array[0, 27, 27, 0] = 1e-9
    return array


def test_heat_lies_where_it_belongs() -> None:
    heat = np.zeros((4, 8))
    heat[1, 6] = 5.0
    drawn = over(heat, GREY).astype(int)
    assert drawn.shape == (256, 512, 3)
    # Each number stands for 64 × 64 pixels; its centre has the full colour, opaque but for a rest.
    warm = drawn[..., 0] - drawn[..., 2]
    row, column = np.unravel_index(int(np.argmax(drawn[..., 0])), warm.shape)
    assert (row // 64, column // 64) == (1, 6)
    # Two of these away nothing lies over the grey.
    assert len({tuple(pixel) for pixel in drawn[:, :300].reshape(-1, 3).tolist()}) == 1
    assert drawn[0, 0, 0] == drawn[0, 0, 1] == drawn[0, 0, 2]


def test_what_speaks_against_it_is_not_laid_over() -> None:
    assert (over(np.full((2, 2), -3.0), GREY) == over(np.zeros((2, 2)), GREY)).all()


def test_a_patch_is_drawn_around_its_middle(model: Model, feeds: Feeds) -> None:
    heat = np.zeros((7, 7))
    heat[0, 3] = 1.0
    begins = np.arange(0, 28, 4)
    drawn = picture_of(_found(heat, "HW", "occlusion", rows=begins, columns=begins), model, feeds)
    factor = len(drawn) // 28
    warm = drawn[..., 0].astype(int) - drawn[..., 2]
    # From pixel 0 to 4, and from 12 to 16.
    rows, columns = np.nonzero(warm > 0.8 * warm.max())
    assert rows.mean() == pytest.approx(1 * factor, abs=1.5 * factor)
    assert columns.mean() == pytest.approx(14 * factor, abs=factor)


def test_signs_have_colours_of_their_own(model: Model, feeds: Feeds) -> None:
    array = _reaching_everywhere()
    array[0, 3, 5, 0], array[0, 20, 7, 0] = 2.0, -2.0
    drawn = picture_of(_found(array, "NHWC", "gradient_x_input"), model, feeds)
    factor = len(drawn) // 28

    def at(row: int, column: int) -> list[int]:
        return list(drawn[row * factor + 1, column * factor + 1].tolist())

    assert at(3, 5) == lookup(DIVERGING)[LAST].tolist()
    assert at(20, 7) == lookup(DIVERGING)[FIRST].tolist()
    assert at(10, 10) == lookup(DIVERGING)[round((FIRST + LAST) / 2)].tolist()


def test_one_sign_is_as_bright_as_it_is_large(model: Model, feeds: Feeds) -> None:
    array = _reaching_everywhere()
    array[0, 4, 4, 0] = array[0, 5, 5, 0] = 1.0
    drawn = picture_of(_found(array, "NHWC", "saliency"), model, feeds)
    factor = len(drawn) // 28
    assert drawn[4 * factor, 4 * factor].tolist() == lookup(SEQUENTIAL)[LAST].tolist()
    assert drawn[0, 0].tolist() == lookup(SEQUENTIAL)[FIRST].tolist()


def test_what_comes_from_a_small_part_stands_beside_it(model: Model, feeds: Feeds) -> None:
    array = np.zeros((1, 28, 28, 1))
    array[0, 10:14, 12:20, 0] = 1.0
    drawn = picture_of(_found(array, "NHWC", "deconvnet"), model, feeds)
    # 4 × 8 pixels, each 64 wide, twice, with a gap between them.
    assert drawn.shape == (256, 512 + 16 + 512, 3)
    assert (drawn[:, :512] == lookup(SEQUENTIAL)[LAST]).all()
    assert feeds.picture is not None
    assert (drawn[::64, 528::64] == feeds.picture[10:14, 12:20]).all()


def test_what_is_no_picture(model: Model, feeds: Feeds) -> None:
    array = np.zeros((1, 4, 3))
    array[0, 2, 1], array[0, 3, 0] = 2.0, -1.0
    found = _found(array, "NTC")
    drawn = picture_of(found, model, feeds)
    others = [f"{row}, {column}" for row in range(4) for column in range(3) if not array[0, row, column]]
    named = bars(np.array([2.0, -1.0, *[0.0] * 10]), found.title, ["2, 1", "3, 0", *others]).pixels
    np.testing.assert_array_equal(drawn, named)


def test_what_is_long_is_a_line(model: Model, feeds: Feeds) -> None:
    array = np.zeros((1, 2000, 1))
    array[0, 500:600], array[0, 1500:1600] = 1.0, -0.5
    drawn = picture_of(_found(array, "NTC"), model, feeds)
    above, below = ((drawn == colour).all(axis=2) for colour in ((255, 182, 98), (98, 200, 255)))
    heights = [np.nonzero(part.any(axis=1))[0] for part in (above, below)]
    assert np.ptp(heights[0]) == pytest.approx(2 * np.ptp(heights[1]), rel=0.02)
    assert heights[0].max() <= heights[1].min()
    apart = [np.nonzero(part.any(axis=0))[0].mean() for part in (above, below)]
    # Half of the way lies between them, and a twentieth is each wide.
    wide = np.nonzero(above.any(axis=0))[0]
    assert apart[1] - apart[0] == pytest.approx(10 * np.ptp(wide), rel=0.05)


def test_bars_and_curves(model: Model, feeds: Feeds) -> None:
    drawn = picture_of(_found(np.array([1.0, -4.0, 2.0]), "C", "ranked_activations"), model, feeds)
    assert drawn.shape == (720, 1280, 3)
    orange, blue = ((drawn == colour).all(axis=2) for colour in ((255, 182, 98), (98, 200, 255)))
    # The largest is first, to the left of zero and twice as long as the next.
    assert np.nonzero(blue)[0].max() < np.nonzero(orange)[0].min()
    assert np.nonzero(blue)[1].max() <= np.nonzero(orange)[1].min() + 1
    assert np.ptp(np.nonzero(blue)[1]) == pytest.approx(2 * np.ptp(np.nonzero(orange)[1]), rel=0.02)
    swept = attribute(Runner(model), feeds.arrays, "invariance", settings={"steps": 5})
    curve = (picture_of(swept, model, feeds) == (255, 182, 98)).all(axis=2)
    rows, columns = np.nonzero(curve)
    # The probability, on the right: where nothing is turned it is 1, on its sides it is hardly any.
    assert columns.min() > 640
    at_once = rows[np.abs(columns - (columns.min() + columns.max()) / 2) < 2]
    assert at_once.min() == rows.min()
    assert rows[columns < columns.min() + 4].min() > rows.min() + 400


def test_what_is_no_number_is_drawn_as_nothing_and_what_is_infinite_as_most() -> None:
    signs = np.array([[np.nan, 0.0, np.inf, -np.inf, 1.0]])[..., None]
    nothing, zero, most, least, one = projected(signs)[0].tolist()
    assert nothing == zero != most == one != least
    colours = projected(np.array([[[np.nan, np.inf, 0.0], [1.0, -np.inf, np.nan]]]))[0].tolist()
    assert colours == [[128, 255, 128], [255, 0, 128]]
    assert len(np.unique(projected(np.full((2, 2, 1), np.nan)).reshape(-1, 3), axis=0)) == 1
