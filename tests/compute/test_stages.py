"""The picture after each stage, its numbers found by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute import requests
from explorer3d.compute import stages as staging
from explorer3d.compute.stages import CHOICES, NORM, ShowStages, Stage, common_limits, maps_of
from explorer3d.graph.model import Model

Make = Callable[..., Model]

# By hand: a convolution that gives the picture itself and −2 times it, then ReLU, then max-pooling.
X = np.array([[1, -2, 3, 0], [0, 4, -1, 2], [-3, 1, 0, 5], [2, 2, -4, 1]], np.float32)
POSITIVE = [[1, 0, 3, 0], [0, 4, 0, 2], [0, 1, 0, 5], [2, 2, 0, 1]]
FEEDS = {"x": X[None, None]}


@pytest.fixture
def key(make: Make) -> Iterator[str]:
    nodes = [
        make_node("Conv", ["x", "kernel"], ["conv"], name="conv", kernel_shape=[1, 1]),
        make_node("Relu", ["conv"], ["relu"], name="relu"),
        make_node("MaxPool", ["relu"], ["pool"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        make_node("Flatten", ["pool"], ["flat"], name="flat"),
    ]
    kernel = np.array([1, -2], np.float32).reshape(2, 1, 1, 1)
    key = requests.register(make(nodes, {"x": [1, 1, 4, 4]}, ["flat"], kernel=kernel))
    yield key
    requests.close(key)


def test_the_strongest_map_of_each_stage(key: str) -> None:
    found = ShowStages(key, FEEDS, by="strongest")().stages
    # −2 times the picture is larger than it; of what is above zero, 21 against 20 in sum; of the
    # largest of each four, 14 against 20.
    assert [(stage.layer, stage.channels) for stage in found] == [
        ("x", (0,)),
        ("conv", (1,)),
        ("relu", (0,)),
        ("pool", (1,)),
    ]
    assert np.array_equal(found[0].picture, X)
    assert np.array_equal(found[1].picture, -2 * X)
    assert np.array_equal(found[2].picture, POSITIVE)
    assert np.array_equal(found[3].picture, [[4, 2], [6, 8]])
    assert [(stage.maps, stage.height, stage.width) for stage in found] == [
        (1, 4, 4),
        (2, 4, 4),
        (2, 4, 4),
        (2, 2, 2),
    ]
    assert [stage.is_input for stage in found] == [True, False, False, False]


def test_the_map_that_varies_most_is_not_the_strongest() -> None:
    even, varied = np.full((4, 4), 100.0), X.astype(float)
    maps = np.stack([even, varied])
    assert CHOICES["varied"](maps, (0, 0, 0)) == (1,)
    assert CHOICES["strongest"](maps, (0, 0, 0)) == (0,)
    # What is no number is no reason to be shown.
    maps[0, 0, 0] = np.nan
    assert CHOICES["strongest"](maps, (0, 0, 0)) == (1,)


def test_a_map_by_its_number_and_the_last_where_there_are_fewer(key: str) -> None:
    first, last = (ShowStages(key, FEEDS, by="one", wanted=(number, 0, 0))() for number in (0, 7))
    assert np.array_equal(first.stages[3].picture, [[4, 3], [2, 5]])
    assert not any(stage.clipped for stage in first.stages)
    assert np.array_equal(last.stages[3].picture, [[4, 2], [6, 8]])
    assert [stage.clipped for stage in last.stages] == [False, True, True, True]


def test_three_maps_are_red_green_and_blue(key: str) -> None:
    pool = ShowStages(key, FEEDS, by="three", wanted=(1, 0, 1))().stages[3]
    assert pool.channels == (1, 0, 1)
    assert np.array_equal(pool.picture, [[[4, 4, 4], [2, 3, 2]], [[6, 2, 6], [8, 5, 8]]])


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"operators": frozenset({"Conv", "MaxPool"})}, "x conv pool"),
        ({"operators": frozenset({"Conv"}), "end": "pool"}, "x conv pool"),
        ({"resized_only": True}, "x pool"),
        ({"end": "relu"}, "x conv relu"),
        ({"end": "flat"}, "x conv relu pool"),
    ],
)
def test_which_layers_are_stages(key: str, choice: dict, expected: str) -> None:
    assert " ".join(stage.layer for stage in ShowStages(key, FEEDS, **choice)().stages) == expected


def test_of_very_many_some_are_left_out_and_large_ones_are_made_smaller(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MOST_STAGES", 3)
    monkeypatch.setattr(staging, "_LARGEST_SIDE", 2)
    found = ShowStages(key, FEEDS, by="strongest")()
    assert [stage.layer for stage in found.stages] == ["x", "relu", "pool"]
    assert found.left_out == 1
    # Means of each four of what is above zero.
    assert np.array_equal(found.stages[1].picture, [[5 / 4, 5 / 4], [5 / 4, 6 / 4]])
    # The numbers told are those of the maps themselves.
    assert [stage.extent for stage in found.stages] == [(-4.0, 5.0), (0.0, 5.0), (2.0, 8.0)]
    assert (found.stages[1].height, found.stages[1].width) == (4, 4)


def test_without_an_input_it_is_said_what_is_missing(key: str) -> None:
    found = ShowStages(key, {})()
    assert found.stages == ()
    assert found.fault is not None and "'x' is missing" in found.fault


def test_maps_of_any_arrangement() -> None:
    array = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    first = maps_of(array, "NHWC")
    assert first is not None and first.shape == (5, 3, 4)
    assert first[2, 1, 3] == array[0, 1, 3, 2]
    volume = maps_of(array, "DHWC")
    assert volume is not None and np.array_equal(volume[0], array[1, :, :, 0])  # 1: half of two
    plain = maps_of(array[0, :, :, 0], "HW")
    assert plain is not None and plain.shape == (1, 3, 4)
    assert maps_of(array, "NHW") is None
    assert maps_of(array[:, :1], "NHWC") is None
    assert maps_of(array.astype(str), "NHWC") is None


def test_patches_of_a_picture_are_maps(make: Make) -> None:
    """4 × 6 numbers in patches of 2 × 2; a class token comes in front."""
    nodes = [
        make_node("Conv", ["x", "kernel"], ["patches"], name="patches", strides=[2, 2]),
        make_node("Reshape", ["patches", "flat"], ["rows"], name="rows"),
        make_node("Transpose", ["rows"], ["turned"], name="turned", perm=[0, 2, 1]),
        make_node("Concat", ["class", "turned"], ["tokens"], name="tokens", axis=1),
        make_node("MatMul", ["tokens", "weight"], ["mixed"], name="mixed"),
        make_node("ReduceMean", ["mixed"], ["mean"], name="mean", axes=[1]),
    ]
    # The first feature is the sum of a patch, the second its upper left number.
    kernel = np.float32([[[[1, 1], [1, 1]]], [[[1, 0], [0, 0]]]])
    own = requests.register(
        make(
            nodes, {"x": [1, 1, 4, 6]}, ["mean"], kernel=kernel, flat=np.int64([1, 2, 6]),
            **{"class": np.full((1, 1, 2), 50, np.float32)}, weight=np.float32([[0, 3], [4, 0]]),
        )
    )  # fmt: skip
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    try:
        found = ShowStages(own, {"x": x[None, None]}, by="one", wanted=(1, 0, 0))().stages
        norms = ShowStages(own, {"x": x[None, None]}, by=NORM)().stages
    finally:
        requests.close(own)
    assert [stage.layer for stage in found] == ["x", "patches", "rows", "turned", "tokens", "mixed"]
    assert [stage.patches for stage in found] == [False, False, True, True, True, True]
    corners = x[::2, ::2]
    for stage in found[1:5]:
        assert (stage.maps, stage.height, stage.width, stage.channels) == (2, 2, 3, (1,))
        assert np.array_equal(stage.picture, corners)
    sums = np.float32([[14, 22, 30], [62, 70, 78]])
    assert np.array_equal(found[5].picture, 3 * sums)
    assert norms[5].channels == ()
    assert np.allclose(norms[5].picture, np.sqrt((3 * sums) ** 2 + (4 * corners) ** 2))


def test_of_a_volume_the_middle_is_drawn_and_said_to_be(make: Make) -> None:
    node = make_node("Relu", ["x"], ["y"], name="relu")
    pool = make_node("MaxPool", ["y"], ["z"], name="pool", kernel_shape=[2, 1, 1])
    own = requests.register(make([node, pool], {"x": [1, 2, 5, 3, 4]}, ["z"]))
    x = np.arange(120, dtype=np.float32).reshape(1, 2, 5, 3, 4)
    try:
        found = ShowStages(own, {"x": x}, by="one", wanted=(1, 0, 0))().stages
    finally:
        requests.close(own)
    assert [(stage.layer, stage.depth) for stage in found] == [("x", 5), ("relu", 5), ("pool", 4)]
    assert np.array_equal(found[1].picture, x[0, 1, 2])
    # The larger of two slices: of its four, number 2 is slice 3 of the input.
    assert np.array_equal(found[2].picture, x[0, 1, 3])


def test_one_range_of_colours_for_all_but_the_input() -> None:
    def stage(*limits: float, is_input: bool = False) -> Stage:
        low, high = limits
        return Stage("a", 1, 2, 2, (0,), np.zeros((2, 2)), (low, high), (0.0, 0.0), is_input)

    photograph = stage(-100.0, 100.0, is_input=True)
    # Of five, the fourth from below and the second: one of each goes beyond.
    ranges = [(-3.0, 3.0), (-90.0, 90.0), (-4.0, 4.0), (0.0, 6.0), (0.0, 5.0)]
    assert common_limits([photograph, *(stage(*one) for one in ranges)]) == (-6.0, 6.0)
    assert common_limits([photograph, stage(1.0, 3.0), stage(1.0, 3.0)]) == (1.0, 3.0)
    assert common_limits([photograph]) == (0.0, 1.0)
