"""What is seen of tiles, against points sampled all over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.picture import TensorPicture
from explorer3d.compute.refine import Crop
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.detail import MOST_TILES, crops, placed, seen
from explorer3d.scene.quads import rectangle

SIZE = (640, 400)
FACE = Pose((0, 0, 0), 0, 0, 10.0)


def picture(
    count: int, tile: tuple[int, int], full: tuple[int, int] | None, kind: str = "maps"
) -> TensorPicture:
    return TensorPicture(kind, np.zeros((1, 1), np.uint8), count, tile, 1, count, full=full)


@given(
    st.floats(-80, 80), st.floats(-80, 80), st.floats(0.3, 30),
    st.floats(-6, 6), st.floats(-6, 6), st.floats(0.2, 20),
)  # fmt: skip
def test_seen_part_is_that_of_the_points_on_the_screen(
    azimuth: float, elevation: float, distance: float, x: float, y: float, side: float
) -> None:
    projection = Projection(Pose((x, y, 0), azimuth, elevation, distance), SIZE)
    corners = rectangle(-side / 2, -side / 3, side, side * 2 / 3)
    s, t = np.meshgrid(np.linspace(0, 1, 201), np.linspace(0, 1, 201))
    points = corners[3] + s[..., None] * (corners[2] - corners[3]) + t[..., None] * (corners[0] - corners[3])
    pose = projection.pose
    deep = (points - pose.position()) @ pose.axes()[2] > 1e-6
    pixels = projection.pixels(points.reshape(-1, 3)).reshape(201, 201, 2)
    inside = deep & (pixels > 0).all(axis=-1) & (pixels < SIZE).all(axis=-1)
    found = seen(corners, projection)
    if found is None:
        assert not inside.any()
        return
    (left, top, right, bottom), _ = found
    assert 0 <= left <= right <= 1
    assert 0 <= top <= bottom <= 1
    if inside.any():
        # Never too small; and where enough points are seen, not larger than they tell.
        assert left <= s[inside].min() + 1e-9
        assert top <= t[inside].min() + 1e-9
        assert right >= s[inside].max() - 1e-9
        assert bottom >= t[inside].max() - 1e-9
    if inside.sum() > 5000:
        assert [left, top, right, bottom] == pytest.approx(
            [s[inside].min(), t[inside].min(), s[inside].max(), t[inside].max()], abs=0.03
        )


def test_pixels_by_hand() -> None:
    projection = Projection(FACE, SIZE)
    per_unit = projection.pixels_per_unit
    found = seen(rectangle(-0.5, -0.5, 1.0, 1.0), projection)
    assert found is not None
    assert found[0] == (0.0, 0.0, 1.0, 1.0)
    assert found[1] == pytest.approx((per_unit, per_unit))
    # Turned by 60 degrees a side seems half as long.
    turned = seen(rectangle(-0.5, -0.5, 1.0, 1.0), Projection(Pose((0, 0, 0), 60, 0, 10.0), SIZE))
    assert turned is not None
    assert turned[1] == pytest.approx((per_unit / 2, per_unit), rel=0.02)


def test_only_what_is_coarse_on_the_screen_is_drawn_finer() -> None:
    projection = Projection(FACE, SIZE)
    corners = rectangle(-1, -1, 2, 2)[None]
    pixels = 2 * projection.pixels_per_unit
    fine, coarse = round(pixels / 1.4), round(pixels / 1.6)
    assert crops(picture(1, (fine, fine), (999, 999)), corners, projection) == ()
    assert crops(picture(1, (coarse, coarse), None), corners, projection) == ()
    found = crops(picture(1, (coarse, coarse), (999, 999)), corners, projection)
    assert found == (Crop(0, 0, 0, 999, 999, int(np.ceil(pixels)), int(np.ceil(pixels))),)


def test_a_tile_beyond_the_screen_is_cut_and_one_beside_it_left_out() -> None:
    projection = Projection(FACE, SIZE)
    half_height = 200 / projection.pixels_per_unit
    corners = np.array([rectangle(-1, -4 * half_height, 2, 4 * half_height), rectangle(100, 0, 2, 2)])
    found = crops(picture(2, (10, 10), (1000, 1000)), corners, projection)
    assert [crop.tile for crop in found] == [0]
    # The upper quarter of it is seen, and a margin of an eighth of that.
    assert (found[0].top, found[0].left, found[0].right) == (0, 0, 1000)
    assert found[0].bottom == pytest.approx(250 * 1.12, abs=2)
    assert found[0].height == pytest.approx(200 * 1.12, abs=2)


def test_a_tile_that_reaches_behind_the_eye() -> None:
    corners = np.array([[[-1, -1, 20], [1, -1, 20], [1, -1, -20], [-1, -1, -20]]], float)
    found = crops(picture(1, (10, 10), (1000, 1000)), corners, Projection(FACE, SIZE))
    assert [crop.tile for crop in found] == [0]
    assert found[0].top == 0
    assert 0 < found[0].bottom < 1000


def test_too_many_tiles_stay_as_they_are() -> None:
    side = 0.15
    spots = [(column * side - 3.9, row * side - 2.25) for row in range(30) for column in range(52)]
    corners = np.array([rectangle(x, y, side, side) for x, y in spots])
    many = Projection(FACE, SIZE)
    assert len(corners) > MOST_TILES
    assert crops(picture(len(corners), (1, 1), (9, 9)), corners, many) == ()
    near = Projection(Pose((0, 0, 0), 0, 0, 3.0), SIZE)
    assert 20 < len(crops(picture(len(corners), (1, 1), (9, 9)), corners, near)) < 200


def test_a_crop_stands_where_it_belongs() -> None:
    crop = Crop(0, 10, 25, 30, 75, 1, 1)
    found = placed(crop, (40, 100), rectangle(2.0, 1.0, 8.0, 4.0, 3.0))
    # A quarter from the left; from the top 10 and 30 of 40 parts of 4 units.
    assert found.tolist() == [[4.0, 2.0, 3.0], [8.0, 2.0, 3.0], [8.0, 4.0, 3.0], [4.0, 4.0, 3.0]]
