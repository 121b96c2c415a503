"""Pixels come back as they were drawn."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer3d.errors import ExplorerError
from explorer3d.scene import mesh
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.overlay import Overlay
from explorer3d.scene.palette import DARK
from explorer3d.scene.quads import Quads, rectangle

RED = np.array([[[255, 0, 0]]], np.uint8)


def square(x: float, y: float, side: float, z: float = 0.0) -> Quads:
    corners = rectangle(x - side / 2, y - side / 2, side, side, z)
    return Quads(RED, np.array([[0, 0, 1, 1]]), corners[None])


def red(frame: np.ndarray) -> np.ndarray:
    return np.asarray((frame[:, :, :3] == [255, 0, 0]).all(axis=2))


def test_an_empty_frame_is_the_background(canvas: Canvas) -> None:
    canvas.look(Pose(), 10.0)
    frame = canvas.draw(False)
    assert frame.shape == (200, 320, 4)
    assert frame.dtype == np.uint8
    assert np.abs(frame[0, :, :3].astype(int) - DARK.top).max() <= 2
    assert np.abs(frame[-1, :, :3].astype(int) - DARK.bottom).max() <= 2
    # Darker downwards, up to the dither that keeps the gradient smooth.
    assert (np.diff(frame[::20, :, 2].mean(axis=1)) < 0).all()


def test_frames_are_repeatable(canvas: Canvas) -> None:
    canvas.look(Pose(), 10.0)
    prop = square(0, 0, 3).actor
    before = canvas.draw(True).copy()
    canvas.add(prop)
    assert canvas.props() == 1
    assert not np.array_equal(canvas.draw(True), before)
    canvas.remove(prop)
    assert canvas.props() == 0
    assert np.array_equal(canvas.draw(True), before)


@given(st.floats(-3, 3), st.floats(-2, 2), st.floats(-40, 40), st.floats(-40, 40))
@settings(max_examples=25, deadline=None)
def test_things_are_drawn_where_the_projection_says(
    x: float, y: float, azimuth: float, elevation: float
) -> None:
    canvas = _shared()
    pose = Pose((0, 0, 0), azimuth, elevation, 20.0)
    quads = square(x, y, 0.6)
    canvas.add(quads.actor)
    canvas.look(pose, 10.0)
    seen = red(canvas.draw(False))
    canvas.remove(quads.actor)
    corners = Projection(pose, canvas.size).pixels(quads.corners[0])
    rows, columns = np.nonzero(seen)
    assert columns.min() + 0.5 == pytest.approx(corners[:, 0].min(), abs=1.5)
    assert columns.max() + 0.5 == pytest.approx(corners[:, 0].max(), abs=1.5)
    assert rows.min() + 0.5 == pytest.approx(corners[:, 1].min(), abs=1.5)
    assert rows.max() + 0.5 == pytest.approx(corners[:, 1].max(), abs=1.5)


_canvases: list[Canvas] = []


def _shared() -> Canvas:
    if not _canvases:
        _canvases.append(Canvas((640, 400)))
    return _canvases[0]


@pytest.fixture(scope="module", autouse=True)
def _close_shared() -> object:
    yield
    while _canvases:
        _canvases.pop().close()


def test_the_nearer_covers_the_farther(canvas: Canvas) -> None:
    green = np.array([[[0, 255, 0]]], np.uint8)
    behind = Quads(green, np.array([[0, 0, 1, 1]]), rectangle(-2, -2, 4, 4, -1.0)[None])
    canvas.add(square(0, 0, 1).actor)
    canvas.add(behind.actor)
    canvas.look(Pose((0, 0, 0), 0, 0, 20), 5.0)
    frame = canvas.draw(False)
    assert frame[100, 160, :3].tolist() == [255, 0, 0]
    assert frame[100, 180, :3].tolist() == [0, 255, 0]


def test_reach_keeps_all_depths_in_sight(canvas: Canvas) -> None:
    canvas.add(square(0, 0, 1, z=-90).actor)
    canvas.add(square(0, 1, 0.2, z=9.5).actor)
    canvas.look(Pose((0, 0, 0), 0, 0, 20), 100.0)
    seen = red(canvas.draw(False))
    assert seen[100, 160]
    assert seen[:60].any()


def test_resize(canvas: Canvas) -> None:
    canvas.add(square(0, 0, 2).actor)
    canvas.look(Pose((0, 0, 0), 0, 0, 20), 5.0)
    small = red(canvas.draw(False)).sum()
    canvas.resize((640, 400))
    frame = canvas.draw(False)
    assert frame.shape == (400, 640, 4)
    assert red(frame).sum() == pytest.approx(4 * small, rel=0.05)


def test_odd_sizes() -> None:
    for size in ((1, 1), (333, 77), (64, 1000)):
        canvas = Canvas(size)
        canvas.look(Pose(), 10.0)
        assert canvas.draw(True).shape == (size[1], size[0], 4)
        canvas.close()


def test_smooth_edges(canvas: Canvas) -> None:
    canvas.add(square(0, 0, 3).actor)
    canvas.look(Pose((0, 0, 0), 20, 13, 20), 5.0)
    rough = canvas.draw(False).copy()
    smooth = canvas.draw(True).copy()

    def shades(frame: np.ndarray) -> int:
        return int(((frame[:, :, 0] > 40) & (frame[:, :, 0] < 220)).sum())

    assert shades(rough) == 0
    assert shades(smooth) > 20
    assert np.array_equal(canvas.draw(False), rough)


def test_without_opengl_there_is_a_sentence() -> None:
    code = (
        "from explorer3d.scene.canvas import Canvas\n"
        "from explorer3d.scene.camera import Pose\n"
        "from explorer3d.errors import ExplorerError\n"
        "try:\n"
        "    canvas = Canvas((32, 32)); canvas.look(Pose(), 1.0); canvas.draw(False)\n"
        "except ExplorerError as error: print('said:', error)\n"
    )
    environment = os.environ | {"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull, "DISPLAY": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert "said: This computer offers no OpenGL" in done.stdout, done.stderr[-2000:]


def test_a_picture_beyond_opengl_is_refused() -> None:
    with pytest.raises(ExplorerError, match="larger than OpenGL can draw"):
        Canvas((100_000, 10))


def test_a_draft_is_the_same_picture_of_half_the_size(canvas: Canvas) -> None:
    canvas.add(square(1.0, 0.5, 2.0).actor)
    canvas.look(Pose((0, 0, 0), 10, 5, 12), 5.0)
    full = red(canvas.draw(False)).copy()
    draft = canvas.draft()
    assert draft.shape == (100, 160, 4)
    large = red(draft).repeat(2, axis=0).repeat(2, axis=1)
    assert full.sum() > 1000
    # They differ by the pixels on the outline alone.
    assert (full != large).sum() < 2 * 4 * np.sqrt(full.sum())
    assert np.array_equal(red(canvas.draw(False)), full)


def test_a_draft_between_does_not_change_what_is_made_smooth(canvas: Canvas) -> None:
    canvas.add(square(1.0, 0.5, 2.0).actor)
    canvas.look(Pose((0, 0, 0), 10, 5, 12), 5.0)
    smooth = canvas.draw(True).copy()
    canvas.draw(False)
    canvas.draft()
    assert np.array_equal(canvas.smoothing()(), smooth)


def test_lines_of_a_draft_are_as_wide_on_the_screen(canvas: Canvas) -> None:
    line = mesh.Lines()
    line.show(np.array([[-3.0, 0, 0], [3, 0, 0]]), np.array([[0, 1]]), np.array([255, 0, 0]))
    line.actor.GetProperty().SetLineWidth(8.0)
    canvas.add(line.actor)
    canvas.look(Pose((0, 0, 0), 0, 0, 20), 5.0)
    assert red(canvas.draw(False))[:, 160].sum() == 8
    assert red(canvas.draft())[:, 80].sum() == 4
    assert red(canvas.draw(False))[:, 160].sum() == 8


def test_the_overlay_lies_on_whole_frames(canvas: Canvas) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (30, 50, 3), dtype=np.uint8)
    canvas.overlay = Overlay(picture, 12, 7)
    canvas.look(Pose(), 10.0)
    frame = canvas.draw(True)
    assert np.array_equal(frame[200 - 7 - 30 : 200 - 7, 12 : 12 + 50, :3], picture)
    assert not np.array_equal(canvas.draft()[-20:, :30, :3], picture[:20, :30])


def test_an_overlay_that_is_too_large_is_cut_off() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (30, 50, 3), dtype=np.uint8)
    pixels = np.zeros((20, 40, 4), np.uint8)
    Overlay(picture, 5, 4).onto(pixels)
    assert np.array_equal(pixels[:16, 5:, :3], picture[-16:, :35])
    assert not pixels[16:].any() and not pixels[:, :5].any()
    pixels[:] = 0
    Overlay(picture, 45, 4).onto(pixels)
    assert not pixels.any()
