"""Copies of a picture at halves of its size, and what is drawn by them."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.pyramid import pyramid
from explorer3d.scene.quads import Quads, rectangle


def test_each_copy_is_the_mean_of_four_texels_of_the_one_before() -> None:
    texels = np.random.default_rng(0).integers(0, 256, (64, 96)).astype(np.uint8)
    whole = pyramid(texels)
    assert whole.shape == (65, 144)
    level, top = texels, 0
    np.testing.assert_array_equal(whole[:64, :96], texels)
    for side in (2, 4, 8, 16, 32):
        rows, columns = 64 // side, 96 // side
        found = whole[top : top + rows, 96 : 96 + columns]
        means = level.reshape(rows, 2, columns, 2).mean(axis=(1, 3))
        assert np.abs(found - means).max() <= 0.5
        level, top = found, top + rows


def test_a_picture_is_rounded_up_by_its_own_last_texels() -> None:
    texels = np.arange(33 * 5 * 3, dtype=np.uint8).reshape(33, 5, 3)
    whole = pyramid(texels)
    assert whole.shape == (65, 48, 3)
    np.testing.assert_array_equal(whole[:33, :5], texels)
    assert (whole[33:64, :5] == texels[-1:]).all()
    assert (whole[:33, 5:32] == texels[:, -1:]).all()


@pytest.mark.parametrize("shape", [(32, 32), (100, 7), (1, 1), (512, 2048)])
def test_no_side_is_a_power_of_two(shape: tuple[int, int]) -> None:
    """Of such the driver makes a case of its own, with a program of its own."""
    for side in pyramid(np.zeros(shape, np.uint8)).shape:
        assert side & (side - 1)


@pytest.mark.parametrize("shrunk", [4, 5, 8, 11, 16, 32])
def test_however_small_it_is_drawn_the_mean_is_seen(canvas: Canvas, shrunk: int) -> None:
    texels = np.full((512, 512), 60, np.uint8)
    texels[:, np.arange(512) % 4 < 2] = 180
    pose = Pose((0, 0, 0), 0, 0, 10.0)
    side = 512 / shrunk / Projection(pose, canvas.size).pixels_per_unit
    quads = Quads(texels, np.array([[0, 0, 512, 512]]), rectangle(-side / 2, -side / 2, side, side)[None])
    quads.recolour(lookup("gray"))
    canvas.add(quads.actor)
    canvas.look(pose, 8.0)
    frame = canvas.draw(False)[:, :, 0].astype(int)
    canvas.remove(quads.actor)
    across, down = canvas.size[0] // 2, canvas.size[1] // 2
    expected = int(lookup("gray")[120, 0])
    assert np.abs(frame[down - 6 : down + 6, across - 6 : across + 6] - expected).max() <= 2
