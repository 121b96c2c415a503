"""Moving and disturbing the picture by sliders and by hand: what is seen is what the network gets."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

from explorer3d.inputs import UNCHANGED, Transform, seen_part
from explorer3d.qt.input.handled_picture import HandledPicture
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.window import Window
from tests.qt.driving import finish, pixels


@pytest.fixture
def panel(qtbot: QtBot, lenet: Window) -> InputPanel:
    qtbot.keyClick(lenet.view, Qt.Key_P)
    qtbot.waitUntil(lambda: lenet.input_panel.isVisible() and lenet.input_panel._built)
    qtbot.mouseClick(lenet.input_panel.moves.button, Qt.LeftButton)
    return lenet.input_panel


def fed(window: Window) -> np.ndarray:
    assert window.document.feeds is not None
    return np.asarray(window.document.feeds.arrays["image"])[0, :, :, 0]


def drag(qtbot: QtBot, widget: QWidget, *points: QPoint, button: Qt.MouseButton = Qt.LeftButton) -> None:
    qtbot.mousePress(widget, button, pos=points[0])
    for point in points[1:]:
        # QTest's own only moves the cursor, which there may not be.
        move = QMouseEvent(QEvent.MouseMove, QPointF(point), Qt.NoButton, button, Qt.NoModifier)
        QApplication.sendEvent(widget, move)
    qtbot.mouseRelease(widget, button, pos=points[-1])


def test_sliders_and_switches(qtbot: QtBot, lenet: Window, panel: InputPanel) -> None:
    before = fed(lenet)
    form = panel.transform
    assert form.isVisible() and not form.reset.isEnabled()
    for box in (form.mirror, form.flip):
        box.setFocus()
        qtbot.keyClick(box, Qt.Key_Space)
        finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), before[::-1, ::-1])
    qtbot.mouseClick(form.reset, Qt.LeftButton)
    finish(qtbot, lenet)
    assert lenet.document.transform == UNCHANGED
    # A quarter turn counter-clockwise, written; then the slider has moved too.
    turn = form.dials["rotate"]
    turn.field.selectAll()
    qtbot.keyClicks(turn.field, "90")
    finish(qtbot, lenet)
    np.testing.assert_allclose(fed(lenet), np.rot90(before), atol=1e-6)
    assert turn.slider.value() == 750
    qtbot.mouseDClick(turn.slider, Qt.LeftButton)
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), before)
    scale = form.dials["scale"]
    scale.slider.setFocus()
    qtbot.keyClick(scale.slider, Qt.Key_Home)
    finish(qtbot, lenet)
    # A tenth of 28 pixels is all that is left of it.
    assert lenet.document.transform == Transform(scale=0.1)
    assert (fed(lenet) > 0).sum() <= 25 < (before > 0).sum()
    qtbot.keyClick(scale.slider, Qt.Key_End)
    finish(qtbot, lenet)
    assert lenet.document.transform.scale == 10
    assert panel.moves._about.text() == ""
    qtbot.mouseClick(panel.moves.button, Qt.LeftButton)
    assert panel.moves._about.text() == "scaled 10×" and not form.isVisible()


def test_noise_of_a_seed(qtbot: QtBot, lenet: Window, panel: InputPanel) -> None:
    before, form = fed(lenet), panel.transform
    assert not form.seed.isEnabled() and not form.another.isEnabled()
    noise = form.dials["noise"].field
    noise.selectAll()
    qtbot.keyClicks(noise, "30")
    finish(qtbot, lenet)
    first = fed(lenet)
    assert np.abs(first - before).max() > 0.2 and form.seed.value() == 0
    form.seed.selectAll()
    qtbot.keyClicks(form.seed, "41")
    finish(qtbot, lenet)
    qtbot.mouseClick(form.another, Qt.LeftButton)
    finish(qtbot, lenet)
    assert lenet.document.transform == Transform(noise=0.3, seed=42) and form.seed.value() == 42
    assert panel.moves._told == "noise of 0.3 (seed 42)"
    other = fed(lenet)
    assert np.abs(other - first).max() > 0.2
    # As the reference has it: bytes, white being 255.
    values = np.random.default_rng(42).standard_normal((28, 28), np.float32)
    expected = np.rint(np.clip(before * 255 + values * (255 * 0.3), 0, 255)) / 255
    np.testing.assert_allclose(other, expected, atol=1e-6)
    # The history brings it back, seed and all.
    qtbot.waitUntil(lambda: not panel.history._rest.isActive())
    qtbot.mouseClick(form.reset, Qt.LeftButton)
    finish(qtbot, lenet)
    assert form.seed.value() == 0 and not form.seed.isEnabled()
    qtbot.waitUntil(lambda: not panel.history._rest.isActive())
    qtbot.mouseClick(panel.history.buttons[panel.history.now + 1], Qt.LeftButton)
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), other)
    assert form.seed.value() == 42 and form.seed.isEnabled()


def test_by_hand(qtbot: QtBot, lenet: Window, panel: InputPanel) -> None:
    picture = panel.pictures.picture
    before = fed(lenet)
    tickets: list[str] = []
    lenet.document.requested.connect(lambda ticket: tickets.append(ticket.topic))
    pixel = picture.target.width() / 28
    start = picture.target.center()

    def place(right: float, down: float) -> QPoint:
        return (start + QPointF(right * pixel, down * pixel)).toPoint()

    # Faster than anything can be answered: the last of many wishes is carried out, and perhaps the first.
    drag(qtbot, picture, *(place(step / 10, step / 5) for step in range(41)))
    finish(qtbot, lenet)
    assert 1 <= tickets.count("input") <= 2
    right, down = (round(28 * part) for part in lenet.document.transform.shift)
    assert (right, down) == (4, 8)
    # To whole pixels: the mouse itself has no finer ones.
    lenet.document.transform_input(Transform(shift=(4 / 28, 8 / 28)))
    finish(qtbot, lenet)
    np.testing.assert_allclose(fed(lenet)[8:, 4:], before[:-8, :-4], atol=1e-6)
    assert not fed(lenet)[:8].any() and not fed(lenet)[:, :4].any()
    assert panel.transform.dials["right"].field.value() == 14
    qtbot.mouseDClick(picture, Qt.LeftButton, pos=start.toPoint())
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), before)
    # From right of the middle to above it is a quarter turn counter-clockwise.
    drag(qtbot, picture, place(10, 0), place(7, -7), place(0, -10), button=Qt.RightButton)
    finish(qtbot, lenet)
    assert lenet.document.transform.rotate == pytest.approx(90, abs=1)
    qtbot.mouseDClick(picture, Qt.LeftButton, pos=start.toPoint())
    wheel = QWheelEvent(
        QPointF(picture.target.topLeft()), QPointF(), QPoint(), QPoint(0, 120), *_NOTHING_HELD, False
    )
    QApplication.sendEvent(picture, wheel)
    finish(qtbot, lenet)
    scale = 1.0015**120
    assert lenet.document.transform.scale == pytest.approx(scale)
    # The corner under the pointer stays where it is.
    assert lenet.document.transform.shift == pytest.approx(2 * [(scale - 1) / 2])
    qtbot.mouseClick(panel.transform.reset, Qt.LeftButton)
    qtbot.keyClick(picture, Qt.Key_Right)
    finish(qtbot, lenet)
    assert lenet.document.transform == Transform(shift=(0.02, 0))
    assert lenet.document.selected is None


def test_deep_networks_follow_with_their_answers(
    qtbot: QtBot, lenet: Window, panel: InputPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if all feature maps took too long to come along: bars follow the mouse, maps come at rest."""
    monkeypatch.setattr("explorer3d.running._ALONG", 0.0)
    monkeypatch.setattr("explorer3d.running._REST", 600.0)
    document, picture = lenet.document, panel.pictures.picture
    document.transform_input(UNCHANGED)
    finish(qtbot, lenet)
    # Whatever is still under way holds the first answer up.
    qtbot.waitUntil(lambda: lenet.view.still and not lenet.executor.busy)
    faces, before = document.faces, panel.answers.bars.texts
    panel.answers.latency.clear()
    start = picture.target.center().toPoint()
    bars = pixels(lenet)
    qtbot.mousePress(picture, Qt.LeftButton, pos=start)
    seen, drawn, draw = set(), [], lenet.view._redraw
    monkeypatch.setattr(lenet.view, "_redraw", lambda moving: (drawn.append(moving), draw(moving)))
    for step in (10, 20, 30):
        point = QPointF(start + QPoint(step, 2 * step))
        move = QMouseEvent(QEvent.MouseMove, point, Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
        panel.answers.latency.clear()
        QApplication.sendEvent(picture, move)
        qtbot.waitUntil(lambda: panel.answers.latency.text().endswith("ms"))
        seen.add(tuple(panel.answers.bars.texts))
        assert not lenet.status_line.cancel.isVisible()
    assert len(seen) == 3 and tuple(before) not in seen and document.faces is faces
    # Drawn as what moves is, where the machine is slow.
    assert drawn == [True, True, True]
    # The bars in the scene, too.
    best = document.best_guess
    labels = lenet.stage.answers.bars["classes"].labels
    assert best is not None and labels[1].text == f"{best.probability:.1%}" and (pixels(lenet) != bars).any()
    qtbot.mouseRelease(picture, Qt.LeftButton, pos=start)
    monkeypatch.setattr("explorer3d.running._REST", 0.01)
    qtbot.keyClick(picture, Qt.Key_Right)
    finish(qtbot, lenet)
    assert document.faces is not faces
    # What is drawn on the input's block is what goes in.
    assert lenet.stage.mosaics.faces is document.faces


def test_occlusion_by_its_handles(qtbot: QtBot, lenet: Window, panel: InputPanel) -> None:
    lenet.document.load_input(lenet.document.input_path)
    picture = panel.pictures.picture
    before = fed(lenet)
    qtbot.mouseClick(panel.transform.occlude, Qt.LeftButton, pos=QPoint(8, 12))
    finish(qtbot, lenet)
    assert lenet.document.transform.occlude == (0.375, 0.375, 0.625, 0.625)
    assert before[11:17, 11:17].any() and not fed(lenet)[11:17, 11:17].any()
    inside, aside = picture.place(0.5, 0.5).toPoint(), picture.place(0.25, 0.5).toPoint()
    drag(qtbot, picture, inside, aside)
    finish(qtbot, lenet)
    assert lenet.document.transform.occlude == pytest.approx((0.125, 0.375, 0.375, 0.625), abs=0.01)
    corner, far = picture.place(0.375, 0.625).toPoint(), picture.place(1.5, 1.5).toPoint()
    drag(qtbot, picture, corner, far)
    finish(qtbot, lenet)
    assert lenet.document.transform.occlude == pytest.approx((0.125, 0.375, 1, 1), abs=0.01)
    assert not fed(lenet)[12:, 5:].any()
    np.testing.assert_array_equal(fed(lenet)[:10], before[:10])
    # Dragged beyond its opposite, a corner stops before it.
    drag(qtbot, picture, picture.place(1, 1).toPoint(), picture.place(0, 0).toPoint())
    finish(qtbot, lenet)
    left, top, right, bottom = lenet.document.transform.occlude or (0, 0, 0, 0)
    assert 0 < right - left < 0.03 and 0 < bottom - top < 0.03


@pytest.mark.parametrize(
    ("fit", "part"),
    [
        ("stretch", (0, 0, 1, 1)),
        # A picture of 200 × 100 in a square of 48: the middle half of it, or bars as high as half of it.
        ("crop", (0.25, 0, 0.75, 1)),
        ("letterbox", (0, -0.5, 1, 1.5)),
    ],
)
def test_handles_stand_where_the_picture_does(qtbot: QtBot, fit: str, part: tuple[float, ...]) -> None:
    assert seen_part((200, 100), (48, 48), fit) == part
    picture = HandledPicture("Picture")
    qtbot.addWidget(picture)
    picture.resize(100, 100)
    picture.show_pixels(np.zeros((50, 50, 3), np.uint8), "")
    picture.show_transform(UNCHANGED, part, handled=True)
    wishes: list[Transform] = []
    picture.edited.connect(wishes.append)
    drag(qtbot, picture, QPoint(50, 50), QPoint(60, 50))
    # A tenth of what is seen.
    assert wishes[-1].shift == pytest.approx((0.1 * (part[2] - part[0]), 0))
    assert picture.place(0.5, 0.5) == QPointF(50, 50)


def test_the_picture_follows_at_once(qtbot: QtBot) -> None:
    """Before the network has answered: here nobody ever does."""
    picture = HandledPicture("Picture")
    qtbot.addWidget(picture)
    picture.resize(100, 100)
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[2, 7] = 255

    def seen() -> tuple[int, int]:
        """Row and column of the white square, in pixels of the picture."""
        image = picture.grab().toImage()
        found = [
            (y, x) for y in range(0, 100, 2) for x in range(0, 100, 2) if image.pixelColor(x, y).red() > 128
        ]
        rows, columns = np.array(found).T
        return round(rows.mean() / 10 - 0.5), round(columns.mean() / 10 - 0.5)

    picture.show_transformed(pixels, "", Transform(scale=2))
    for wanted, place in (
        (Transform(scale=2), (2, 7)),
        (Transform(scale=2, shift=(-0.3, 0.4)), (6, 4)),
        # A quarter turn counter-clockwise: what was to the right is above.
        (Transform(scale=2, rotate=90), (2, 2)),
        # From 2.5 and -2.5 about the middle to 1.25 and -1.25.
        (Transform(scale=1), (3, 6)),
    ):
        picture.show_transform(wanted, (0, 0, 1, 1), handled=True)
        assert seen() == place, wanted


_NOTHING_HELD = (Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase)
