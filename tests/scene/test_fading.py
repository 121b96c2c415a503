"""Nodes that fade by their pixels: bodies, faces and labels; those that are kept stay as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.graph.folding import arranged
from explorer3d.graph.hierarchy import hierarchy
from explorer3d.scene.palette import DARK, LIGHT, Theme
from explorer3d.scene.stage import Stage
from tests.scene.conftest import SIZE, Ran
from tests.scene.networks import network


def block(stage: Stage, name: str, below: bool = False) -> np.ndarray:
    """What is seen of a block, or of its labels."""
    x, y = (int(place) for place in stage.where(name))
    found = stage.draw(smooth=False)[:, :, :3]
    assert 0 <= x < SIZE[0] and 0 <= y < SIZE[1]
    across = int(0.3 * stage.projection.pixels_per_unit)
    if below:
        return found[y + 3 * across : y + 7 * across, x - across : x + across].astype(float)
    return found[y - across : y + across, x - across : x + across].astype(float)


def contrast(picture: np.ndarray, theme: Theme) -> float:
    """How far a part of the picture stands out from the ground."""
    return float(np.abs(picture - np.mean([theme.top, theme.bottom], axis=0)).max())


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("faces", [False, True])
def test_all_but_the_kept_fade(stage: Stage, lenet: Ran, theme: Theme, faces: bool) -> None:
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.set_look(theme, 1.0)
    if faces:
        stage.show_faces(lenet.faces.faces, lenet.best)
    stage.settle()
    before = {(name, below): block(stage, name, below) for name in ("conv1", "conv2") for below in (0, 1)}
    stage.keep_bright(frozenset({"conv1"}))
    for below in (0, 1):
        np.testing.assert_array_equal(block(stage, "conv1", bool(below)), before["conv1", below])
        now = contrast(block(stage, "conv2", bool(below)), theme)
        # A fifth of the colour is left; light and depth add a little.
        assert now < 0.35 * contrast(before["conv2", below], theme), below
    stage.keep_bright(None)
    for (name, below), picture in before.items():
        np.testing.assert_array_equal(block(stage, name, bool(below)), picture)


def test_what_comes_later_is_faded_too_and_another_network_is_not(stage: Stage, lenet: Ran) -> None:
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.keep_bright(frozenset({"conv1"}))
    stage.settle()
    stage.show_faces(lenet.faces.faces, lenet.best)
    stage.set_look(DARK, 1.25)
    stage.settle()
    dim, bright = (block(stage, name) for name in ("conv2", "conv1"))
    assert contrast(dim, DARK) < 0.35 * contrast(bright, DARK)
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.settle()
    assert contrast(block(stage, "conv2"), DARK) > 0.6 * contrast(block(stage, "conv1"), DARK)


def test_a_folded_block_fades_with_its_cards(stage: Stage) -> None:
    layers = {"a/one": ["x"], "a/two": ["a/one"], "b/one": ["a/two"], "b/two": ["b/one"]}
    model = network(layers, dict.fromkeys(("x", *layers), (1, 4, 8, 8)), op="Conv")
    model = replace(model, layers=tuple(replace(one, block=one.name[0]) for one in model.layers))
    folding = arranged(hierarchy(model), frozenset(), 1.6)
    stage.show_model(folding.model, folding.layout)
    stage.settle()
    before = stage.draw(smooth=False)[:, :, :3].astype(int)
    stage.keep_bright(frozenset({"a/one"}))
    after = stage.draw(smooth=False)[:, :, :3].astype(int)
    middle = int((stage.where("a/")[0] + stage.where("b/")[0]) / 2)

    def green(picture: np.ndarray) -> np.ndarray:
        """Where bodies of convolutions and the cards behind them are seen."""
        return (picture[:, :, 1] > 70) & (picture[:, :, 1] > 1.5 * picture[:, :, 0])

    bodies = green(before) & (np.abs(before - after).max(axis=2) == 0)
    assert green(before)[:, middle:].sum() > 300
    assert bodies[:, :middle].sum() > 300
    assert green(after)[:, middle + 40 :].sum() == 0


def handle(stage: Stage, name: str, role: str) -> np.ndarray:
    """The mean colour of a handle."""
    x, y = (int(place) for place in stage.where(name, role))
    reach = max(1, int(0.08 * stage.projection.pixels_per_unit))
    found = stage.draw(smooth=False)[y - reach : y + reach + 1, x - reach : x + reach + 1, :3]
    return np.asarray(found.reshape(-1, 3).astype(float).mean(axis=0))


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_handles_fade_with_their_nodes_unless_they_are_open(stage: Stage, lenet: Ran, theme: Theme) -> None:
    stage.set_look(theme, 1.0)
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.open_layer(lenet.layer("pool2"), frozenset({"output"}))
    stage.settle()
    ends = [("conv1", "output"), ("conv2", "output"), ("pool2", "output")]
    before = [handle(stage, *end) for end in ends]
    stage.keep_bright(frozenset({"conv1"}))
    after = [handle(stage, *end) for end in ends]
    np.testing.assert_array_equal(after[0], before[0])
    assert contrast(after[1], theme) < 0.4 * contrast(before[1], theme)
    np.testing.assert_array_equal(after[2], before[2])
    # Beside the flow of what is selected they fade less.
    stage.keep_bright(None)
    stage.select("fc2")
    assert 0.4 < contrast(handle(stage, "conv2", "output"), theme) / contrast(before[1], theme) < 0.75
    stage.select(None)
    np.testing.assert_array_equal(handle(stage, "conv2", "output"), before[1])


def test_edges_fade_as_many_nodes_do(stage: Stage, lenet: Ran) -> None:
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.settle()
    (x, y), (right, _) = stage.where("conv1", "output"), stage.where("pool1", "input")

    def line() -> float:
        place = (slice(int(y) - 6, int(y) + 7), int((x + right) / 2))
        return contrast(stage.draw(smooth=False)[place][:, :3].astype(float), DARK)

    names = frozenset(stage.layout.names)
    plain = line()
    stage.keep_bright(names - {"image"})
    most = line()
    stage.keep_bright(frozenset({"fc2"}))
    few = line()
    # One of nine nodes fades, then eight of them, each by four fifths.
    assert most / plain == pytest.approx(1 - 0.8 / 9, abs=0.06)
    assert few / plain == pytest.approx(1 - 0.8 * 8 / 9, abs=0.06)
    stage.keep_bright(None)
    assert line() == plain
