"""The view on its own: drafts while a slow scene moves, full detail at rest, few looks under the cursor."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QImage, QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication

from explorer3d.graph.layout import arrange
from explorer3d.qt.pace import Pace
from explorer3d.qt.view import View
from explorer3d.scene.smoothing import Smooth
from explorer3d.scene.stage import Stage
from tests.scene.networks import network, residual

BLOCKS = 12


class Slowed(Stage):
    """A stage on which a frame in full detail takes long, as many nodes do; notes what it draws."""

    def __init__(self) -> None:
        super().__init__((640, 400))
        self.seconds = 0.0
        self.drawn: list[str] = []
        self.looks = 0

    def draw(self, smooth: bool = True) -> np.ndarray:
        self.drawn.append("full")
        time.sleep(self.seconds)
        return super().draw(smooth)

    def draft(self) -> np.ndarray:
        self.drawn.append("draft")
        return super().draft()

    def pick(self, x: float, y: float) -> None:
        self.looks += 1


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[View]:
    stage = Slowed()
    model = network(residual(BLOCKS))
    stage.show_model(model, arrange(model, 1.6))
    view = View(stage)
    qtbot.addWidget(view)
    view.resize(800, 500)
    view.show()
    qtbot.waitExposed(view)
    yield view
    stage.close()


def send(view: View, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    QApplication.sendEvent(view, QMouseEvent(kind, QPointF(at), button, held, Qt.NoModifier))


def drag(qtbot: QtBot, view: View) -> None:
    """Turn the scene a little in six steps, each of them painted."""
    send(view, QEvent.MouseButtonPress, QPoint(200, 200), Qt.LeftButton, Qt.LeftButton)
    for step in range(1, 7):
        send(view, QEvent.MouseMove, QPoint(200 + 6 * step, 200), Qt.NoButton, Qt.LeftButton)
        QApplication.processEvents()
    send(view, QEvent.MouseButtonRelease, QPoint(236, 200), Qt.LeftButton, Qt.NoButton)


def seen(view: View) -> np.ndarray:
    image = view.grab().toImage().convertToFormat(QImage.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(float)


def blurred(picture: np.ndarray, side: int = 20) -> np.ndarray:
    height, width = (size - size % side for size in picture.shape[:2])
    return picture[:height, :width].reshape(height // side, side, width // side, side, 3).mean(axis=(1, 3))


def make_slow(qtbot: QtBot, view: View) -> None:
    view.stage.seconds = 0.06
    with qtbot.waitSignal(view.rested):
        for _ in range(3):
            view.refresh()
            QApplication.processEvents()
    QApplication.processEvents()
    view.stage.drawn.clear()


def test_a_slow_scene_moves_as_drafts_and_rests_in_full(qtbot: QtBot, view: View) -> None:
    make_slow(qtbot, view)
    drag(qtbot, view)
    assert view.stage.drawn == ["draft"] * 6
    with qtbot.waitSignal(view.rested):
        pass
    assert view.stage.drawn[6] == "full"
    assert "draft" not in view.stage.drawn[6:]


def test_a_draft_shows_the_same_in_the_same_places(qtbot: QtBot, view: View) -> None:
    make_slow(qtbot, view)
    drag(qtbot, view)
    draft = seen(view)
    assert view.stage.drawn[-1] == "draft"
    view.refresh()
    full = seen(view)
    assert view.stage.drawn[-1] == "full"
    legend = view.stage.legend
    assert legend is not None
    height, width = legend.picture.shape[:2]
    low = 500 - legend.bottom
    corner = np.s_[low - height : low, legend.left : legend.left + width]
    assert np.array_equal(draft[corner], full[corner])
    assert np.array_equal(full[corner], legend.picture)
    assert (np.abs(draft - full).max(axis=2) > 8).sum() > 500  # it is a draft
    assert np.abs(blurred(draft) - blurred(full)).max() < 14
    assert np.abs(blurred(draft) - blurred(full)).mean() < 1.0
    # Elsewhere by as little as six degrees it would be another picture.
    view.stage.move_camera(view.stage.pose.orbited(6, 0))
    view.refresh()
    assert np.abs(blurred(draft) - blurred(seen(view))).max() > 30


def test_a_fast_scene_always_shows_full_detail(
    qtbot: QtBot, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = np.zeros((500, 800, 4), np.uint8)
    monkeypatch.setattr(view.stage, "draw", lambda smooth: frame)
    drag(qtbot, view)
    assert "draft" not in view.stage.drawn


def test_the_wheel_moves_a_slow_scene_as_drafts(qtbot: QtBot, view: View) -> None:
    make_slow(qtbot, view)
    at = QPointF(300, 200)
    QApplication.sendEvent(
        view,
        QWheelEvent(
            at, view.mapToGlobal(at.toPoint()), QPoint(), QPoint(0, 120), Qt.NoButton, Qt.NoModifier,
            Qt.NoScrollPhase, False,
        ),
    )  # fmt: skip
    QApplication.processEvents()
    assert view.stage.drawn == ["draft"]
    with qtbot.waitSignal(view.rested):
        pass
    assert view.stage.drawn[1] == "full"


def test_many_moves_of_the_cursor_are_one_look(qtbot: QtBot, view: View) -> None:
    QApplication.processEvents()
    view.stage.looks = 0
    for x in range(100, 160):
        send(view, QEvent.MouseMove, QPoint(x, 200), Qt.NoButton, Qt.NoButton)
    assert view.stage.looks == 1
    qtbot.waitUntil(lambda: view.stage.looks == 2)  # the last place is looked at as well


@pytest.mark.parametrize(
    ("costs", "slow"),
    [([0.05], False), ([0.05] * 3, True), ([0.05, 0.05, 0.01], False), ([0.05] * 3 + [0.025], True)],
)
def test_frames_that_took_long_make_a_scene_slow(costs: list[float], slow: bool) -> None:
    pace = Pace()
    for cost in costs:
        pace.drawn(cost)
    assert pace.slow == slow


def test_drafts_that_save_little_are_not_drawn() -> None:
    pace = Pace()
    for _ in range(3):
        pace.drawn(0.05)
    for _ in range(3):
        pace.drafted(0.02)
    assert pace.slow
    for _ in range(5):
        pace.drafted(0.045)
    assert not pace.slow
    for _ in range(3):
        pace.drawn(0.05)
    assert not pace.slow
    for _ in range(3):
        pace.drawn(0.2)  # another scene
    assert pace.slow


def test_nothing_is_drawn_once(qtbot: QtBot) -> None:
    """There are no edges to smooth; that would take its time from the first network."""
    stage = Slowed()
    view = View(stage)
    asked: list[Smooth] = []
    view.jagged.connect(asked.append)
    qtbot.addWidget(view)
    view.resize(800, 500)
    with qtbot.waitSignal(view.rested):
        view.show()
    QApplication.processEvents()
    assert stage.drawn == ["full"] and not asked
    stage.close()


def test_what_rests_is_smoothed_once_and_only_if_it_is_still_seen(qtbot: QtBot, view: View) -> None:
    asked: list[Smooth] = []
    view.jagged.connect(asked.append)
    with qtbot.waitSignal(view.rested):
        view.refresh()
    rough, (request,) = seen(view), asked
    assert np.array_equal(rough, view.stage.draw(smooth=False)[:, :, :3])
    smooth = request()
    assert (smooth[:, :, :3] != rough).any(axis=2).sum() > 500
    view.show_smooth(request, smooth)
    assert np.array_equal(seen(view), smooth[:, :, :3])
    assert not view._rest.isActive() and len(asked) == 1
    view.stage.move_camera(view.stage.pose.orbited(6, 0))
    view.refresh()
    moved = seen(view)
    view.show_smooth(request, smooth)
    assert np.array_equal(seen(view), moved)
    qtbot.waitUntil(lambda: len(asked) == 2)


def test_a_draft_is_not_smoothed(qtbot: QtBot, view: View) -> None:
    make_slow(qtbot, view)
    asked: list[Smooth] = []
    view.jagged.connect(asked.append)
    drag(qtbot, view)
    assert view.stage.drawn[-1] == "draft" and not asked
    qtbot.waitUntil(lambda: bool(asked))
    assert view.stage.drawn[-1] == "full"
    assert asked[0].pixels.shape == (500, 800, 4)


def test_what_is_built_anew_is_taken_for_slow_until_it_is_known() -> None:
    pace = Pace()
    for _ in range(3):
        pace.drawn(0.005)
    pace.doubt()
    assert pace.slow
    pace.drafted(0.02)
    assert pace.slow
    pace.drawn(0.05)
    assert pace.slow
    pace.drawn(0.008)
    assert not pace.slow


def test_what_is_built_anew_is_drawn_once_with_all_that_changes_meanwhile(qtbot: QtBot, view: View) -> None:
    qtbot.waitUntil(lambda: view.still)
    moves: list[bool] = []
    view.moved.connect(lambda: moves.append(True))
    view.refresh_soon()
    view.refresh()
    view.refresh()
    assert moves == []
    qtbot.waitUntil(lambda: view.still)
    assert moves == [True]


def test_brought_to_its_end_it_shows_what_was_built_anew(qtbot: QtBot, view: View) -> None:
    qtbot.waitUntil(lambda: view.still)
    before = seen(view)
    view.stage.move_camera(view.stage.pose.orbited(6, 0))
    view.refresh_soon()
    assert np.array_equal(seen(view), before)
    view.settle()
    assert not np.array_equal(seen(view), before)


def test_resized_before_what_was_built_anew_is_drawn_it_is_not_at_rest(qtbot: QtBot, view: View) -> None:
    asked: list[Smooth] = []
    view.jagged.connect(asked.append)
    view.refresh()
    view.repaint()
    view.refresh_soon()
    with qtbot.captureExceptions() as slips:
        view.resize(780, 500)
        view._rest.timeout.emit()
    assert slips == [] and asked == []
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert asked[0]().shape == (500, 780, 4)


def test_a_frame_is_told_unless_it_is_out_of_date_by_then(qtbot: QtBot, view: View) -> None:
    qtbot.waitUntil(lambda: view.still)
    told: list[bool] = []
    view.drawn.connect(lambda: told.append(True))
    view.refresh()
    view.repaint()
    view.refresh()
    QTimer.singleShot(0, lambda: told.append(False))
    qtbot.waitUntil(lambda: told == [False, True])
