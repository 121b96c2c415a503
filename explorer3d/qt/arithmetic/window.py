"""A window about how a layer comes to one number."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QLabel,
    QSlider,
    QSpinBox,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from explorer3d.graph.model import Port
from explorer3d.qt.arithmetic.filter_view import FilterView
from explorer3d.qt.arithmetic.ledger import figure
from explorer3d.qt.arithmetic.reckoning import Reckoning
from explorer3d.qt.arithmetic.slide import FASTEST, SLOWEST, Slide
from explorer3d.qt.arithmetic.sum_view import SumView
from explorer3d.qt.arithmetic.way_strip import WayStrip
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.own_window import OwnWindow
from explorer3d.qt.tensor.readout import index_text

MOUSE = (
    ("Go to a number", "click, drag on the output"),
    ("Go to the number that looks at a place", "click, drag on the input, or on a picture below"),
    ("The same by keys", "Tab to a map, arrow keys"),
    ("Show a channel's part", "click a bar"),
    ("Go to a layer", "click its name below, double-click its picture"),
)
_RATE = 4
_FASTER = 1.5


class ArithmeticWindow(OwnWindow):
    """One number with the window it comes from, and that window sliding over the map.

    Signals
    -------
    layer_wanted(str)
        A layer to go to.

    Parameters
    ----------
    reckoning : Reckoning
    settings : QSettings
    """

    kind = "arithmetic"
    size_hint = (1180, 800)
    mouse = MOUSE
    layer_wanted = Signal(str)

    def __init__(self, reckoning: Reckoning, settings: QSettings) -> None:
        super().__init__(settings)
        self.reckoning = reckoning
        reckoning.setParent(self)
        self.slide = Slide(lambda: reckoning.loading, self)
        self.sum, self.filter, self.way = SumView(), FilterView(), WayStrip()
        self._wanted: int | None = None
        self._build()
        self._connect()
        self._restore()
        self._set_rate(settings.value("arithmetic/rate", _RATE))
        reckoning.load()
        self._show_number()
        # Else the first map would take the arrow keys.
        self.centralWidget().setFocus()

    # Building

    def _build(self) -> None:
        self.setWindowTitle(f"{self.reckoning.layer} · arithmetic — explorer3d")
        self.caption = ElidedLabel()
        self.caption.setObjectName("name")
        self.caption.setIndent(8)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.PlainText)
        self.message.setAlignment(Qt.AlignCenter)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.sum, "One number")
        self.tabs.addTab(self.filter, "One filter")
        self.tabs.tabBar().setFocusPolicy(Qt.NoFocus)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 6, 4, 0)
        column.addWidget(self.caption)
        column.addWidget(self.message, 1)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.way)
        self.setCentralWidget(body)

        go, view = self.menuBar().addMenu("&Go"), self.menuBar().addMenu("&View")
        bar = QToolBar("Slide")
        bar.setMovable(False)
        self.play = self._add(go, "Play", ("Space",), self.slide.toggle, "Slide the window over the map")
        self.play.setCheckable(True)
        self.back = self._add(go, "Back", ("Left",), lambda: self._step(-1), "One place back")
        self.step = self._add(go, "Step", ("Right",), lambda: self._step(1), "One place on")
        self.row_up = self._add(go, "Row up", ("Up",), lambda: self._step(-self._row()))
        self.row_down = self._add(go, "Row down", ("Down",), lambda: self._step(self._row()))
        self.home = self._add(go, "Start", ("Home",), self._home, "The first place of the map")
        self.end = self._add(go, "End", ("End",), self._end)
        self.strongest = self._add(
            go, "Strongest", ("S",), self._go_to_strongest, "The largest amount in the layer's output"
        )
        self._add(go, "Next map", ("PgDown",), lambda: self.channel.stepUp())
        self._add(go, "Previous map", ("PgUp",), lambda: self.channel.stepDown())
        self._add(go, "Faster", ("+", "="), lambda: self._set_rate(self.rate.value() * _FASTER + 0.5))
        self._add(go, "Slower", ("-",), lambda: self._set_rate(self.rate.value() / _FASTER))
        self._add(go, "Compute again", ("F5",), self.reckoning.load)
        go.addSeparator()
        self._add(go, "Close", ("Ctrl+W", "Esc"), self.close)
        self._add(view, "Next page", ("Ctrl+Tab",), self._next_tab, "One number, or what one filter makes")
        self._add(view, "Full screen", ("F11",), self._toggle_full_screen)
        self._add(self.menuBar().addMenu("&Help"), "Keyboard and mouse", ("?", "F1"), self.show_keys)
        for action in (self.home, self.back, self.play, self.step):
            bar.addAction(action)
        bar.addWidget(QLabel("  Speed "))
        self.rate = QSlider(Qt.Horizontal)
        self.rate.setRange(SLOWEST, FASTEST)
        self.rate.setFixedWidth(90)
        self.rate.setFocusPolicy(Qt.NoFocus)
        self.rate.setAccessibleName("Places a second")
        self.rate.setToolTip("Places a second (+ and −)")
        bar.addWidget(self.rate)
        bar.addSeparator()
        bar.addAction(self.strongest)
        bar.addWidget(QLabel("  Map "))
        self.channel = QSpinBox()
        self.channel.setAccessibleName("Map of the output, or filter")
        self.channel.setToolTip("Which map of the output, or filter (Page up, Page down)")
        self.channel.setKeyboardTracking(False)
        self.channel.setFocusPolicy(Qt.ClickFocus)
        bar.addWidget(self.channel)
        self.addToolBar(bar)

    def _connect(self) -> None:
        reckoning = self.reckoning
        reckoning.changed.connect(self._show_number)
        reckoning.traced.connect(lambda: self.way.show_field(reckoning.field))
        reckoning.way_changed.connect(lambda: self.way.show_way(reckoning.way, reckoning.has_maps))
        reckoning.responded.connect(self._show_filter)
        reckoning.gone.connect(self.close)
        self.slide.moved.connect(reckoning.go_to)
        self.slide.playing_changed.connect(self._show_playing)
        self.sum.index_wanted.connect(self._go_to)
        self.way.wanted.connect(self.layer_wanted)
        self.way.place_wanted.connect(self._centre_at)
        self.rate.valueChanged.connect(self._set_rate)
        self.channel.valueChanged.connect(self._choose_channel)
        self.channel.editingFinished.connect(lambda: self.tabs.setFocus())
        self.tabs.currentChanged.connect(self._tab_changed)

    # What is shown

    def show_filter(self, number: int) -> None:
        """Show what a filter makes of the picture, as soon as the layer has been computed."""
        self._wanted = number
        if self.reckoning.spelled is not None:
            self._show_wanted()

    def _show_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None and self.channel.isEnabled():
            self.tabs.setCurrentWidget(self.filter)
            self.channel.setValue(wanted)

    def _show_number(self) -> None:
        spelled = self.reckoning.spelled
        self.message.setVisible(spelled is None)
        self.tabs.setVisible(spelled is not None)
        for action in (self.play, self.back, self.step, self.row_up, self.row_down, self.home, self.end):
            action.setEnabled(spelled is not None)
        self._show_channel()
        if spelled is None:
            self.slide.pause()
            self.caption.setText(self.reckoning.layer)
            self.message.setText(self.reckoning.fault or "Computing…")
            return
        explanation = spelled.explanation
        self.sum.show_spelled(spelled)
        axis = self._channel_axis()
        if self.sum.output.image is not None:
            self.way.show_map(self.sum.output.image, None if axis is None else explanation.index[axis])
        plane = self.sum.plane
        assert plane is not None
        self.slide.stand(plane.shape, plane.axes, plane.index)
        about = self.reckoning.about
        words = about.op if about is not None else explanation.operator
        place = f"place {self.slide.number + 1:,} of {self.slide.count:,}"
        self.caption.setText(
            f"{explanation.layer} ({words})   {index_text(explanation.index)} = {figure(explanation.value)}"
            f"   ·   {place}"
        )
        self._show_wanted()

    def _channel_axis(self) -> int | None:
        spelled = self.reckoning.spelled
        return spelled.axes.index("C") if spelled is not None and "C" in spelled.axes else None

    def _show_channel(self) -> None:
        spelled, axis = self.reckoning.spelled, self._channel_axis()
        self.channel.setEnabled(axis is not None)
        if spelled is not None and axis is not None:
            self.channel.blockSignals(True)
            self.channel.setRange(0, spelled.output.shape[axis] - 1)
            self.channel.setValue(spelled.explanation.index[axis])
            self.channel.blockSignals(False)

    def _show_filter(self) -> None:
        spelled = self.reckoning.spelled
        answer, source = self.reckoning.response, spelled.input if spelled is not None else None
        if answer is None or isinstance(answer, str):
            self.filter.show_response(answer, None)
        else:
            self.filter.show_response(
                answer.response, source if answer.photograph is None else answer.photograph
            )

    def _show_playing(self, playing: bool) -> None:
        self.play.setChecked(playing)
        self.play.setText("Pause" if playing else "Play")

    # What a person does

    def _go_to(self, index: tuple[int, ...]) -> None:
        self.slide.pause()
        self.reckoning.go_to(index)

    def _centre_at(self, port: Port, row: int, column: int) -> None:
        self.slide.pause()
        self.reckoning.centre_at(port, row, column)

    def _go_to_strongest(self) -> None:
        self.slide.pause()
        self.sum.channel = None
        self.reckoning.go_to(None)

    def _step(self, places: int) -> None:
        self.slide.pause()
        self.slide.step(places)

    def _row(self) -> int:
        """How many places a row has."""
        return self.slide.sizes[-1] if len(self.slide.sizes) > 1 else 1

    def _home(self) -> None:
        self.slide.pause()
        self.slide.home()

    def _end(self) -> None:
        self.slide.pause()
        self.slide.end()

    def _choose_channel(self, channel: int) -> None:
        axis, spelled = self._channel_axis(), self.reckoning.spelled
        if axis is None or spelled is None:
            return
        index = list(spelled.explanation.index)
        index[axis] = channel
        self.sum.channel = None
        self._go_to(tuple(index))
        if self.tabs.currentWidget() is self.filter:
            self.reckoning.respond(channel)

    def _tab_changed(self) -> None:
        shown = self.tabs.currentWidget() is self.filter
        self.slide.pause()
        self.reckoning.respond(self.channel.value() if shown else None)

    def _set_rate(self, rate: object) -> None:
        try:
            wanted = min(max(int(float(str(rate))), SLOWEST), FASTEST)
        except ValueError:
            wanted = _RATE
        self.rate.blockSignals(True)
        self.rate.setValue(wanted)
        self.rate.blockSignals(False)
        self.slide.set_rate(wanted)

    # Qt's events

    def closeEvent(self, event: QEvent) -> None:
        self._settings.setValue("arithmetic/rate", self.rate.value())
        self.slide.pause()
        self.reckoning.end()
        super().closeEvent(event)
