"""The picture of what a network is fed, against numbers worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from explorer3d.inputs import Preprocessing, fed_picture, prepare


@pytest.mark.parametrize("axes", ["NCHW", "NHWC"])
def test_each_number_has_its_place(net: SimpleNamespace, axes: str) -> None:
    generator = np.random.default_rng(0)
    values = generator.integers(0, 256, (8, 9, 3))
    values[0, 0], values[7, 8] = 0, 255
    array = (values / 255 * 4 - 1).astype(np.float32)[np.newaxis]
    if axes == "NCHW":
        array = array.transpose(0, 3, 1, 2)
    found = fed_picture(array, net.port("x", array.shape, axes=axes))
    assert found is not None
    np.testing.assert_array_equal(found.pixels, values)
    assert (found.low, found.high) == (-1.0, 3.0)


def test_the_first_of_a_batch_and_three_of_four_channels(net: SimpleNamespace) -> None:
    array = np.zeros((2, 8, 8, 4), np.uint8)
    array[0, 2, 3] = (50, 100, 200, 250)
    array[1] = 255
    found = fed_picture(array, net.port("x", (2, 8, 8, 4), "uint8", "NHWC"))
    assert found is not None
    assert found.pixels[2, 3].tolist() == [64, 128, 255]  # 50, 100, 200 of 200
    assert not found.pixels[0].any()
    assert (found.low, found.high) == (0, 200)


def test_grey_constant_and_broken_numbers(net: SimpleNamespace) -> None:
    port = net.port("x", (None, 1, 8, 8))
    array = np.full((1, 1, 8, 8), 3, np.float16)
    found = fed_picture(array, port)
    assert found is not None
    assert not found.pixels.any()
    assert (found.low, found.high) == (3, 3)
    array[0, 0, 0] = [np.nan, np.inf, -np.inf, 1, 3, 5, 3, 3]
    found = fed_picture(array, port)
    assert found is not None
    assert found.pixels[0, :6].tolist() == [[grey] * 3 for grey in (0, 255, 0, 0, 128, 255)]
    array[:] = np.nan
    found = fed_picture(array, port)
    assert found is not None
    assert (found.low, found.high) == (0, 0)


def test_it_looks_as_the_picture_did_but_for_its_colours(net: SimpleNamespace) -> None:
    grey = Image.fromarray(np.arange(60, 124, dtype=np.uint8).reshape(8, 8))
    for preprocessing in (
        Preprocessing(),
        Preprocessing(mean=(0.5,), std=(0.25,)),
        Preprocessing(scale=1),
        Preprocessing(scale=0.5, invert=True),
    ):
        port = net.port("x", (1, 8, 8, 1))
        array, shown = prepare(grey, preprocessing, port)
        found = fed_picture(array, port, preprocessing)
        assert found is not None
        np.testing.assert_array_equal(found.pixels, shown)
        assert (found.low, found.high) == (array.min(), array.max())
    colours = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    for dtype in ("uint8", "float16", "float32"):
        port = net.port("x", (1, 3, 8, 8), dtype)
        array, shown = prepare(Image.fromarray(colours), Preprocessing(bgr=True, scale=1), port)
        found = fed_picture(array, port, Preprocessing(bgr=True, scale=1))
        assert found is not None
        np.testing.assert_array_equal(found.pixels, colours[..., ::-1])
    # 128 is 128 − 0 = 128 of −100 … 255 in red, 128 − 100 = 28 in blue.
    preprocessing = Preprocessing(scale=1, mean=(0, 50, 100))
    array, _ = prepare(Image.new("RGB", (8, 8), (128, 128, 128)), preprocessing, net.port("x", (1, 8, 8, 3)))
    found = fed_picture(array, net.port("x", (1, 8, 8, 3)), preprocessing)
    assert found is not None
    assert found.pixels[0, 0].tolist() == [round((128 - mean + 100) / 355 * 255) for mean in (0, 50, 100)]


def test_no_picture(net: SimpleNamespace) -> None:
    assert fed_picture(np.zeros((1, 16)), net.port("x", (None, 16))) is None
    assert fed_picture(np.zeros((0, 8, 8, 3)), net.port("x", (None, 8, 8, 3))) is None
