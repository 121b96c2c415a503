"""What is explained: its name, its place, its number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.attribution.target import find_target
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Model
from tests.attribution.conftest import LOGITS, Small


def _named(small: Small, *names: str) -> None:
    path: Path = small.runner.model.path
    path.with_name(f"{path.stem}.labels.txt").write_text("\n".join(names))


def test_the_best_class_before_the_softmax(small: Small) -> None:
    target = find_target(small.runner, small.feeds)
    assert (target.value, target.index, target.title) == ("logits", (0,), "class 0")
    assert (target.output, target.squeezed) == ("y", "Softmax")
    assert target.seed.tolist() == [[1, 0, 0]]
    assert target.score == pytest.approx(LOGITS[0], rel=1e-6)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("top", 0), ("top:2", 1), ("top-3", 2), (2, 2), ("1", 1), ("dog, Hound", 1), ("cat", 0), ("hound", 1)],
)
def test_a_class(small: Small, wanted: str | int, index: int) -> None:
    _named(small, "cat", "Dog, hound", "bird")
    target = find_target(small.runner, small.feeds, wanted)
    assert target.index == (index,)
    assert target.seed[0, index] == 1 == np.count_nonzero(target.seed)
    assert target.score == pytest.approx(LOGITS[index], abs=1e-6)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("7", "has no class 7: it tells 3 classes apart"),
        ("brid", "Did you mean 'bird'?"),
        ("relo[0]", "Did you mean 'relu'?"),
        ("relu[2, 0, 0]", "of shape [2, 2, 3] has no place '2'"),
        ("relu[0, 0, 0, 0]", "gives 3 axes without the batch, [2, 2, 3], not 4"),
        ("relu[:, 1:1]", "'1:1' is no part of an axis of 2"),
        ("top:4", "there are 3"),
    ],
)
def test_what_there_is_not(small: Small, wanted: str, sentence: str) -> None:
    _named(small, "cat", "dog", "bird")
    with pytest.raises(RequestError) as raised:
        find_target(small.runner, small.feeds, wanted)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("wanted", "places", "score", "title"),
    [
        ("relu[0, 1, 1]", (0, 1, 1), 4, "relu[0, 1, 1]"),
        ("relu[1]", (1, -1, -1), 6, "relu[1, :, :]"),
        ("relu[0, :, 1:]", (0, -1, -1), 7, "relu[0, :, 1:3]"),
        ("relu[..., 2]", (-1, -1, 2), 5, "relu[:, :, 2]"),
        ("relu[-1, 0, -2]", (1, 0, 1), 4, "relu[1, 0, 1]"),
        ("relu", (-1, -1, -1), 14, "relu"),
    ],
)
def test_a_neuron_or_a_region(
    small: Small, wanted: str, places: tuple[int, ...], score: float, title: str
) -> None:
    target = find_target(small.runner, small.feeds, wanted)
    assert (target.value, target.index, target.title) == ("relu", places, title)
    assert target.score == score
    assert not target.is_class


def test_the_mean_of_a_region(small: Small) -> None:
    target = find_target(small.runner, small.feeds, "relu[1]", mean=True)
    assert target.score == pytest.approx(1)
    assert target.seed[0, 1] == pytest.approx(np.full((2, 3), 1 / 6))


def test_only_the_first_of_a_batch(small: Small) -> None:
    feeds = {"x": np.concatenate([small.feeds["x"], small.feeds["x"] * -1])}
    target = find_target(small.runner, feeds, 1)
    assert target.seed.tolist() == [[0, 1, 0], [0, 0, 0]]
    assert target.score == pytest.approx(LOGITS[1])


def test_of_each_of_a_batch_without_what_does_not_count(small: Small) -> None:
    target = find_target(small.runner, small.feeds, 1)
    assert target.of(np.array([[np.inf, 2, np.nan], [0, 5, 0]])).tolist() == [2, 5]


def test_a_class_goes_before_a_layer_of_its_name(make: Callable[..., Model]) -> None:
    nodes = [make_node("Relu", ["x"], ["r"], name="1"), make_node("Relu", ["r"], ["y"], name="cat")]
    runner = Runner(make(nodes, {"x": ["N", 3]}, ["y"]))
    feeds = {"x": np.array([[3, 5, 7]], np.float32)}
    path: Path = runner.model.path
    path.with_name(f"{path.stem}.labels.txt").write_text("cat\ndog\nbird [grey]\n")
    for wanted, index in (("1", 1), ("cat", 0), ("bird [grey]", 2)):
        target = find_target(runner, feeds, wanted)
        assert (target.is_class, target.index) == (True, (index,))
    assert find_target(runner, feeds, "1[2]").value == "r"
    assert find_target(runner, feeds, "1[]").value == "r"
    assert find_target(runner, feeds, "cat[2]").index == (2,)


def test_a_layer_with_brackets_in_its_name(make: Callable[..., Model]) -> None:
    runner = Runner(make([make_node("Relu", ["x"], ["y"], name="blocks[1]")], {"x": ["N", 3]}, ["y"]))
    feeds = {"x": np.array([[3, 5, 7]], np.float32)}
    assert find_target(runner, feeds, "blocks[1]").score == 15
    assert find_target(runner, feeds, "blocks[1][2]").score == 7


def test_where_each_place_is_told_something_the_title_is_the_place(make: Callable[..., Model]) -> None:
    runner = Runner(make([make_node("Sigmoid", ["x"], ["y"])], {"x": ["N", 1, 2, 3]}, ["y"]))
    feeds = {"x": np.array([[[[1, 2, 3], [4, 9, 6]]]], np.float32)}
    target = find_target(runner, feeds)
    assert (target.title, target.value, target.score) == ("y[0, 1, 1]", "x", 9)
    # As it is called it can be asked for.
    assert np.argwhere(find_target(runner, feeds, target.title).seed).tolist() == [[0, 0, 1, 1]]


def test_scores_go_before_the_label_that_was_chosen_of_them(make: Callable[..., Model]) -> None:
    nodes = [make_node("Softmax", ["x"], ["p"]), make_node("ArgMax", ["p"], ["label"], axis=1)]
    runner = Runner(make(nodes, {"x": ["N", 3]}, ["label", "p"]))
    target = find_target(runner, {"x": np.array([[3, 7, 5]], np.float32)})
    assert (target.value, target.output, target.index, target.score) == ("x", "p", (1,), 7)
