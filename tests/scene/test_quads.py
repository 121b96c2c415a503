"""Texels on the screen have exactly their own colours."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.compute.picture import EMPTY, NAN
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.colormaps import COLORMAPS, lookup
from explorer3d.scene.quads import Quads, rectangle

STRAIGHT = Pose((0, 0, 0), 0, 0, 10.0)


def shot(canvas: Canvas, quads: Quads, pose: Pose = STRAIGHT) -> np.ndarray:
    canvas.add(quads.actor)
    canvas.look(pose, 8.0)
    frame = canvas.draw(False)[:, :, :3].copy()
    canvas.remove(quads.actor)
    return frame


def texel_colours(
    frame: np.ndarray, corners: np.ndarray, rows: int, columns: int, pose: Pose = STRAIGHT
) -> np.ndarray:
    """(rows, columns, 3): colours of the pixels in the middle of each texel of a rectangle."""
    bottom_left, bottom_right, _, top_left = np.asarray(corners, float)
    s, t = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    points = (
        top_left
        + s[None, :, None] * (bottom_right - bottom_left)
        + t[:, None, None] * (bottom_left - top_left)
    )
    size = frame.shape[1], frame.shape[0]
    x, y = np.floor(Projection(pose, size).pixels(points.reshape(-1, 3))).astype(int).T
    return np.asarray(frame[y, x].reshape(rows, columns, 3))


def random_indices(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)


@pytest.mark.parametrize("shape", [(5, 7), (16, 16), (3, 30)])
@pytest.mark.parametrize("name", ["inferno", "blue-orange", "turbo"])
def test_indices_become_colours(canvas: Canvas, shape: tuple[int, int], name: str) -> None:
    texels = random_indices(*shape)
    corners = rectangle(-2.4, -1.6, 4.8, 3.2)
    quads = Quads(texels, np.array([[0, 0, shape[1], shape[0]]]), corners[None])
    quads.recolour(lookup(name))
    found = texel_colours(shot(canvas, quads), corners, *shape)
    np.testing.assert_array_equal(found, lookup(name)[texels])


@pytest.mark.parametrize("turn", [(14.0, 12.0), (-35.0, 25.0), (60.0, 0.0)])
def test_seen_from_the_side_too(canvas: Canvas, turn: tuple[float, float]) -> None:
    """Anisotropic filtering once made 165 of a texel of 200."""
    texels = np.full((8, 8), 20, np.uint8)
    texels[::2, 1::2] = texels[1::2, ::2] = 200
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[0, 0, 8, 8]]), corners[None])
    quads.recolour(lookup("gray"))
    pose = Pose((0, 0, 0), *turn, 10.0)
    found = texel_colours(shot(canvas, quads, pose), corners, 8, 8, pose)
    np.testing.assert_array_equal(found, lookup("gray")[texels])


def test_rgb_texels(canvas: Canvas) -> None:
    texels = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)
    corners = rectangle(-2.4, -1.6, 4.8, 3.2)
    quads = Quads(texels, np.array([[0, 0, 9, 6]]), corners[None])
    quads.recolour(lookup("inferno"))
    np.testing.assert_array_equal(texel_colours(shot(canvas, quads), corners, 6, 9), texels)


def test_recolour_changes_the_colours_only(canvas: Canvas) -> None:
    texels = random_indices(6, 6)
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[0, 0, 6, 6]]), corners[None])
    for name in COLORMAPS:
        quads.recolour(lookup(name))
        found = texel_colours(shot(canvas, quads), corners, 6, 6)
        np.testing.assert_array_equal(found, lookup(name)[texels])


def test_empty_texels_let_the_ground_through(canvas: Canvas) -> None:
    texels = np.array([[10, EMPTY], [EMPTY, 10]], np.uint8)
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[0, 0, 2, 2]]), corners[None])
    quads.recolour(lookup("inferno"))
    bare = shot(canvas, Quads(texels, np.zeros((0, 4), int), np.zeros((0, 4, 3))))
    found = texel_colours(shot(canvas, quads), corners, 2, 2)
    ground = texel_colours(bare, corners, 2, 2)
    np.testing.assert_array_equal(found[[0, 1], [1, 0]], ground[[0, 1], [1, 0]])
    np.testing.assert_array_equal(found[[0, 1], [0, 1]], lookup("inferno")[[10, 10]])


def test_each_rectangle_shows_its_own_cell(canvas: Canvas) -> None:
    texels = random_indices(4, 6)
    cells = np.array([[2, 0, 4, 2], [4, 2, 6, 4], [0, 0, 1, 4]])
    corners = np.array([rectangle(-2.4 + 1.7 * k, -1.0, 1.4, 2.0) for k in range(3)])
    quads = Quads(texels, cells, corners)
    quads.recolour(lookup("viridis"))
    frame = shot(canvas, quads)
    for (left, top, right, bottom), corner in zip(cells, corners, strict=True):
        found = texel_colours(frame, corner, bottom - top, right - left)
        np.testing.assert_array_equal(found, lookup("viridis")[texels[top:bottom, left:right]])
    quads.show_cells(cells[::-1])
    frame = shot(canvas, quads)
    found = texel_colours(frame, corners[2], 2, 2)
    np.testing.assert_array_equal(found, lookup("viridis")[texels[0:2, 2:4]])


def test_move_is_exact(canvas: Canvas) -> None:
    texels = random_indices(4, 4)
    start, goal = rectangle(-2.5, -1.0, 2.0, 2.0), rectangle(0.4, -0.6, 1.7, 1.9, -1.0)
    quads = Quads(texels, np.array([[0, 0, 4, 4]]), start[None])
    quads.recolour(lookup("turbo"))
    shot(canvas, quads)
    quads.move(goal[None])
    assert np.array_equal(quads.corners, goal[None].astype(np.float32))
    frame = shot(canvas, quads)
    np.testing.assert_array_equal(texel_colours(frame, goal, 4, 4), lookup("turbo")[texels])
    fresh = Quads(texels, np.array([[0, 0, 4, 4]]), goal[None])
    fresh.recolour(lookup("turbo"))
    assert np.array_equal(frame, shot(canvas, fresh))


def test_shrunken_texels_are_averaged(canvas: Canvas) -> None:
    texels = np.full((256, 256), 60, np.uint8)
    texels[:, ::2] = 180
    corners = rectangle(-0.4, -0.4, 0.8, 0.8)
    quads = Quads(texels, np.array([[0, 0, 256, 256]]), corners[None])
    quads.recolour(lookup("gray"))
    found = texel_colours(shot(canvas, quads), corners, 12, 12)[1:-1, 1:-1, 0].astype(int)
    expected = int(lookup("gray")[120, 0])
    assert np.abs(found - expected).max() <= 12


def test_a_rim_is_drawn_around_large_rectangles_only(canvas: Canvas) -> None:
    texels = np.full((1, 1), 100, np.uint8)
    rim = (10, 250, 20)

    def rimmed(side: float) -> np.ndarray:
        quads = Quads(
            texels, np.array([[0, 0, 1, 1]]), rectangle(-side / 2, -side / 2, side, side)[None], rim
        )
        quads.recolour(lookup("gray"))
        return np.asarray(shot(canvas, quads)[:, :, 1] > 200)

    wide = rimmed(3.0)
    rows, columns = np.nonzero(wide)
    assert wide.sum() >= 2 * (np.ptp(rows) + np.ptp(columns))
    assert not wide[rows.min() + 3 : rows.max() - 2, columns.min() + 3 : columns.max() - 2].any()
    assert not rimmed(0.12).any()


def test_no_rectangles_are_no_error(canvas: Canvas) -> None:
    quads = Quads(np.zeros((1, 1), np.uint8), np.zeros((0, 4), int), np.zeros((0, 4, 3)))
    frame = shot(canvas, quads)
    assert np.array_equal(frame, shot(canvas, quads))


def test_a_large_texture(canvas: Canvas) -> None:
    texels = random_indices(2048, 2048)
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[1020, 1000, 1028, 1008]]), corners[None])
    quads.recolour(lookup("viridis"))
    found = texel_colours(shot(canvas, quads), corners, 8, 8)
    np.testing.assert_array_equal(found, lookup("viridis")[texels[1000:1008, 1020:1028]])


def test_some_rectangles_of_many(canvas: Canvas) -> None:
    texels = np.arange(10, 250, 10).astype(np.uint8)[None]
    corners = np.array([rectangle(-2.4 + 0.2 * k, -1.0, 0.19, 2.0) for k in range(24)])
    cells = np.array([[k, 0, k + 1, 1] for k in range(24)])
    quads = Quads(texels, cells, corners)
    quads.recolour(lookup("gray"))

    def drawn() -> list[int]:
        frame = shot(canvas, quads)
        found = [texel_colours(frame, corner, 1, 1)[0, 0] for corner in corners]
        return [k for k in range(24) if (found[k] == lookup("gray")[texels[0, k]]).all()]

    assert drawn() == list(range(24))
    quads.draw_some(4)
    assert drawn() == [0, 8, 16]
    quads.draw_some(12)
    assert drawn() == list(range(0, 24, 2))
    quads.draw_some(99)
    assert drawn() == list(range(24))


def test_empty_texels_on_a_ground_of_their_own(canvas: Canvas) -> None:
    texels = np.array([[10, EMPTY], [EMPTY, 10]], np.uint8)
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[0, 0, 2, 2]]), corners[None], ground=(200, 100, 50))
    quads.recolour(lookup("inferno"))
    found = texel_colours(shot(canvas, quads), corners, 2, 2)
    assert found[0, 1].tolist() == found[1, 0].tolist() == [200, 100, 50]
    assert (found[[0, 1], [0, 1]] == lookup("inferno")[10]).all()


def test_a_part_of_a_framed_rectangle_has_the_rim_only_where_the_whole_has_it(canvas: Canvas) -> None:
    texels = np.full((1, 1), 100, np.uint8)
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    left = np.array([[0.0, 0.3, 0.5, 0.7]])
    quads = Quads(texels, np.array([[0, 0, 1, 1]]), corners[None], (10, 250, 20), shares=left)
    quads.recolour(lookup("gray"))
    rows, columns = np.nonzero(shot(canvas, quads)[:, :, 1] > 200)
    assert len(rows) > 50
    assert np.ptp(columns) < 4  # an upright line at its left


def test_what_was_made_for_the_driver_is_let_go_of(canvas: Canvas) -> None:
    texels = np.arange(200, dtype=np.uint8).reshape(10, 20)
    quads = Quads(texels, np.array([[0, 0, 20, 10]]), rectangle(-4, -2, 8, 4)[None])
    quads.drawn()  # nothing has been made yet
    before = shot(canvas, quads)
    made = quads.actor.GetProperty().GetTexture("tiles").GetMappedScalars()
    assert made.GetNumberOfValues() >= 4 * texels.size
    quads.drawn()
    assert made.GetNumberOfValues() == 0
    # The driver has been told to forget it, too, when the rectangles were taken away.
    assert np.array_equal(shot(canvas, quads), before)
    canvas.add(quads.actor)
    canvas.draw(False)
    quads.drawn()
    assert np.array_equal(canvas.draw(False)[:, :, :3], before)


def passages(indices: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Colour indices between the middles of texels, worked out one by one; at the sides as at the last."""
    rows, columns = indices.shape
    found = np.zeros((len(down), len(across)))
    for at, y in enumerate(down):
        for to, x in enumerate(across):
            left, top = int(np.floor(x - 0.5)), int(np.floor(y - 0.5))
            for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
                share = (1 - abs(x - 0.5 - column)) * (1 - abs(y - 0.5 - row))
                found[at, to] += share * indices[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)]
    return found


def grey_at(frame: np.ndarray, corners: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(down, across) array: red of the pixels at shares of a rectangle's sides from its top left."""
    left, bottom, right, top = corners[0, 0], corners[0, 1], corners[2, 0], corners[2, 1]
    x, y = left + across * (right - left), top + down * (bottom - top)
    points = np.stack([*np.meshgrid(x, y), np.zeros((len(y), len(x)))], axis=-1)
    places = Projection(STRAIGHT, (frame.shape[1], frame.shape[0])).pixels(points.reshape(-1, 3))
    columns, rows = np.floor(places).astype(int).T
    return frame[rows, columns, 0].reshape(len(y), len(x)).astype(float)


GREY = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


@pytest.mark.parametrize("coloured", [False, True])
def test_smooth_passages_end_where_a_map_ends(canvas: Canvas, coloured: bool) -> None:
    """Two maps side by side in the texture, of which the other one is light: nothing of it is seen."""
    dark = np.random.default_rng(3).integers(0, 120, (4, 5)).astype(np.uint8)
    texels = np.concatenate([dark, np.full((4, 5), 250, np.uint8), dark], axis=1)
    corners = rectangle(-2.0, -1.6, 4.0, 3.2)
    shown = np.repeat(texels[..., None], 3, axis=2) if coloured else texels
    quads = Quads(shown, np.array([[0, 0, 5, 4]]), corners[None])
    quads.recolour(GREY)
    crisp = shot(canvas, quads)
    quads.look(smooth=True)
    smooth = shot(canvas, quads)
    tall = Projection(STRAIGHT, canvas.size).pixels_per_unit * 3.2
    # The middles of pixels, so that what is expected there is exact.
    down = (np.arange(4, int(tall) - 4, 5) + 0.5 + (100 - tall / 2) % 1) / tall
    wide = tall * 4.0 / 3.2
    across = (np.arange(4, int(wide) - 4, 5) + 0.5 + (160 - wide / 2) % 1) / wide
    expected = passages(dark, across * 5, down * 4)
    assert np.abs(grey_at(smooth, corners, across, down) - expected).max() < 3.5
    assert np.abs(grey_at(crisp, corners, across, down) - expected).max() > 20


def test_what_is_no_number_does_not_pass_over_into_numbers(canvas: Canvas) -> None:
    texels = np.full((3, 3), 100, np.uint8)
    texels[1, 1] = NAN
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[0, 0, 3, 3]]), corners[None])
    quads.recolour(GREY)
    quads.look(smooth=True)
    found = grey_at(shot(canvas, quads), corners, np.linspace(0.03, 0.97, 40), np.linspace(0.03, 0.97, 40))
    assert set(np.unique(found)) == {100.0, float(NAN)}
    assert (found == NAN).mean() == pytest.approx(1 / 9, abs=0.02)


def test_behind_a_veil_only_the_edges_of_the_texels_are_seen(canvas: Canvas) -> None:
    texels = random_indices(3, 3)
    corners = rectangle(-1.6, -1.6, 3.2, 3.2)
    quads = Quads(texels, np.array([[0, 0, 3, 3]]), corners[None], rim=(255, 0, 0))
    quads.recolour(lookup("turbo"))
    quads.look(veil=(10, 20, 30), share=1.0)
    veiled = shot(canvas, quads)
    np.testing.assert_array_equal(texel_colours(veiled, corners, 3, 3), np.full((3, 3, 3), [10, 20, 30]))
    # An edge between two texels, a sixth of the way on.
    assert (grey_at(veiled, corners, np.arange(200) / 200, np.array([1 / 6])) > 60).sum() >= 2
    quads.show(texels, np.array([[0, 0, 3, 3]]), corners[None])  # used again for something else
    np.testing.assert_array_equal(texel_colours(shot(canvas, quads), corners, 3, 3), lookup("turbo")[texels])
