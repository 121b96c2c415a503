"""Parts compared with parts at random places, by hand; parts that are written and read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.attribution.correspondence import RANDOM, compare_parts, consistency, stops
from explorer3d.attribution.parts import from_text, read_parts, to_text
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.attribution.conftest import Small

LEFT = (0.0, 0.0, 1 / 3, 1.0)


def _feeds(*pictures: np.ndarray) -> Callable[[int], dict[str, np.ndarray]]:
    return lambda number: {"x": pictures[number][None, None].astype(np.float32)}


def test_the_same_everywhere_and_the_opposite(small: Small) -> None:
    one = np.ones((2, 3))
    parts = {"same": {0: LEFT, 1: LEFT}, "opposite": {0: LEFT, 2: LEFT}}
    found = compare_parts(small.runner, _feeds(one, 2 * one, -one), parts, ["conv"], draws=0)
    assert list(found) == ["same", "opposite"]
    # Hiding moves one column of three, in both maps: in the same direction, or in the other.
    assert found["same"].mean.tolist() == [0]
    assert found["opposite"].mean == pytest.approx([1 / 3])
    # However small a part is, something is hidden.
    small_part = {"dot": {0: (0.99, 0.99, 1.0, 1.0), 2: (0.99, 0.99, 1.0, 1.0)}}
    found = compare_parts(small.runner, _feeds(one, 2 * one, -one), small_part, ["conv"], draws=0)
    assert found["dot"].mean == pytest.approx([1 / 6])


def test_random_parts_are_as_large_as_those_given(small: Small) -> None:
    """In a picture that is everywhere the same, only the places differ."""
    one = np.ones((2, 3))
    seen: list[dict[str, object]] = []
    found = compare_parts(
        small.runner,
        _feeds(one, one),
        {"left": {0: LEFT, 1: LEFT}},
        ["conv"],
        draws=40,
        seed=3,
        follow=lambda known: seen.append(dict(known)),
    )
    # One column each: at the same place nothing differs, at two places two columns of three do.
    apart = found[RANDOM].mean[0]
    assert 0.1 < apart < 2 / 3
    share = apart / (2 / 3)
    assert found[RANDOM].spread[0] == pytest.approx(2 / 3 * np.sqrt(share * (1 - share)))
    assert [list(known) for known in seen[:2]] == [["left"], ["left", RANDOM]] and len(seen) == 41
    again = compare_parts(
        small.runner, _feeds(one, one), {"left": {0: LEFT, 1: LEFT}}, ["conv"], draws=40, seed=3
    )
    assert again[RANDOM].mean.tolist() == found[RANDOM].mean.tolist()


def test_pictures_are_run_anew_where_too_much_would_be_kept(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.random.default_rng(0).normal(size=(3, 2, 3))
    parts = {"part": dict.fromkeys(range(3), (0.0, 0.0, 2 / 3, 1.0))}
    kept = compare_parts(small.runner, _feeds(*pictures), parts, draws=4)
    # The package has a function of the module's name.
    monkeypatch.setattr(sys.modules["explorer3d.attribution.correspondence"], "_KEPT", 0)
    anew = compare_parts(small.runner, _feeds(*pictures), parts, draws=4)
    for name in kept:
        assert kept[name].mean.tolist() == anew[name].mean.tolist()


def test_all_layers_on_the_way_and_behind_it(samples: Path) -> None:
    model = read_model(samples / "lenet_fashion.h5")
    assert list(stops(model)) == ["conv1", "pool1", "conv2", "pool2", "flatten", "fc1", "fc2", "classes"]
    with pytest.raises(RequestError, match="'conv3' is no layer on the way"):
        stops(model, ["conv3"])


def test_the_score_of_two_changes() -> None:
    mean, spread = consistency([np.array([1, -2, 0, 3]), np.array([5, 2, 0, 0]), np.array([1, 1, 1, 1])])
    # Signs + − 0 +, + + 0 0, + + + +: apart at 2, 2 and 2 of 4 places.
    assert (mean, spread) == (0.5, 0)


def test_what_cannot_be_compared(
    small: Small, make: Callable[..., Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = np.ones((2, 3))
    with pytest.raises(RequestError, match="No part can be called 'random parts'"):
        compare_parts(small.runner, _feeds(one, one), {RANDOM: {0: LEFT, 1: LEFT}})
    # Two maps of 2 × 3 of each picture.
    module = sys.modules["explorer3d.attribution.correspondence"]
    monkeypatch.setattr(module, "_COMPARED", 24)
    parts = {"eye": {0: LEFT, 1: LEFT}}
    assert compare_parts(small.runner, _feeds(one, one), parts, ["conv"], draws=0)
    monkeypatch.setattr(module, "_COMPARED", 23)
    with pytest.raises(RequestError, match="'eye' is marked in 2 pictures.* Choose one layer"):
        compare_parts(small.runner, _feeds(one, one), parts, ["conv"], draws=0)
    with pytest.raises(RequestError, match="'eye' it has to be marked in two"):
        compare_parts(small.runner, _feeds(one), {"eye": {0: LEFT}})
    with pytest.raises(RequestError, match="There is no part to hide"):
        compare_parts(small.runner, _feeds(one), {})
    with pytest.raises(RequestError, match="within 0 … 1"):
        compare_parts(small.runner, _feeds(one, one), {"eye": {0: LEFT, 1: (0.5, 0.0, 0.4, 1.0)}})
    flat = Runner(make([make_node("Relu", ["x"], ["y"], name="r")], {"x": [1, 4]}, ["y"]))
    with pytest.raises(RequestError, match="takes no picture"):
        compare_parts(flat, lambda _: {"x": np.ones((1, 4), np.float32)}, {"eye": {0: LEFT, 1: LEFT}})


def test_parts_are_read_as_they_were_written(tmp_path: Path) -> None:
    names = ["a.png", "b.png", "c.png"]
    parts = {"left eye": {0: (0.1, 0.2, 0.3, 0.4), 2: (0.0, 0.0, 1.0, 1.0)}}
    path = tmp_path / "parts.json"
    path.write_text(to_text(parts, names.__getitem__))
    assert read_parts(path, names) == parts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "no parts of pictures"),
        ("[" * 100_000, "no parts of pictures"),
        ('{"eye": {"a.png": ["x", 0, 1, 1]}}', "no parts of pictures"),
        ('{"eye": {"a.png": [0, 0, 1, 1' + 400 * "0" + "]}}", "no parts of pictures"),
        ('{"eye": {"a.png": [0, 1, 1]}}', "is no part of a picture"),
        ('{"eye": {"a.png": [0, 0, NaN, 1]}}', "within 0"),
        ('{"eye": {"a.png": [0, 0, 1.5, 1]}}', "within 0"),
        ('{"eye": {"a.png": [0.5, 0, 0.5, 1]}}', "within 0"),
        ('{"eye": {"a.pn": [0, 0, 1, 1]}}', "Did you mean 'a.png'?"),
    ],
)
def test_texts_that_are_none(text: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence.replace("?", r"\?")):
        from_text(text, ["a.png"])
