"""Gradients of what picks places: unit inputs tell where each comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compute.gradient.referee import check_by_unit_inputs, noise, one_node, ours


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("places", [2, [1], [0, 0, 2, 0], [[-1, 1], [0, -3], [1, 1]]])
def test_gather(tmp_path: Path, axis: int, places: object, held: bool) -> None:
    feeds = {"x": noise(1, 3, 4, 5), "i": np.array(places, np.int64)}
    path = one_node(tmp_path, "Gather", feeds, 11, constants=["i"] if held else [], axis=axis)
    check_by_unit_inputs(path, feeds, ["x"])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gather_elements(tmp_path: Path, axis: int) -> None:
    indices = np.random.default_rng(2).integers(-3, 3, (3, 2, 3))
    feeds = {"x": noise(1, 3, 4, 3), "i": indices}
    check_by_unit_inputs(one_node(tmp_path, "GatherElements", feeds, 11, axis=axis), feeds, ["x"])


@pytest.mark.parametrize(
    ("opset", "batch", "places", "depth"),
    [
        (11, 0, (5,), 1),
        (11, 0, (2, 4), 2),
        (12, 0, (6,), 3),
        (12, 1, (3, 2), 1),
        (12, 1, (3,), 2),
        (13, 2, (3, 4, 2), 1),
    ],
)
def test_gather_nd(tmp_path: Path, opset: int, batch: int, places: tuple[int, ...], depth: int) -> None:
    indices = np.random.default_rng(3).integers(-2, 3, (*places, depth))
    feeds = {"x": noise(1, 3, 4, 3), "i": indices}
    attributes = {"batch_dims": batch} if opset > 11 else {}
    check_by_unit_inputs(one_node(tmp_path, "GatherND", feeds, opset, **attributes), feeds, ["x"])


def test_all_that_one_place_gave_adds_up(tmp_path: Path) -> None:
    """Many threads write to few places: none of it may get lost."""
    places = np.random.default_rng(4).integers(0, 3, 20_000)
    seed = np.ones((20_000, 16), np.float32)
    counts = np.bincount(places, minlength=3)
    expected = np.broadcast_to(counts[:, None], (3, 16))
    feeds = {"x": noise(1, 3, 16), "i": places}
    path = one_node(tmp_path, "Gather", feeds, 13)
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], expected)
    feeds["i"] = places[:, None]
    path = one_node(tmp_path, "GatherND", feeds, 13)
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], expected)
