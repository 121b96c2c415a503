"""Orders of channels that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.compute import channel_order
from explorer3d.compute.channel_order import ORDERS, OrderChannels

MAPS = np.array(
    [
        [[0.0, 0.0], [0.0, 0.0]],  # dead
        [[1.0, 1.0], [1.0, 1.0]],  # mean 1, no variance
        [[0.0, 0.0], [0.0, 10.0]],  # mean 2.5, largest 10
        [[-9.0, 9.0], [9.0, 3.0]],  # mean 3, varies most
    ],
    np.float32,
)


def order(array: np.ndarray, by: str, axis: int = 0, active_only: bool = False) -> list[int]:
    return OrderChannels(array, axis, by, active_only)().channels.tolist()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_by_hand(axis: int) -> None:
    array = np.moveaxis(MAPS, 0, axis)
    assert order(array, "index", axis) == [0, 1, 2, 3]
    assert order(array, "mean", axis) == [3, 2, 1, 0]
    assert order(array, "max", axis) == [2, 3, 1, 0]
    assert order(array, "variance", axis) == [3, 2, 0, 1]
    assert order(array, "index", axis, active_only=True) == [1, 2, 3]
    assert order(array, "variance", axis, active_only=True) == [3, 2, 1]


def test_dead_ones_are_flagged() -> None:
    assert OrderChannels(MAPS, 0, "mean")().table.dead.tolist() == [True, False, False, False]


def test_equal_ones_keep_their_order_and_those_without_numbers_come_last() -> None:
    maps = np.array([[1.0], [np.nan], [2.0], [1.0]])
    assert order(maps, "mean") == [2, 0, 3, 1]


@pytest.mark.parametrize("table", [4096, 1])
def test_like_stands_beside_like(table: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_order, "_TABLE", table)
    random = np.random.default_rng(0)
    themes = random.normal(size=(4, 14, 14))
    theme = random.permutation(np.repeat(np.arange(4), 16))
    scale = random.uniform(0.5, 20.0, 64)[:, None, None]
    maps = (themes[theme] + 0.2 * random.normal(size=(64, 14, 14))) * scale + 5.0
    maps[10], maps[20] = 0.0, 7.3
    found = order(maps.astype(np.float32), "similarity")
    assert sorted(found) == list(range(64))
    assert found[-2:] == [10, 20]  # the same everywhere: like none
    changes = np.count_nonzero(np.diff(theme[found[:-2]]))
    assert changes == 3
    assert found[0] == int(np.argmax(maps.std(axis=(1, 2))))


def test_likeness_is_that_of_the_whole_maps() -> None:
    # a chain: each turned by more; 0 varies most, its likeness to the others falls with the angle
    angles = np.radians([0, 60, 20, 40])
    first, second = np.array([1.0, -1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, -1.0])
    maps = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
    maps[0] *= 3
    assert order(maps.reshape(4, 2, 2), "similarity") == [0, 2, 3, 1]


@pytest.mark.parametrize("by", ORDERS)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1,), (5,), (2, 1, 1, 3)])
def test_any_shape_has_every_order(by: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    for dtype in (np.float16, np.int8, bool):
        array = random.integers(0, 2, shape).astype(dtype)
        assert sorted(order(array, by)) == list(range(shape[0]))
    array = np.full(shape, np.nan)
    array.reshape(-1)[:1] = np.inf
    assert sorted(order(array, by)) == list(range(shape[0]))
