"""A number with the maps around it, and pictures of what lies before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node
from PIL import Image

from explorer3d.compute.arithmetic.photograph import RespondToPhotograph
from explorer3d.compute.arithmetic.spell import SpellOut, strongest
from explorer3d.compute.arithmetic.way import MOST, FollowWay
from explorer3d.compute.picture import FIRST, LAST
from explorer3d.errors import RequestError
from explorer3d.graph.model import Model
from explorer3d.inputs import Preprocessing

Make = Callable[..., Model]


def test_the_largest_amount_is_what_is_told_first() -> None:
    assert strongest(np.float32([[1, -7, 3], [np.nan, np.inf, 7]])) == (0, 1)
    assert strongest(np.float32([[np.nan, np.inf]])) == (0, 0)
    assert strongest(np.int8([[-128, 127]])) == (0, 0)


def test_the_map_that_a_window_slides_over(make: Make, key: Callable[[Model], str]) -> None:
    """Of the second of a batch; by default the place where the largest amount stands."""
    data = np.zeros((2, 2, 3, 4), np.float32)
    data[1, 1, 2, 3] = -5
    node = make_node("Conv", ["x", "w"], ["y"], "conv")
    model = make([node], {"x": [2, 2, 3, 4]}, ["y"], w=np.float32([[[[1]], [[2]]]]))
    found = SpellOut(key(model), {"x": data}, "conv")()
    assert found.explanation.index == (1, 0, 2, 3) and found.explanation.value == -10
    assert found.input is not None and found.input.tolist() == data[1].tolist()
    assert found.output.shape == (2, 1, 3, 4) and found.axes == "NCHW"
    with pytest.raises(RequestError, match="no layer named 'other'"):
        SpellOut(key(model), {"x": data}, "other")()


def test_pictures_of_the_way(make: Make, key: Callable[[Model], str]) -> None:
    """Two branches, of which one is not on the way; of each layer the channel that varies most."""
    nodes = [
        make_node("Conv", ["x", "w"], ["a"], "conv"),
        make_node("Relu", ["a"], ["b"], "relu"),
        make_node("Neg", ["x"], ["c"], "aside"),
        make_node("MaxPool", ["b"], ["d"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        make_node("Flatten", ["d"], ["e"], "flat"),
    ]
    model = make(nodes, {"x": [1, 1, 2, 4]}, ["e", "c"], w=np.float32([-1, 2]).reshape(2, 1, 1, 1))
    data = np.float32([[[[0, 1, 2, 3], [4, 5, 6, 7]]]])
    way = FollowWay(key(model), {"x": data}, "flat")()
    told = [(one.name, one.operator, one.shape, one.channel) for one in way.waypoints]
    assert told == [
        ("x", "Input", (1, 1, 2, 4), 0),
        ("conv", "Conv", (1, 2, 2, 4), 1),
        ("relu", "Relu", (1, 2, 2, 4), 1),
        ("pool", "MaxPool", (1, 2, 1, 2), 1),
        ("flat", "Flatten", (1, 4), None),
    ]
    relu = way.waypoints[2]
    assert relu.texels.shape == (2, 4) and not relu.diverging
    # The smallest and the largest of the map stand at the ends of the colours or beyond.
    assert relu.texels[0, 0] <= FIRST and relu.texels[1, 3] >= LAST
    assert way.waypoints[4].texels.shape == (2, 2) and way.left_out == 0


def test_pictures_of_one_sample_of_a_batch(make: Make, key: Callable[[Model], str]) -> None:
    nodes = [
        make_node("Relu", ["x"], ["y"], "relu"),
        make_node("ReduceMax", ["y"], ["z"], "most", axes=[0], keepdims=1),
        make_node("Conv", ["z", "w"], ["p"], "conv"),
    ]
    model = make(nodes, {"x": [3, 1, 2, 2]}, ["p"], w=np.ones((1, 1, 1, 1), np.float32))
    x = np.zeros((3, 1, 2, 2), np.float32)
    for sample in range(3):
        x[sample, 0].flat[sample + 1] = 5
    for sample in range(3):
        way = FollowWay(key(model), {"x": x}, "conv", sample)()
        # Of the last two layers there is but one sample.
        told = [(one.name, one.shape[0]) for one in way.waypoints]
        assert told == [("x", 3), ("relu", 3), ("most", 1), ("conv", 1)]
        assert [int(one.texels.argmax()) for one in way.waypoints[:2]] == [sample + 1] * 2


def test_of_a_volume_the_middle_is_pictured(make: Make, key: Callable[[Model], str]) -> None:
    node = make_node("MaxPool", ["x"], ["y"], "pool", kernel_shape=[1, 1, 1])
    model = make([node], {"x": [1, 2, 5, 3, 4]}, ["y"])
    x = np.zeros((1, 2, 5, 3, 4), np.float32)
    x[0, 1, 2, 1, 2], x[0, 0, 0] = 7, np.arange(12).reshape(3, 4)
    way = FollowWay(key(model), {"x": x}, "pool")()
    for waypoint in way.waypoints:
        assert waypoint.channel == 1
        assert np.unravel_index(int(waypoint.texels.argmax()), waypoint.texels.shape) == (1, 2)


def test_of_a_long_way_the_nearest_are_pictured(make: Make, key: Callable[[Model], str]) -> None:
    count = MOST + 5
    nodes = [make_node("Neg", [f"v{at}"], [f"v{at + 1}"], f"n{at}") for at in range(count)]
    model = make(nodes, {"v0": [1, 2, 3, 3]}, [f"v{count}"])
    way = FollowWay(key(model), {"v0": np.ones((1, 2, 3, 3), np.float32)}, f"n{count - 1}")()
    assert [one.name for one in way.waypoints] == ["v0", *(f"n{at}" for at in range(5, count))]
    assert way.left_out == 5


def test_a_first_layer_looks_at_the_photograph_itself(
    make: Make, key: Callable[[Model], str], tmp_path: Path
) -> None:
    """At its own size; a later layer looks at what the network has made of it."""
    pixels = np.random.default_rng(0).integers(0, 256, (96, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    nodes = [
        make_node("Conv", ["x", "w"], ["y"], "first"),
        make_node("Conv", ["y", "v"], ["z"], "second"),
    ]
    weights = {"w": np.float32([1, 2, -4]).reshape(1, 3, 1, 1), "v": np.float32([[[[3]]]])}
    model = make(nodes, {"x": [1, 3, 16, 16]}, ["z"], **weights)
    feeds = {"x": np.ones((1, 3, 16, 16), np.float32)}
    shown = tmp_path / "photo.png", Preprocessing(scale=1.0, mean=(1.0,), fit="crop")
    found = RespondToPhotograph(key(model), feeds, "first", 0, *shown)()
    red, green, blue = (pixels[..., band].astype(np.float32) - 1 for band in range(3))
    assert found.photograph is not None and found.photograph[1].tolist() == green.tolist()
    np.testing.assert_allclose(found.response.response, red + 2 * green - 4 * blue, atol=1e-3)
    later = RespondToPhotograph(key(model), feeds, "second", 0, *shown)()
    assert later.photograph is None and (later.response.response == -3).all()
