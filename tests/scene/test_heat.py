"""What is laid over a picture: numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer3d.attribution.result import Attribution
from explorer3d.attribution.target import Target
from explorer3d.compute.picture import FIRST, LAST
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import Feeds, feeds_for
from explorer3d.scene.colormaps import DIVERGING, SEQUENTIAL, lookup
from explorer3d.scene.heat import Heat, heat_of, laid_over, tinted

TARGET = Target("y", np.ones((1, 1)), (0,), "trouser", 1.0, "y")


@pytest.fixture(scope="module")
def model(samples: Path) -> Model:
    return read_model(samples / "lenet_fashion.h5")


@pytest.fixture(scope="module")
def feeds(samples: Path, model: Model) -> Feeds:
    return feeds_for(model, samples / "pictures" / "fashion_1_trouser.png")


def of(array: np.ndarray, axes: str, model: Model, feeds: Feeds) -> Heat:
    found = Attribution("grad_cam", array, axes, "", "image", TARGET, {}, 0, "A title")
    heat = heat_of(found, model, feeds)
    assert heat is not None
    return heat


def row(*shares: float, signed: bool = False) -> Heat:
    """A map of one row over a grey picture."""
    array = np.array([shares], np.float32)
    grey = np.full((1, len(shares), 3), 100, np.uint8)
    return Heat(array, np.array([0.5]), np.arange(len(shares)) + 0.5, grey, array, 1.0, signed)


@pytest.mark.parametrize(("array", "axes"), [([[0.0, 4.0]], "HW"), ([[0.0], [4.0]], "WH")])
def test_a_map_is_interpolated_between_the_centres_of_its_numbers(
    array: list[list[float]], axes: str, model: Model, feeds: Feeds
) -> None:
    heat = of(np.array(array), axes, model, feeds)
    assert heat.pixels.shape == (448, 448, 3) and heat.limits == (0.0, 4.0)
    # Centres at 112 and 336.
    np.testing.assert_allclose(heat.shares[7, [0, 111, 223, 336, 447]], [0, 0, 111.5 / 224, 1, 1], atol=1e-6)
    assert heat.value_at(0.4, 0.9) == 0.0 and heat.value_at(0.6, 0.1) == 4.0


def test_both_signs_have_colours_of_their_own(model: Model, feeds: Feeds) -> None:
    array = np.zeros((1, 28, 28, 1))
    array[0, 3, 5, 0], array[0, 9, 2, 0] = -2, 2
    heat = of(array, "NHWC", model, feeds)
    assert heat.signed and heat.limits == (-2.0, 2.0)
    # What has a number for each pixel is as sharp as these.
    assert (heat.shares[48:64, 80:96] == -1).all() and np.count_nonzero(heat.shares) == 2 * 16 * 16
    assert heat.value_at(5.5 / 28, 3.5 / 28) == -2.0

    ends = tinted(row(-1, 1, signed=True), 1.0, 0.0)
    np.testing.assert_array_equal(ends[0, :, :3], lookup(DIVERGING)[[FIRST, LAST]])


def test_the_stronger_the_more_opaque_and_nothing_below_the_threshold() -> None:
    np.testing.assert_array_equal(tinted(row(0, 0.25, 1), 0.5, 0.0)[0, :, 3], [0, 64, 128])
    np.testing.assert_array_equal(tinted(row(0, 0.25, 1), 0.5, 0.3)[0, :, 3], [0, 0, 128])
    np.testing.assert_array_equal(tinted(row(1), 1.0, 0.0)[0, 0, :3], lookup(SEQUENTIAL)[LAST])


def test_without_opacity_the_picture_is_as_it_was() -> None:
    np.testing.assert_array_equal(laid_over(row(0, 0.5, 1), 0.0, 0.0), np.full((1, 3, 3), 100))


def test_colours_of_the_map_over_the_picture_in_grey() -> None:
    """The same in floating point: a picture of all colours under shares of all sizes."""
    chance = np.random.default_rng(0)
    shares = chance.uniform(-1, 1, (20, 30)).astype(np.float32)
    picture = chance.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    heat = Heat(shares, np.arange(20) / 20, np.arange(30) / 30, picture, shares, 1.0, True)
    colours = lookup(DIVERGING)[np.rint(FIRST + (shares + 1) / 2 * (LAST - FIRST)).astype(int)].astype(float)
    cover = np.where(abs(shares) < 0.2, 0, 0.6 * np.sqrt(abs(shares)))[..., None]
    dim = (picture @ [0.299, 0.587, 0.114] * 0.55 + 12)[..., None]
    ground = 0.4 * picture + 0.6 * dim
    assert np.abs(laid_over(heat, 0.6, 0.2) - (ground + (colours - ground) * cover)).max() < 4
    assert np.abs(laid_over(heat, 0.6, 0.2) - (ground + (colours - ground) * cover)).mean() < 0.7


def test_a_map_of_zeros_lays_nothing(model: Model, feeds: Feeds) -> None:
    heat = of(np.zeros((3, 3)), "HW", model, feeds)
    assert heat.limits == (0.0, 0.0) and not tinted(heat, 1.0, 0.0)[..., 3].any()


def test_what_is_no_map_is_left_to_others(model: Model, feeds: Feeds) -> None:
    found = Attribution("ranked_activations", np.ones(4), "C", "", "image", TARGET, {}, 0, "A title")
    assert heat_of(found, model, feeds) is None


def test_what_it_lies_over_is_darkened() -> None:
    shares = np.array([[0.0, 0.25, 1.0]], np.float32)
    spread = np.array([0.5])
    heat = Heat(shares, spread, np.arange(3) / 3, np.zeros((1, 3, 3), np.uint8), shares, 1.0, False)
    alone = tinted(heat, 1.0, 0.0)[0].astype(float)
    dark = tinted(heat, 1.0, 0.0, darkness=0.6)[0].astype(float)
    # Black that covers 60 %, then the map over it: worked out for one ground.
    for one, both in zip(alone, dark, strict=True):
        ground = np.array([200.0, 100.0, 50.0])
        share = one[3] / 255
        wanted = share * one[:3] + (1 - share) * 0.4 * ground
        found = both[3] / 255 * both[:3] + (1 - both[3] / 255) * ground
        np.testing.assert_allclose(found, wanted, atol=1.5)
