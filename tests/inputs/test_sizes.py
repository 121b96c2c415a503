"""Sizes given by a person to inputs that leave them open."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.inputs import feeds_for


def test_picture_takes_the_given_sizes(net: SimpleNamespace) -> None:
    model = net.model(net.port("image", (None, 3, None, None)))
    feeds = feeds_for(model, Image.new("RGB", (90, 70), (255, 0, 51)), sizes={"image": (2, 3, 40, 56)})
    assert feeds.picture is not None and feeds.picture.shape == (40, 56, 3)
    assert feeds.arrays["image"].shape == (2, 3, 40, 56)
    np.testing.assert_allclose(feeds.arrays["image"][1, :, 39, 55], [1, 0, 0.2], atol=1e-6)
    assert "56×40" in feeds.description


def test_noise_takes_the_given_sizes_and_a_rank_where_none_is_known(net: SimpleNamespace) -> None:
    model = net.model(net.port("ids", (None, None), "int64"), net.port("free", None), net.port("fixed", (5,)))
    arrays = feeds_for(model, sizes={"ids": (2, 7), "free": (3, 1, 2)}).arrays
    assert {name: array.shape for name, array in arrays.items()} == {
        "ids": (2, 7),
        "free": (3, 1, 2),
        "fixed": (5,),
    }


def test_array_keeps_its_own_shape(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("x", (None, 4)))
    array = np.arange(8, dtype=np.float32).reshape(2, 4)
    np.save(tmp_path / "x.npy", array)
    for source in (array, {"x": array}, tmp_path / "x.npy"):
        np.testing.assert_array_equal(feeds_for(model, source, sizes={"x": (3, 4)}).arrays["x"], array)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"y": (1, 3, 8, 8)}, "no input 'y'.*inputs are 'x'"),
        ({"x": (1, 3, 8)}, r"takes \(\?, 3, \?, \?\).*\(1, 3, 8\)"),
        ({"x": (1, 4, 8, 8)}, r"cannot have the shape \(1, 4, 8, 8\)"),
        ({"x": (1, 3, 0, 8)}, "1 or more"),
        ({"x": (1, 3, 2**20, 2**20)}, "too large"),
    ],
)
def test_refused(net: SimpleNamespace, sizes: dict[str, tuple[int, ...]], message: str) -> None:
    model = net.model(net.port("x", (None, 3, None, None)))
    with pytest.raises(InputError, match=message):
        feeds_for(model, Image.new("RGB", (9, 9)), sizes=sizes)
