"""Colour maps against matplotlib's."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from explorer3d.compute.picture import (
    ABOVE,
    BELOW,
    EMPTY,
    FIRST,
    LAST,
    NAN,
    NEGATIVE_INFINITY,
    POSITIVE_INFINITY,
)
from explorer3d.scene.colormaps import COLORMAPS, DIVERGING, SEQUENTIAL, default_map, lookup

SPECIAL = (BELOW, ABOVE, NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY, EMPTY)


@pytest.mark.parametrize("name", ["inferno", "viridis", "cividis", "turbo", "gray"])
def test_as_in_matplotlib(name: str) -> None:
    shares = (np.arange(FIRST, LAST + 1) - FIRST) / (LAST - FIRST)
    expected = matplotlib.colormaps[name](shares)[:, :3] * 255
    assert np.abs(lookup(name)[FIRST : LAST + 1] - expected).max() < 7


@pytest.mark.parametrize("name", COLORMAPS)
def test_special_colours(name: str) -> None:
    table = lookup(name).astype(int)
    assert table.shape == (256, 3)
    assert np.abs(2 * table[BELOW] - table[FIRST]).max() <= 1
    assert np.abs(2 * table[ABOVE] - table[LAST] - 255).max() <= 1
    odd = [tuple(table[index]) for index in (NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY)]
    assert len(set(odd)) == 3
    # Told apart from every colour of the map itself.
    for colour in odd:
        assert np.abs(table[FIRST : LAST + 1] - colour).sum(axis=1).min() > 60


@pytest.mark.parametrize("name", COLORMAPS)
def test_neighbours_are_near(name: str) -> None:
    table = lookup(name)[FIRST : LAST + 1].astype(int)
    assert np.abs(np.diff(table, axis=0)).max() < 14


def luminance(table: np.ndarray) -> np.ndarray:
    return np.asarray(table @ np.array([0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("name", ["inferno", "viridis", "cividis", "gray"])
def test_sequential_maps_grow_brighter(name: str) -> None:
    assert (np.diff(luminance(lookup(name)[FIRST : LAST + 1])) > -1.0).all()


def test_diverging_map_is_darkest_at_zero() -> None:
    shine = luminance(lookup(DIVERGING)[FIRST : LAST + 1])
    middle = (LAST - FIRST) // 2
    assert abs(int(np.argmin(shine)) - middle) <= 1
    assert (np.diff(shine[: middle - 1]) < 0).all()
    assert (np.diff(shine[middle + 2 :]) > 0).all()
    low, high = lookup(DIVERGING)[[60, 190]].astype(int)
    assert low[2] > low[0]  # blue below
    assert high[0] > high[2]  # orange above


def test_default() -> None:
    assert default_map(True) == DIVERGING
    assert default_map(False) == SEQUENTIAL
