"""What colours of opened tensors span, by the pixels."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.compute.colour_range import AUTOMATIC, FIXED, HAND, MAP, ColourRange, Ranges
from explorer3d.compute.picture import index_of
from explorer3d.document import ALL_ROLES
from explorer3d.manners import TILES
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.stage import Stage
from tests.scene.conftest import Ran
from tests.scene.test_quads import texel_colours
from tests.scene.test_stage import check_tile, frame, look_at, panel, show

NARROW = ColourRange(HAND, (0.0, 0.3))


@pytest.fixture
def tiled(stage: Stage, lenet: Ran) -> Stage:
    show(stage, lenet)
    stage.set_mode(TILES, animated=False)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    return stage


def want(stage: Stage, wanted: ColourRange, tensor: str = "output", role: str = "output") -> None:
    stage.set_ranges(stage.ranges.chosen("conv1", tensor, role, wanted))


def colours(stage: Stage, tile: int) -> np.ndarray:
    """(28, 28, 3) array: a map of the output as it is on the screen."""
    corners = panel(stage, "conv1", "output").quads.corners[tile].astype(float)
    look_at(stage, corners)
    return texel_colours(frame(stage), corners, 28, 28, stage.pose).astype(int)


def numbers(stage: Stage, tile: int) -> np.ndarray:
    return panel(stage, "conv1", "output").tensor.array[0, :, :, tile]


def redraw(stage: Stage) -> int:
    """How many tensors have been drawn anew, as a window does when nothing moves."""
    asked = stage.outdated()
    for _, shown, request in asked:
        stage.redraw(shown, request, request())
    return len(asked)


def test_other_limits_are_seen_at_once_and_exactly_once_drawn_anew(tiled: Stage) -> None:
    automatic = colours(tiled, 3)
    want(tiled, NARROW)
    exact = lookup("inferno")[index_of(numbers(tiled, 3), (0.0, 0.3))].astype(int)
    soon = colours(tiled, 3)
    assert np.abs(soon - automatic).max() > 50
    assert np.abs(soon - exact).mean() < 4 < np.abs(automatic - exact).mean()
    check_tile(tiled, panel(tiled, "conv1", "input"), 0)  # the others stay
    assert redraw(tiled) == 1 and redraw(tiled) == 0
    np.testing.assert_array_equal(colours(tiled, 3), exact)
    want(tiled, AUTOMATIC)
    redraw(tiled)
    np.testing.assert_array_equal(colours(tiled, 3), automatic)


def test_limits_that_no_more_is_to_be_seen_of_are_a_matter_of_the_table(tiled: Stage) -> None:
    low, high = panel(tiled, "conv1", "output").tensor.statistics.limits
    want(tiled, ColourRange(HAND, (low, 0.8 * high)))
    assert tiled.outdated() == []


def test_each_map_in_its_own_range(tiled: Stage) -> None:
    want(tiled, ColourRange(MAP))
    assert redraw(tiled) == 1
    for tile in (0, 3):
        values = numbers(tiled, tile).astype(np.float64)
        expected = lookup("inferno")[index_of(values, (values.min(), values.max()))]
        assert np.abs(colours(tiled, tile) - expected).max() <= 3
    # Back to a range for all of them without waiting.
    want(tiled, AUTOMATIC)
    check_tile(tiled, panel(tiled, "conv1", "output"), 0)


def test_fixed_limits_hold_for_all_that_flows_and_not_for_weights(tiled: Stage) -> None:
    want(tiled, ColourRange(FIXED, (0.0, 2.0)))
    redraw(tiled)
    exact = lookup("inferno")[index_of(numbers(tiled, 3), (0.0, 2.0))]
    np.testing.assert_array_equal(colours(tiled, 3), exact)
    assert panel(tiled, "conv1", "input").told == "0 … 2"
    check_tile(tiled, panel(tiled, "conv1", "kernel"), 0)


def test_a_range_outlasts_another_input_and_is_told(tiled: Stage, lenet: Ran) -> None:
    want(tiled, NARROW)
    tiled.close_layer("conv1")
    tiled.open_layer(lenet.layer("conv1"), ALL_ROLES)
    # What is small is drawn before anybody sees it in other colours.
    assert tiled.outdated() == []
    exact = lookup("inferno")[index_of(numbers(tiled, 3), (0.0, 0.3))]
    np.testing.assert_array_equal(colours(tiled, 3), exact)
    told = [label.text for label in tiled.opened["conv1"].labels()]
    assert told.count("colours 0 … 0.3") == 1
    tiled.set_ranges(Ranges())
    assert not any(label.text.startswith("colours") for label in tiled.opened["conv1"].labels())


def test_what_comes_too_late_is_not_shown(tiled: Stage) -> None:
    want(tiled, NARROW)
    ((_, shown, request),) = tiled.outdated()
    want(tiled, AUTOMATIC)
    assert tiled.outdated() == []
    tiled.redraw(shown, request, request())
    check_tile(tiled, shown, 3)
