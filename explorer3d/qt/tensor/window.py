"""A window about one tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from qtpy.QtCore import QEvent, QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QAction,
    QActionGroup,
    QComboBox,
    QSplitter,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.channel_order import OrderedChannels
from explorer3d.graph.summary import shape_text
from explorer3d.manners import MANNERS, TILES
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.explain.target_text import target_between
from explorer3d.qt.own_window import OwnWindow
from explorer3d.qt.tensor.axes_panel import AxesPanel
from explorer3d.qt.tensor.canvas import TensorCanvas
from explorer3d.qt.tensor.channels_panel import ChannelsPanel
from explorer3d.qt.tensor.colour_panel import ColourPanel
from explorer3d.qt.tensor.keeping import Keeping
from explorer3d.qt.tensor.numbers_list import NumbersList
from explorer3d.qt.tensor.pins import Pins
from explorer3d.qt.tensor.pointing import Pointing
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.subject import Subject, is_numeric
from explorer3d.qt.tensor.tab import Tab
from explorer3d.scene.figures import figures_of

MOUSE = (
    ("Read a number", "point at it"),
    ("Pin a number", "click, Enter"),
    ("Explain a region", "Ctrl+drag"),
    ("Zoom to the cursor", "wheel"),
    ("Move", "drag, Shift+arrows"),
    ("Next number", "arrows"),
    ("Next map", "Page up, Page down"),
)


class TensorWindow(OwnWindow):
    """One tensor with its numbers, colours, channels and axes.

    Signals
    -------
    arithmetic_wanted(str, tuple)
        How a layer comes to a number is to be spelled out.
    target_wanted(str)
        A number, or a region, is to be explained; as in `attribute`.

    Parameters
    ----------
    subject : Subject
    settings : QSettings
    everything : callable
        Gives all tensors that are open, by name.
    """

    kind = "tensor"
    mouse = MOUSE
    arithmetic_wanted = Signal(str, object)
    target_wanted = Signal(str)

    def __init__(
        self, subject: Subject, settings: QSettings, everything: Callable[[], Mapping[str, np.ndarray]]
    ) -> None:
        super().__init__(settings)
        self.subject = subject
        subject.setParent(self)
        self.canvas = TensorCanvas(
            lambda request, accept: subject.ask("drawing", "Drawing numbers", request, accept),
            lambda: subject.under_way("drawing"),
        )
        self.colours = ColourPanel(settings)
        self.numbers = NumbersList()
        self.channels = ChannelsPanel(settings)
        self.axes = AxesPanel()
        self.pins = Pins()
        self.readout = ElidedLabel()
        self.readout.setIndent(8)
        self.readout.setAccessibleName("Number pointed at")
        self.pointing = Pointing(subject, self.canvas, self)
        self.keeping = Keeping(subject, self.canvas, settings, everything, self)
        self._build()
        self._connect()
        manner = str(settings.value("tensor/manner", TILES))
        self.set_manner(manner if manner in MANNERS else TILES)
        self._restore()
        subject.load()
        self._show_tensor()
        self.canvas.setFocus()

    # Building

    def _build(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        first = QWidget()
        lines = QVBoxLayout(first)
        lines.addWidget(self.colours)
        lines.addWidget(self.numbers)
        lines.addStretch(1)
        for title, widget in (
            ("Colours", first),
            ("Channels", self.channels),
            ("Axes", self.axes),
            ("Pins", self.pins),
        ):
            scroll = Tab(widget)
            if widget is not first:
                widget.layout().setContentsMargins(9, 9, 9, 9)
            self.tabs.addTab(scroll, title)
        self.splitter = QSplitter(Qt.Horizontal)
        self.splitter.addWidget(self.canvas)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setCollapsible(0, False)
        self.splitter.setSizes([860, 320])
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.readout)
        self.readout.setFixedHeight(2 * self.fontMetrics().height())
        self.setCentralWidget(body)
        self.tensors = QComboBox()
        self.tensors.setAccessibleName("Tensor of the layer")
        self.tensors.setToolTip("Which tensor of the layer is shown")
        self.tensors.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        self.tensors.setFocusPolicy(Qt.TabFocus)
        bar = QToolBar("Views")
        bar.setMovable(False)
        # In the tool bar it would be cut off in a small window; beside the menus there is room.
        self.menuBar().setCornerWidget(self.tensors)
        files, views = self.menuBar().addMenu("&Tensor"), self.menuBar().addMenu("&View")
        self._add(files, "Save as…", ("Ctrl+S",), self.keeping.save)
        self._add(files, "Copy as picture", ("Ctrl+C",), self.keeping.copy_picture)
        self._add(files, "Copy numbers of the map", ("Ctrl+Shift+C",), self.keeping.copy_numbers)
        self._add(files, "Compute again", ("F5",), self.subject.load)
        files.addSeparator()
        arithmetic = self._add(files, "Arithmetic…", ("A",), self._spell_out)
        arithmetic.setToolTip("How the number pointed at, or pinned last, comes about (A)")
        why = self._add(files, "Why this number?", ("Shift+E",), self._explain)
        why.setToolTip("Explain the number pointed at, or pinned last (Shift+E); Ctrl+drag: all of a region")
        self._add(files, "Remove last pin", ("Esc",), self.unpin)
        self._add(files, "Close", ("Ctrl+W",), self.close)
        self._manners: dict[str, QAction] = {}
        group = QActionGroup(self)
        for place, (key, manner) in enumerate(MANNERS.items(), 1):
            action = self._add(views, manner.title, (str(place),), partial(self.set_manner, key))
            action.setToolTip(f"{manner.about} ({place})")
            action.setCheckable(True)
            group.addAction(action)
            bar.addAction(action)
            self._manners[key] = action
        views.addSeparator()
        bar.addSeparator()
        bar.addAction(self._add(views, "Fit", ("Home",), self.canvas.fit))
        bar.addAction(arithmetic)
        self._add(views, "Zoom in", ("+", "="), lambda: self.canvas.zoom(1.25))
        self._add(views, "Zoom out", ("-",), lambda: self.canvas.zoom(0.8))
        self._add(views, "Panel", ("I",), lambda: self.tabs.setVisible(not self.tabs.isVisible()))
        self._add(views, "Next tab", ("Ctrl+Tab",), self._next_tab)
        self._add(views, "Full screen", ("F11",), self._toggle_full_screen)
        self._add(self.menuBar().addMenu("&Help"), "Keyboard and mouse", ("?", "F1"), self.show_keys)
        self.addToolBar(bar)

    def _connect(self) -> None:
        self.subject.changed.connect(self._show_tensor)
        self.subject.ordered_changed.connect(self._arrange)
        self.subject.gone.connect(self.close)
        self.tensors.activated.connect(lambda at: self.subject.choose(str(self.tensors.itemData(at))))
        self.colours.changed.connect(lambda: self.canvas.set_shade(self.colours.shade))
        self.numbers.index_wanted.connect(self.go_to)
        self.channels.changed.connect(self._order)
        self.channels.chosen.connect(self._show_channel)
        self.axes.changed.connect(self._order)
        self.pins.index_wanted.connect(self.go_to)
        self.pins.changed.connect(self._pins_changed)
        self.pointing.told.connect(self._say)
        self.keeping.told.connect(self._say)
        self.pointing.channel_changed.connect(self.channels.follow)
        self.canvas.pin_wanted.connect(self._pin)
        self.canvas.region_marked.connect(self._want_region)

    # What is shown

    def _show_tensor(self) -> None:
        """Begin with another tensor, or with other numbers of the same."""
        subject = self.subject
        self.setWindowTitle(f"{subject.title} — explorer3d")
        tensors = subject.shown.tensors if subject.shown else ()
        entries = [(f"{one.title}   {shape_text(one.shape)}", one.name) for one in tensors]
        # Made anew with every input, an open list would close under the hand.
        if entries != [
            (self.tensors.itemText(at), self.tensors.itemData(at)) for at in range(self.tensors.count())
        ]:
            self.tensors.clear()
            for entry in entries:
                self.tensors.addItem(*entry)
            # Else it would keep the place of one as wide as before.
            self.menuBar().setCornerWidget(self.tensors)
        self.tensors.setCurrentIndex(self.tensors.findData(subject.name))
        tensor = subject.tensor
        self.numbers.show_tensor(tensor)
        if tensor is not None and is_numeric(tensor.array):
            self.axes.show_axes(tensor.array.shape, tensor.axes, tensor.colour)
        self.axes.setEnabled(tensor is not None and is_numeric(tensor.array))
        self._order()

    def _order(self) -> None:
        """Another arrangement or order is wanted: ask for the channels, and show what is known."""
        seen, _ = self._seen()
        if seen is not None and seen.channel_axis is not None:
            self.subject.order(seen.channel_axis, self.channels.by, self.channels.active.isChecked())
        self._arrange()

    def _seen(self) -> tuple[Seen | None, OrderedChannels | None]:
        """What is to be seen, and what is known of its channels."""
        tensor, ordered = self.subject.tensor, self.subject.ordered
        if tensor is None or not is_numeric(tensor.array):
            return None, None
        # Three numbers have no room in one cell.
        colour = self.axes.in_colour and not MANNERS[self.canvas.manner].numbers
        seen = Seen(tensor.array, self.axes.arrangement, None, colour)
        axis = seen.channel_axis
        if axis is None or ordered is None or ordered.table.axis != axis:
            return seen, None
        if len(ordered.table) != tensor.array.shape[axis]:
            return seen, None
        return Seen(tensor.array, self.axes.arrangement, ordered.channels, colour), ordered

    def _arrange(self) -> None:
        tensor, (seen, ordered) = self.subject.tensor, self._seen()
        table = ordered.table if ordered is not None else None
        self.channels.show_channels(ordered)
        self.colours.show_tensor(tensor.statistics if seen is not None and tensor else None, table)
        self.colours.setEnabled(seen is not None)
        self.canvas.message = self.subject.message
        found = tensor.statistics if tensor is not None else None
        low, high = (found.minimum, found.maximum) if found is not None else (0.0, 0.0)
        figures = figures_of(low, high, tensor.array.dtype if tensor else np.dtype(float))
        dead = table.dead if table is not None else None
        self.canvas.show_seen(seen, figures, self.colours.shade, dead)
        self.pins.show_numbers(tensor.array if tensor is not None and seen is not None else None)
        self.pointing.update()

    def set_manner(self, manner: str) -> None:
        """Show the tensor in another way; remembered."""
        self._manners[manner].setChecked(True)
        self._settings.setValue("tensor/manner", manner)
        had_numbers = MANNERS[self.canvas.manner].numbers
        self.canvas.set_manner(manner)
        if self.axes.in_colour and had_numbers != MANNERS[manner].numbers:
            self._order()

    # What a person does

    def go_to(self, index: tuple[int, ...]) -> None:
        """Point at a number of the tensor, wherever it is."""
        if self.canvas.seen is not None and self.canvas.seen.cell_of(index) is None:
            self.axes.look_at(index)
        cell = self.canvas.seen.cell_of(index) if self.canvas.seen is not None else None
        if cell is not None:
            self.canvas.go_to(cell)
        else:
            self._say("That number is in a channel that is left out: Channels, Active only.")

    def _show_channel(self, channel: int) -> None:
        seen = self.canvas.seen
        if seen is not None and channel in seen.channels:
            self.canvas.show_map(int(np.argmax(seen.channels == channel)))

    def _pin(self) -> None:
        if self.canvas.seen is not None and self.canvas.cursor_cell is not None:
            self.pins.add(self.canvas.seen.index_of(self.canvas.cursor_cell))

    def _spell_out(self) -> None:
        """Have the number pointed at spelled out; else the last one pinned."""
        seen, cell, maker = self.canvas.seen, self.canvas.cursor_cell, self.subject.maker
        pinned = self.pins.indices[-1] if self.pins.indices else None
        index = seen.index_of(cell) if seen is not None and cell is not None else pinned
        if maker is None:
            self._say("Only what a layer makes comes about: weights and inputs are given.")
        elif index is None:
            self._say("Point at a number, or pin one, and it is spelled out.")
        else:
            self.arithmetic_wanted.emit(maker, index)

    def _explain(self) -> None:
        """Have the number pointed at explained; else the last one pinned."""
        seen, cell = self.canvas.seen, self.canvas.cursor_cell
        pinned = self.pins.indices[-1] if self.pins.indices else None
        index = seen.index_of(cell) if seen is not None and cell is not None else pinned
        if index is None:
            self._say("Point at a number, or pin one, and it is explained.")
        else:
            self._want_target(index, index)

    def _want_region(self, first: Cell, last: Cell) -> None:
        if self.canvas.seen is not None:
            self._want_target(self.canvas.seen.index_of(first), self.canvas.seen.index_of(last))

    def _want_target(self, first: tuple[int, ...], last: tuple[int, ...]) -> None:
        """Have all between two places explained."""
        maker = self.subject.maker
        if maker is None:
            self._say("Only what a layer makes can be explained: weights and inputs are given.")
            return
        self.target_wanted.emit(target_between(maker, first, last))

    def unpin(self) -> None:
        self.pins.remove_last()

    def _pins_changed(self) -> None:
        self.canvas.pins = self.pins.indices
        self.tabs.setTabText(3, f"Pins {len(self.pins.indices)}" if self.pins.indices else "Pins")
        self.canvas.update()

    def _say(self, text: str) -> None:
        self.readout.setText(text)

    # Qt's events

    def closeEvent(self, event: QEvent) -> None:
        self.pointing.end()
        self.subject.end()
        super().closeEvent(event)
