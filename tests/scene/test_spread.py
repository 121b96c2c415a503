"""Names that are chosen where there is no room for all."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.spread import spread

SIZE = (400, 300)
NOTHING = np.zeros((0, 4))


def apart(rectangles: np.ndarray) -> bool:
    low, high = rectangles[:, :2], rectangles[:, 2:]
    meet = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    return int(meet.sum()) == len(rectangles)


def test_the_first_come_first_and_none_overlap() -> None:
    # The second covers half of the first, the third touches neither.
    boxes = np.array([[10, 10, 60, 24], [35, 10, 85, 24], [100, 10, 150, 24]], float)
    assert spread(boxes, np.zeros((3, 2)), SIZE, NOTHING).tolist() == [0, 2]
    assert spread(boxes[[1, 0, 2]], np.zeros((3, 2)), SIZE, NOTHING).tolist() == [0, 2]


def test_what_leaves_the_picture_or_covers_something_is_not_chosen() -> None:
    boxes = np.array(
        [[-1, 10, 40, 24], [380, 10, 401, 24], [10, 290, 60, 304], [50, 50, 90, 64], [200, 200, 240, 214]],
        float,
    )
    assert spread(boxes, np.zeros((5, 2)), SIZE, NOTHING).tolist() == [3, 4]
    assert spread(boxes, np.zeros((5, 2)), SIZE, np.array([[80.0, 60.0, 120.0, 90.0]])).tolist() == [4]


def test_room_is_kept() -> None:
    boxes = np.array([[100, 100, 140, 110], [160, 100, 200, 110], [240, 100, 280, 110]], float)
    assert spread(boxes, np.full((3, 2), 4.0), SIZE, NOTHING).tolist() == [0, 1, 2]
    # 20 pixels between the first two are not twice 15.
    assert spread(boxes, np.full((3, 2), 15.0), SIZE, NOTHING).tolist() == [0, 2]


def test_thousands() -> None:
    random = np.random.default_rng(1)
    corners = random.uniform(0, [380, 290], (20_000, 2))
    boxes = np.concatenate([corners, corners + [30.0, 9.0]], axis=1)
    chosen = spread(boxes, np.zeros((len(boxes), 2)), SIZE, NOTHING)
    assert apart(boxes[chosen])
    # A third of the picture at least is covered: no room is left unused without need.
    assert len(chosen) * 30 * 9 > SIZE[0] * SIZE[1] / 3
