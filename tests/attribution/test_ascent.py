"""Activation maximisation: scales, filters side by side, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.attribution import attribute
from explorer3d.attribution.ascent import Ascent, activation_maximisation, climbed, resized, zoomed
from explorer3d.attribution.layer_maximisation import chosen_channels
from explorer3d.attribution.method import Found
from explorer3d.attribution.saving import arrays
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Model
from tests.attribution.conftest import Small, X

PLAIN: dict[str, Any] = dict.fromkeys(("spectrum", "smoothing", "decay", "jitter"), 0)


def test_a_step_by_hand() -> None:
    # Slopes 3 and −4 in one picture, 0 and 2 in the other: each by its own root mean square, √12.5 and √2.
    slopes = np.array([[[[3.0, -4.0]]], [[[0.0, 2.0]]]])
    start = np.zeros((2, 1, 1, 2))
    made, whole = climbed(
        lambda x, _: slopes, start, "NCHW", (-1, 1), Ascent(**PLAIN, rate=0.1), 0, range(1), lambda _: True
    )
    assert whole
    assert made.reshape(2, 2) == pytest.approx(
        0.2 * np.array([[3 / 12.5**0.5, -4 / 12.5**0.5], [0, 2 / 2**0.5]])
    )


def test_long_waves_grow_first() -> None:
    # Along four pixels: the mean (weight 0.3), one wave (1) and the quickest, twice as quick (1/2).
    wave, quick = np.array([1.0, 0, -1, 0]), np.array([1.0, -1, 1, -1])
    slope = (2 + wave + quick).reshape(1, 1, 1, 4)
    settings = Ascent(**{**PLAIN, "spectrum": 1.0}, rate=0.01)
    made, _ = climbed(
        lambda x, _: slope, np.zeros((1, 1, 1, 4)), "NCHW", (-1, 1), settings, 0, range(1), lambda _: True
    )
    expected = 0.3 * 2 + wave + quick / 2
    assert made.reshape(-1) == pytest.approx(0.02 * expected / np.sqrt(np.mean(expected**2)))


def test_colours_part_less_than_they_would() -> None:
    slope = np.array([3.0, 0, 0]).reshape(1, 3, 1, 1)
    settings = Ascent(**PLAIN, colour=0.5, rate=0.1)
    made, _ = climbed(
        lambda x, _: slope, np.zeros((1, 3, 1, 1)), "NCHW", (-1, 1), settings, 0, range(1), lambda _: True
    )
    # The mean is 1; 2 and −1, −1 above it are halved.
    assert made.reshape(-1) == pytest.approx(0.2 * np.array([2, 0.5, 0.5]) / np.sqrt(4.5 / 3))


def test_between_scales_the_middle_is_enlarged() -> None:
    row = np.arange(5.0).reshape(1, 1, 1, 5)
    assert zoomed(row, "NCHW", 2).reshape(-1).tolist() == [1, 1.5, 2, 2.5, 3]
    assert resized(row, "NCHW", (1, 10)).reshape(-1)[:4] == pytest.approx([0, 0.25, 0.75, 1.25])
    assert resized(row, "NCHW", (2, 5)).tolist() == [[[[0, 1, 2, 3, 4]] * 2]]
    settings = Ascent(**PLAIN, steps=4, scales=2, zoom=2, rate=0)
    made = activation_maximisation(lambda x, _: np.zeros_like(x), row, "NCHW", (0, 4), settings, 0)
    assert made.reshape(-1).tolist() == [1, 1.5, 2, 2.5, 3]
    assert Ascent(steps=10, scales=3).rounds(False) == [range(3), range(3, 6), range(6, 10)]
    # To a class it matters where something is; and what is carried on is enlarged no more.
    assert [len(Ascent().rounds(bound)) for bound in (True, False)] == [1, 3]
    assert Ascent(steps=10, scales=3, done=5).rounds(False) == [range(5, 15)]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("all", [0, 1, 2, 3]),
        ("0-2", [0, 1, 2]),
        ("3, 1", [1, 3]),
        ("first 2", [0, 1]),
        ("strongest 2", [1, 3]),
        ("", [0, 1, 2, 3]),
    ],
)
def test_channels(text: str, chosen: list[int]) -> None:
    assert chosen_channels(text, np.array([1, 5, 0, 3.0]), "conv") == chosen


@pytest.mark.parametrize("text", ["4", "2-9", "some", "3-1", "first 0", "-1"])
def test_channels_that_are_none(text: str) -> None:
    with pytest.raises(RequestError, match="channel"):
        chosen_channels(text, np.zeros(4), "conv")


def test_filters_side_by_side(small: Small) -> None:
    settings = {**PLAIN, "steps": 40, "rate": 0.04, "channels": "all"}
    found = attribute(small.runner, small.feeds, "layer_maximisation", layer="conv", settings=settings)
    # The picture, and −2 times it: all as large as what is fed, and all as small.
    assert found.array.tolist() == [np.full((1, 2, 3), 4.0).tolist(), np.full((1, 2, 3), -2.0).tolist()]
    assert found.further["channels"].tolist() == [0, 1]
    assert found.further["scores"] == pytest.approx([4, 4])
    assert found.axes == "NCHW" and found.layer == "conv"
    assert "seed 0" in found.title and "conv[0-1]" in found.title

    # With a layer the other method does the same; one filter climbs alone as it does among others.
    named = attribute(small.runner, small.feeds, "activation_maximisation", layer="conv", settings=settings)
    assert (named.array == found.array).all()
    few = {**settings, "steps": 2, "scales": 1}
    both = attribute(small.runner, small.feeds, "layer_maximisation", layer="conv", settings=few)
    alone = attribute(
        small.runner,
        small.feeds,
        "activation_maximisation",
        target="conv[1]",
        settings={**few, "channels": ""},
    )
    assert alone.array[0] == pytest.approx(both.array[1])


def test_each_class_has_a_picture(small: Small) -> None:
    few = {**PLAIN, "steps": 3, "channels": "all"}
    found = attribute(small.runner, small.feeds, "layer_maximisation", layer="softmax", settings=few)
    for channel in range(3):
        alone = attribute(
            small.runner,
            small.feeds,
            "activation_maximisation",
            target=channel,
            settings={**PLAIN, "steps": 3},
        )
        # What goes into the softmax is looked for; and where it is matters, so that nothing is enlarged.
        assert alone.array[0] == pytest.approx(found.array[channel], abs=1e-5)
        assert found.further["scores"][channel] == pytest.approx(alone.score, rel=1e-5)
    assert found.further["names"].tolist() == ["class 0", "class 1", "class 2"]
    units = attribute(
        small.runner, small.feeds, "layer_maximisation", layer="dense", settings={**few, "channels": "1"}
    )
    assert units.array[0] == pytest.approx(found.array[1], abs=1e-5)


def test_what_is_saved_makes_the_same_pictures_again(small: Small) -> None:
    few = {"steps": 2}
    first = attribute(small.runner, small.feeds, "layer_maximisation", layer="conv", settings=few, seed=7)
    kept = arrays(first)
    again = attribute(
        small.runner,
        small.feeds,
        str(kept["method"]),
        layer=str(kept["layer"]),
        settings=json.loads(str(kept["settings"])),
        seed=int(kept["seed"]),
    )
    assert (again.array == first.array).all()
    other = attribute(small.runner, small.feeds, "layer_maximisation", layer="conv", settings=few, seed=8)
    assert (other.array != first.array).any()


def test_stopped_it_keeps_what_has_begun(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer3d.attribution.climbing._MOST", 1)
    seen: list[tuple[int, np.ndarray]] = []

    def follow(found: Found) -> bool:
        seen.append((int(found.further["channels"][0]), found.array))
        return len(seen) < 5

    settings = {**PLAIN, "steps": 9, "scales": 3}
    found = attribute(
        small.runner, small.feeds, "layer_maximisation", layer="conv", settings=settings, follow=follow
    )
    # Three steps of the first filter, and two of the second.
    assert [channel for channel, _ in seen] == [0, 0, 0, 1, 1]
    assert (found.array == np.concatenate([seen[2][1], seen[4][1]])).all()
    assert found.settings["steps"] == 3
    seen.clear()
    seen += [(0, X)] * 3
    begun = attribute(
        small.runner, small.feeds, "layer_maximisation", layer="conv", settings=settings, follow=follow
    )
    assert begun.further["channels"].tolist() == [0]
    assert begun.settings["channels"] == "0"


def test_a_network_for_any_size_begins_small(make: Callable[..., Model]) -> None:
    model = make(
        [make_node("Conv", ["x", "kernel"], ["y"], name="conv")],
        {"x": [1, 1, "H", "W"]},
        ["y"],
        kernel=np.ones((1, 1, 1, 1), np.float32),
    )
    sizes = []

    def follow(found: Found) -> bool:
        sizes.append(found.array.shape[2:])
        return True

    feeds = {"x": np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(1, 1, 64, 96)}
    settings = {"steps": 3, "scales": 3, "zoom": 1.5}
    found = attribute(
        Runner(model), feeds, "layer_maximisation", layer="conv", settings=settings, follow=follow
    )
    # By 2.25 and 1.5, in units of 32 as the sizes themselves.
    assert sizes == [(32, 32), (32, 64), (64, 96)]
    assert found.array.shape == (1, 1, 64, 96)
