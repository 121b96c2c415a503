"""Parts of the window about a number, each by itself."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QFontMetricsF, QPalette
from qtpy.QtWidgets import QVBoxLayout, QWidget

from explorer3d.compute.arithmetic.parts import Activation, Explanation, Operand, Operation, Weighing
from explorer3d.compute.arithmetic.way import Waypoint
from explorer3d.graph.model import Port
from explorer3d.qt.arithmetic.cells import Cells
from explorer3d.qt.arithmetic.colours import limits_of
from explorer3d.qt.arithmetic.filter_view import laid_over
from explorer3d.qt.arithmetic.ledger import Entry, Ledger, entries_of
from explorer3d.qt.arithmetic.map_view import MapView
from explorer3d.qt.arithmetic.plane import Plane, moving_axes
from explorer3d.qt.arithmetic.slide import Slide
from explorer3d.qt.arithmetic.way_strip import Thumbnail


def explained(weighing: Weighing | None, value: float, **more: object) -> Explanation:
    settings = {"before": value, "operations": (), "activation": None, **more}
    return Explanation("layer", "Op", (0,), value, weighing=weighing, seen={}, **settings)  # type: ignore[arg-type]


def weighing(kind: str, window: list[object], **more: object) -> Weighing:
    numbers = np.float64(window)
    partial = more.pop("partial", numbers.reshape(len(numbers), -1).sum(axis=1))
    channels, padding = np.arange(len(numbers)), np.zeros(numbers.shape[1:], bool)
    kernel = more.pop("kernel", None)
    return Weighing(kind, numbers, padding, channels, (), kernel, partial, **more)  # type: ignore[arg-type]


def test_an_average_is_a_sum_and_a_division() -> None:
    found = entries_of(explained(weighing("average", [[1, 2, 3, 6]], scale=0.25), 3.0), 0)
    assert found == [
        Entry("Σ window, 4 places", "12"),
        Entry("÷ 4 places", "3"),
        Entry("=", "3", True),
        Entry("onnxruntime", "3"),
    ]


def test_a_maximum_and_a_power() -> None:
    most = weighing("maximum", [[1, -9, 4]], partial=np.array([4.0]))
    assert entries_of(explained(most, 4.0), 0)[0] == Entry("largest of 3 numbers", "4", True)
    power = weighing("power", [[3, -4]], partial=np.array([25.0]), power=2)
    assert [one.number for one in entries_of(explained(power, 5.0), 0)] == ["25", "5", "5"]


def test_a_product_with_its_activation() -> None:
    rows = weighing(
        "sum", [2, 3, 5], kernel=np.float64([1, -10, 1]), partial=np.float64([2, -30, 5]), bias=0.5
    )
    activation = Activation("relu", -22.5, 0.0)
    found = entries_of(explained(rows, 0.0, before=-22.5, activation=activation), 1)
    assert found == [
        Entry("input 1: number × weight", "−30"),
        Entry("+ 2 other inputs", "7"),
        Entry("+ bias", "0.5"),
        Entry("=", "−22.5", True),
        Entry("onnxruntime, before relu", "−22.5"),
        Entry("relu(−22.5)", "0"),
    ]


def test_operations_one_below_the_other() -> None:
    steps = (
        Operation("Mul", (Operand("x", 2.0), Operand("scale", 3.0)), 6.0),
        Operation("Add", (Operand("Mul", 6.0), Operand("b", 1.0)), 7.0),
    )
    found = entries_of(explained(None, 7.0, operations=steps), 0)
    assert found == [
        Entry("Mul(x 2, scale 3)", "6"),
        Entry("Add(Mul 6, b 1)", "7", True),
        Entry("onnxruntime", "7"),
    ]


def test_lines_never_overlap(qtbot: QtBot) -> None:
    """However little room there is for all."""
    whole, above, ledger = QWidget(), QWidget(), Ledger()
    qtbot.addWidget(whole)
    above.setMinimumHeight(96)
    column = QVBoxLayout(whole)
    column.addWidget(above, 5)
    column.addWidget(ledger, 4)
    ledger.show_entries([Entry(f"line {number}", "1") for number in range(9)])
    whole.resize(400, 200)
    whole.show()
    assert ledger.height() >= 9 * QFontMetricsF(ledger.font()).height()


def test_a_window_of_three_by_three_is_written_in_the_least_room_it_gets(qtbot: QtBot) -> None:
    cells = Cells()
    qtbot.addWidget(cells)
    cells.show_numbers("window", np.full((3, 3), 0.5), (0.0, 1.0))
    cells.resize(130, cells.minimumHeight())
    cells.show()
    shown = cells.grab().toImage()
    for row, column in np.ndindex(3, 3):
        box = cells.box(row, column).toRect().adjusted(1, 1, -1, -1)
        inside = {
            shown.pixel(x, y) for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())
        }
        # Ink on a cell of one colour.
        assert len(inside) > 1
    # Rows so low that nobody could read them hold none.
    cells.show_numbers("window", np.full((9, 3), 0.5), (0.0, 1.0))
    box = cells.box(4, 1).toRect().adjusted(1, 1, -1, -1)
    shown = cells.grab().toImage()
    assert len({shown.pixel(x, box.center().y()) for x in range(box.left(), box.right())}) == 1


def test_a_long_window_is_read_line_by_line(qtbot: QtBot) -> None:
    """18 numbers in lines of 5: the last line has 3, and what is beside them is ground."""
    cells = Cells()
    qtbot.addWidget(cells)
    padding = np.zeros((1, 18), bool)
    cells.show_numbers("window", np.arange(18.0)[None], (0.0, 17.0), padding, (0, 7))
    cells.resize(220, 220)
    cells.show()
    assert cells.numbers[1].tolist() == [5, 6, 7, 8, 9]
    shown, ground = cells.grab().toImage(), cells.palette().color(QPalette.Window)
    middles = [cells.box(3, column).center().toPoint() + QPoint(-6, 8) for column in range(5)]
    drawn = [shown.pixelColor(middle) != ground for middle in middles]
    assert drawn == [True, True, True, False, False]
    assert cells.box(1, 2).width() > 30
    # The one that counts is framed where it stands: in the second line.
    edge = cells.box(1, 2).toRect()
    assert shown.pixelColor(edge.left(), edge.center().y()) == cells.palette().color(QPalette.WindowText)


def test_a_map_of_one_row_can_be_seen_and_pointed_at(qtbot: QtBot) -> None:
    shown = MapView("Sound")
    qtbot.addWidget(shown)
    shown.let_choose("")
    shown.resize(160, 120)
    shown.show_map("sound", np.zeros((1, 600, 3), np.uint8))
    shown.show()
    first, last = shown.where(0, 0), shown.where(0, 599)
    assert last.x() - first.x() == pytest.approx(156 * 599 / 600)
    # 24 pixels high, so that ten above its middle one is still on it.
    with qtbot.waitSignal(shown.chosen) as chosen:
        qtbot.mouseClick(shown, Qt.LeftButton, pos=QPoint(80, round(first.y()) - 10))
    assert chosen.args == [0, 300] or chosen.args == [0, 299]
    square = MapView("Picture")
    qtbot.addWidget(square)
    square.resize(160, 120)
    square.show_map("picture", np.zeros((10, 20, 3), np.uint8))
    step = square.where(1, 1) - square.where(0, 0)
    assert step.x() == pytest.approx(step.y())


def test_a_long_picture_on_the_way_is_no_hair(qtbot: QtBot) -> None:
    """258 channels of 3 moments: a fifth as wide as high; a picture keeps its sides."""

    def box(*shape: int) -> tuple[float, float]:
        port = Port("value", None, shape, "float32", "HW")
        waypoint = Waypoint("layer", "Conv", port, shape, None, np.zeros(shape, np.uint8), False)
        thumbnail = Thumbnail(waypoint, False, False)
        qtbot.addWidget(thumbnail)
        found = thumbnail.picture_box()
        assert thumbnail.rect().contains(found.toAlignedRect())
        return found.width(), found.height()

    wide, high = box(258, 3)
    assert wide == pytest.approx(high / 5)
    wide, high = box(3, 258)
    assert high == pytest.approx(wide / 5)
    wide, high = box(40, 20)
    assert wide == pytest.approx(high / 2)


def test_a_slide_goes_row_by_row_and_stops_at_the_ends(qtbot: QtBot) -> None:
    busy = [False]
    slide = Slide(lambda: busy[0])
    seen: list[tuple[int, ...]] = []
    slide.moved.connect(seen.append)
    # Channels last, and the columns before the rows: rows are axis 2.
    slide.stand((1, 3, 2, 5), (2, 1), (0, 2, 0, 4))
    assert (slide.number, slide.count) == (2, 6)
    slide.step(1)
    slide.step(-9)
    slide.step(-1)
    slide.end()
    slide.step(1)
    assert seen == [(0, 0, 1, 4), (0, 0, 0, 4), (0, 2, 1, 4)]
    # Played from the end it begins anew.
    slide.set_rate(30)
    with qtbot.waitSignal(slide.playing_changed, timeout=5000):
        slide.toggle()
    qtbot.waitUntil(lambda: not slide.is_playing, timeout=5000)
    assert seen[3:] == [(0, 0, 0, 4), (0, 1, 0, 4), (0, 2, 0, 4), (0, 0, 1, 4), (0, 1, 1, 4), (0, 2, 1, 4)]
    # What is not there yet is waited for.
    busy[0] = True
    slide.toggle()
    qtbot.wait(120)
    assert slide.number == 0
    slide.pause()


def test_planes_of_outputs() -> None:
    array = np.arange(2 * 3 * 4).reshape(1, 2, 3, 4)
    plane = Plane(array.shape, (0, 1, 2, 3), (2, 3))
    assert plane.numbers(array).tolist() == array[0, 1].tolist() and plane.cell == (2, 3)
    assert plane.index_at(0, 1) == (0, 1, 0, 1)
    turned = Plane(array.shape, (0, 1, 2, 3), (3, 2))
    assert turned.numbers(array).tolist() == array[0, 1].T.tolist() and turned.cell == (3, 2)
    vector = np.arange(100.0)[None]
    folded = Plane(vector.shape, (0, 57), (1,))
    assert folded.cell == (5, 7) and folded.numbers(vector)[5, 7] == 57
    assert folded.index_at(3, 4) == (0, 34)
    one = Plane((), (), ())
    assert one.numbers(np.float64(3)).tolist() == [[3]] and one.cell == (0, 0) and one.index_at(0, 0) == ()
    seven = Plane((1, 70), (0, 69), (1,))
    # 70 numbers in rows of nine: two places at the end are none.
    assert seven.numbers(np.ones((1, 70))).shape == (8, 9) and seven.index_at(7, 8) is None
    assert np.isnan(seven.numbers(np.ones((1, 70)))[7]).tolist() == [False] * 7 + [True] * 2


@pytest.mark.parametrize(
    ("axes", "rank", "space", "expected"),
    [
        ("NHWC", 4, (), (1, 2)),
        ("NC", 2, (), (1,)),
        ("", 3, (), (1, 2)),
        ("", 1, (), (0,)),
        ("NCW", 3, (2,), (2,)),
        ("NTC", 3, (), (1, 2)),
        ("NCT", 3, (), (2, 1)),
        ("TDNC", 4, (), (0, 3)),
        ("NTC", 3, (1,), (1,)),
    ],
)
def test_which_axes_are_moved_along(
    axes: str, rank: int, space: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert moving_axes(axes, rank, space) == expected


def test_ranges_of_colours() -> None:
    assert limits_of(np.float64([-1, 3])) == (-3, 3)
    assert limits_of(np.float64([1, 3, np.inf, np.nan])) == (1, 3)
    assert limits_of(np.float64([2, 2])) == (0, 2)
    assert limits_of(np.float64([0])) == limits_of(np.float64([np.nan])) == (0, 1)


def test_a_response_over_a_picture() -> None:
    """Orange where it is positive, blue where negative, the dimmed picture where there is none."""
    shades = laid_over(np.ones((2, 6, 3)), np.float32([[1, 0, -1]])).astype(int)
    red, blue = shades[..., 0], shades[..., 2]
    assert (red[:, :2] > blue[:, :2] + 60).all() and (blue[:, 4:] > red[:, 4:] + 60).all()
    assert (shades[:, 2:4] == round(0.45 * 255)).all()
