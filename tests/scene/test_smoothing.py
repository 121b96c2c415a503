"""Edges become smooth, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.errors import Cancelled
from explorer3d.scene.smoothing import Smooth

WIDE, HIGH = 300, 260


def halves(slope: float, dark: int = 20, light: int = 220, turned: bool = False) -> np.ndarray:
    """(H, W, 4) uint8 array: light below a line through the middle, dark above."""
    y, x = np.mgrid[:HIGH, :WIDE]
    below = y + 0.5 > HIGH / 2 + slope * (x + 0.5 - WIDE / 2)
    grey = np.where(below, light, dark).astype(np.uint8)
    picture = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    return np.ascontiguousarray(picture.transpose(1, 0, 2)) if turned else picture


def covered(slope: float) -> np.ndarray:
    """(H, W) float array: share of each pixel below the line, from 16 × 16 points in it."""
    fine = (np.arange(16) + 0.5) / 16
    y = np.arange(HIGH)[:, None] + fine[None]
    x = np.arange(WIDE)[:, None] + fine[None]
    line = HIGH / 2 + slope * (x - WIDE / 2)
    return np.asarray((y[:, None, :, None] > line[None, :, None, :]).mean(axis=(2, 3)))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("slope", [0.08, -0.13, 0.3, -0.45])
def test_a_slanted_edge_comes_near_to_what_each_pixel_covers(slope: float, turned: bool) -> None:
    rough = halves(slope, turned=turned)
    smooth = Smooth(rough)()
    if turned:
        rough, smooth = rough.transpose(1, 0, 2), smooth.transpose(1, 0, 2)
    truth = 20 + 200 * covered(slope)
    inner = np.s_[:, 40:-40]
    near = np.abs(truth - 120)[inner] < 100
    before = np.abs(rough[:, :, 0] - truth)[inner][near].mean()
    after = np.abs(smooth[:, :, 0] - truth)[inner][near].mean()
    assert before > 30
    assert after < 0.5 * before
    assert (smooth[:, :, 3] == 255).all()


@pytest.mark.parametrize("turned", [False, True])
def test_faint_edges_and_what_is_even_stay(turned: bool) -> None:
    for picture in (halves(0.1, 100, 110, turned), halves(0.1, 9, 9, turned)):
        np.testing.assert_array_equal(Smooth(picture)(), picture)


@pytest.mark.parametrize("turned", [False, True])
def test_straight_edges_hardly_change(turned: bool) -> None:
    rough = halves(0.0, turned=turned)
    assert np.abs(Smooth(rough)().astype(int) - rough).max() <= 0.06 * 200


def test_only_pixels_at_the_edge_change() -> None:
    rough = halves(0.2)
    changed = (Smooth(rough)() != rough).any(axis=2)
    y, x = np.nonzero(changed)
    assert len(y) > 100
    assert np.abs(y + 0.5 - HIGH / 2 - 0.2 * (x + 0.5 - WIDE / 2)).max() < 1.5


def test_it_is_the_same_wherever_it_is_cut_into_parts() -> None:
    """Rows are smoothed some at a time."""
    rough = halves(0.31)
    smooth = Smooth(rough)()
    for top in (1, 40, 100):
        part = Smooth(rough[top:])()
        np.testing.assert_array_equal(part[30:], smooth[top + 30 :])


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 3)])
def test_small_pictures(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 4)).astype(np.uint8)
    assert Smooth(picture)().shape == picture.shape


def test_it_is_finished_and_can_be_given_up() -> None:
    rough = halves(0.2)
    assert Smooth(rough, lambda pixels: pixels[:3])().shape == (3, WIDE, 4)

    def given_up(fraction: float, message: str, /) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        Smooth(rough)(given_up)
