"""Labels: how they are cut to their room, and where their ink lands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFont

from explorer3d.resources import resource
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.mesh import Polygons
from explorer3d.scene.stage import Stage
from explorer3d.scene.text import Label, Labels, fitted, length
from explorer3d.scene.typefaces import BOLD, REGULAR

STRAIGHT = Pose((0, 0, 0), 0, 0, 10.0)
WHITE = (255, 255, 255)


def ink(
    canvas: Canvas, labels: list[Label], pose: Pose = STRAIGHT
) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom of what the labels change, in pixels; None if nothing."""
    canvas.look(pose, 8.0)
    before = canvas.draw(False).copy().astype(int)
    drawn = Labels(labels)
    projection = Projection(pose, canvas.size)
    drawn.face(pose.axes(), projection.pixels_per_unit * pose.distance)
    canvas.add(drawn.actor)
    after = canvas.draw(False).astype(int)
    canvas.remove(drawn.actor)
    rows, columns = np.nonzero(np.abs(after - before).max(axis=2) > 60)
    if not len(rows):
        return None
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


@pytest.mark.parametrize(
    ("text", "bold"), [("conv2d_1", False), ("WWW", True), ("28×28×6", False), ("", False)]
)
def test_length_is_the_fonts(text: str, bold: bool) -> None:
    reference = ImageFont.truetype(str(resource("assets", "fonts", BOLD if bold else REGULAR)), 1000)
    assert length(text, bold) == pytest.approx(sum(reference.getlength(c) for c in text) / 1000, abs=0.01)


def test_what_fits_stays() -> None:
    assert fitted("conv1", 100.0) == "conv1"
    assert fitted("conv1", length("conv1")) == "conv1"


def test_what_is_written_smaller_is_there_as_long_as_the_others_are(canvas: Canvas) -> None:
    height = 6.0 / Projection(STRAIGHT, canvas.size).pixels_per_unit
    short = Label("cat", (0, 0, 0), height, WHITE, room=4 * height)
    assert ink(canvas, [short]) is not None
    assert ink(canvas, [replace(short, text="a cat having a coat")]) is not None
    assert ink(canvas, [replace(short, text="a cat having a coat", height=0.8 * height)]) is None


def test_a_name_keeps_both_ends() -> None:
    short = fitted("block_13_expand_relu_and_more", 8.0)
    assert "…" in short
    front, back = short.split("…")
    assert front and back
    assert "block_13_expand_relu_and_more".startswith(front)
    assert "block_13_expand_relu_and_more".endswith(back)
    assert length(short) <= 8.0


def test_a_path_keeps_its_end() -> None:
    short = fitted("/layer1/layer1.0/conv1/Conv", 8.0)
    assert short.startswith("…")
    assert short.endswith("conv1/Conv")
    assert length(short) <= 8.0


def test_as_much_is_kept_as_fits() -> None:
    text = "i" * 50
    short = fitted(text, 6.0)
    assert length(short) <= 6.0 < length(short.replace("…", "i…"))


def test_no_room_at_all() -> None:
    assert fitted("conv", 0.01) == "…"


@pytest.mark.parametrize(("align", "start"), [(0.0, 0.0), (0.5, -0.5), (1.0, -1.0)])
def test_ink_is_where_the_anchor_is_seen(canvas: Canvas, align: float, start: float) -> None:
    label = Label("HHHH", (0.3, -0.4, 0.0), 0.7, WHITE, align)
    found = ink(canvas, [label])
    assert found is not None
    scale = Projection(STRAIGHT, canvas.size).pixels_per_unit
    wide = length("HHHH") * 0.7 * scale
    x, y = Projection(STRAIGHT, canvas.size).pixels(np.array([label.anchor]))[0]
    left, top, right, bottom = found
    # Letters have some white at their sides.
    assert left == pytest.approx(x + start * wide, abs=0.12 * 0.7 * scale + 1)
    assert right == pytest.approx(x + (start + 1) * wide, abs=0.12 * 0.7 * scale + 1)
    # Capitals are about 0.73 em high, around the middle of the line.
    assert bottom - top == pytest.approx(0.73 * 0.7 * scale, abs=2)
    assert (top + bottom) / 2 == pytest.approx(y, abs=0.06 * 0.7 * scale + 1)


def test_drop_goes_down_by_as_much(canvas: Canvas) -> None:
    one = ink(canvas, [Label("HH", (0, 1, 0), 0.6, WHITE)])
    other = ink(canvas, [Label("HH", (0, 1, 0), 0.6, WHITE, drop=1.5)])
    assert one is not None
    assert other is not None
    scale = Projection(STRAIGHT, canvas.size).pixels_per_unit
    assert other[1] - one[1] == pytest.approx(1.5 * scale, abs=1.5)
    assert (other[0], other[2]) == (one[0], one[2])


def test_labels_face_the_viewer(canvas: Canvas) -> None:
    pose = Pose((0, 0, 0), 70, 40, 10.0)
    straight, turned = (ink(canvas, [Label("HHHH", (0, 0, 0), 0.7, WHITE)], one) for one in (STRAIGHT, pose))
    assert straight is not None
    assert turned is not None
    assert turned == pytest.approx(straight, abs=1.5)


def test_room_makes_it_smaller_then_shorter(canvas: Canvas) -> None:
    text = "convolution_with_a_long_name"
    free = ink(canvas, [Label(text, (0, 0, 0), 0.3, WHITE)])
    assert free is not None
    scale = Projection(STRAIGHT, canvas.size).pixels_per_unit
    slightly = ink(canvas, [Label(text, (0, 0, 0), 0.3, WHITE, room=0.8 * length(text) * 0.3)])
    much = ink(canvas, [Label(text, (0, 0, 0), 0.3, WHITE, room=1.5)])
    assert slightly is not None
    assert much is not None
    assert (slightly[2] - slightly[0]) / (free[2] - free[0]) == pytest.approx(0.8, abs=0.04)
    assert much[2] - much[0] <= 1.5 * scale + 2
    assert much[2] - much[0] > 0.75 * 1.5 * scale


def test_what_cannot_be_read_is_not_drawn(canvas: Canvas) -> None:
    label = [Label("HHHH", (0, 0, 0), 0.3, WHITE)]
    # 200 pixels are 2·d·tan 14° units: an em of 0.3 is 5.5 pixels high at d = 21.9.
    assert ink(canvas, label, Pose((0, 0, 0), 0, 0, 21.0)) is not None
    assert ink(canvas, label, Pose((0, 0, 0), 0, 0, 23.0)) is None


def test_colour(canvas: Canvas) -> None:
    canvas.look(STRAIGHT, 8.0)
    labels = Labels([Label("MMM", (0, 0, 0), 2.0, (10, 200, 90), bold=True)])
    labels.face(STRAIGHT.axes(), Projection(STRAIGHT, canvas.size).pixels_per_unit * STRAIGHT.distance)
    canvas.add(labels.actor)
    frame = canvas.draw(False)[:, :, :3]
    assert (frame == [10, 200, 90]).all(axis=2).sum() > 300


@pytest.mark.parametrize("texts", [[], [""], ["a\nb\tc"], ["漢字 ☃ 🎉"], ["\x00\x07"], ["x" * 5000]])
def test_any_text_can_be_drawn(canvas: Canvas, texts: list[str]) -> None:
    ink(canvas, [Label(text, (0, 0, 0), 0.5, WHITE, room=3.0) for text in texts])


def test_many_labels_are_one_thing(canvas: Canvas) -> None:
    random = np.random.default_rng(0)
    labels = [
        Label(f"layer_{k}", (float(x), float(y), 0.0), 0.4, WHITE)
        for k, (x, y) in enumerate(random.uniform(-2, 2, (300, 2)))
    ]
    found = ink(canvas, labels)
    assert found is not None
    for label in (labels[0], labels[299]):
        alone = ink(canvas, [label])
        assert alone is not None
        assert found[0] <= alone[0] and found[1] <= alone[1]
        assert found[2] >= alone[2] and found[3] >= alone[3]


def test_what_is_only_a_little_nearer_does_not_cut_a_label(canvas: Canvas) -> None:
    wall = Polygons()
    square = np.array([[-9.0, -9.0, 0.0], [9.0, -9.0, 0.0], [9.0, 9.0, 0.0], [-9.0, 9.0, 0.0]])
    wall.show(square, np.array([[0, 1, 2, 3]]), np.array([40, 40, 40]))
    wall.actor.GetProperty().LightingOff()
    canvas.add(wall.actor)
    free = ink(canvas, [Label("abc", (0.0, 0.0, 0.0), 0.5, WHITE)])
    assert free is not None
    behind = ink(canvas, [Label("abc", (0.0, 0.0, -1.0), 0.5, WHITE)])
    # As small as it is there.
    assert behind is not None and behind[2] - behind[0] < free[2] - free[0]
    assert ink(canvas, [Label("abc", (0.0, 0.0, -1.5), 0.5, WHITE)]) is None
    # As near as the eye comes to it, too.
    assert ink(canvas, [Label("abc", (0.0, 0.0, 0.0), 0.1, WHITE)], Pose((0, 0, 0), 0, 0, 1.0)) is not None
    canvas.remove(wall.actor)


def test_writings_share_their_letters(stage: Stage) -> None:
    """One of them goes, and another writes what was never written before: both are still right."""
    type = stage.parts.type
    one, other = (Labels([Label(text, (0, 0, 0), 2.0)], type) for text in ("MM", "OO"))
    for labels in (one, other):
        labels.face(stage.pose.axes(), stage.projection.pixels_per_unit * stage.pose.distance)
    stage.parts.replace("one", [one.actor])
    stage.draw(smooth=False)
    stage.parts.replace("one", [])
    other.label([Label("ЖЖ", (0, 0, 0), 2.0)])
    stage.parts.replace("other", [other.actor])
    shared = stage.draw(smooth=False).copy()
    alone = Labels([Label("ЖЖ", (0, 0, 0), 2.0)])
    alone.face(stage.pose.axes(), stage.projection.pixels_per_unit * stage.pose.distance)
    stage.parts.replace("other", [alone.actor])
    np.testing.assert_array_equal(shared, stage.draw(smooth=False))
    stage.parts.replace("other", [])
    assert (shared != stage.draw(smooth=False)).any()
