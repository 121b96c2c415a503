"""A number spelled out: the window, what it is weighed with, the sum and the largest parts of it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer3d.qt.arithmetic.cells import Cells
from explorer3d.qt.arithmetic.colours import coloured, limits_of
from explorer3d.qt.arithmetic.contributions import MOST, Contributions
from explorer3d.qt.arithmetic.ledger import Ledger, entries_of
from explorer3d.qt.arithmetic.map_view import MapView, Sides
from explorer3d.qt.arithmetic.plane import Plane, moving_axes

if TYPE_CHECKING:
    from explorer3d.compute.arithmetic.parts import Weighing
    from explorer3d.compute.arithmetic.spell import SpelledOut
    from explorer3d.graph.receptive.window import Window as SlidingWindow


class SumView(QWidget):
    """Input map, window × kernel = products, output map; below them bars and the sum.

    Signals
    -------
    index_wanted(tuple)
        Another number of the output to go to.

    Attributes
    ----------
    channel : int or None
        Number of the input channel that is shown cell by cell; None: the one that contributes most.
    """

    index_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.channel: int | None = None
        self.plane: Plane | None = None
        self._spelled: SpelledOut | None = None
        self._drawn: tuple[object, object] | None = None
        self._made: tuple[object, object] | None = None
        self.input, self.output = MapView("Input map"), MapView("Output map")
        self.input.let_choose("The window moves here")
        self.output.let_choose("This number is spelled out")
        self.window_cells, self.kernel_cells, self.product_cells = Cells(), Cells(), Cells()
        self._signs = [QLabel(sign) for sign in ("→", "×", "=", "→")]
        self.bars, self.ledger = Contributions(), Ledger()
        top = QHBoxLayout()
        parts = (self.input, self.window_cells, self.kernel_cells, self.product_cells, self.output)
        for place, widget in enumerate(parts):
            top.addWidget(widget, 1)
            if place < len(self._signs):
                self._signs[place].setObjectName("name")
                top.addWidget(self._signs[place])
        bottom = QHBoxLayout()
        bottom.addWidget(self.bars, 1)
        bottom.addWidget(self.ledger, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top, 5)
        layout.addLayout(bottom, 4)
        self.bars.chosen.connect(self.choose)
        self.output.chosen.connect(self._go)
        self.input.chosen.connect(self._centre)

    def choose(self, place: int) -> None:
        """Show another input channel cell by cell."""
        weighing = self._spelled.explanation.weighing if self._spelled is not None else None
        if weighing is not None and self._spelled is not None:
            self.channel = int(weighing.channels[place])
            self.show_spelled(self._spelled)

    def _go(self, row: int, column: int) -> None:
        index = self.plane.index_at(row, column) if self.plane is not None else None
        if index is not None:
            self.index_wanted.emit(index)

    def _centre(self, row: int, column: int) -> None:
        """Have the window stand over a place of the input map."""
        explanation = self._spelled.explanation if self._spelled is not None else None
        sliding = explanation.weighing.sliding if explanation is not None and explanation.weighing else None
        if explanation is None or sliding is None:
            return
        place = [explanation.index[axis] for axis in explanation.space]
        seen = (row, column)[-len(place) :]
        for axis, (window, at) in enumerate(zip(sliding.windows[-2:], seen, strict=True)):
            place[len(place) - len(seen) + axis] = window.centres.nearest(at)
        self.index_wanted.emit(explanation.at(sliding.at(tuple(place))))

    def show_spelled(self, spelled: SpelledOut) -> None:
        """Show another number."""
        self._spelled = spelled
        explanation = spelled.explanation
        weighing = explanation.weighing
        space = explanation.space if weighing is not None and weighing.sliding is not None else ()
        axes = moving_axes(spelled.axes, spelled.output.ndim, space)
        self.plane = Plane(spelled.output.shape, explanation.index, axes)
        chosen = self._chosen(weighing)
        self.ledger.show_entries(entries_of(explanation, chosen))
        self._show_input(spelled, chosen)
        self._show_cells(weighing, chosen)
        self._show_bars(weighing, chosen)
        self._show_output(spelled)

    def _chosen(self, weighing: Weighing | None) -> int:
        """Place of the channel in the weighing's; it stays while the window moves."""
        if weighing is None:
            return 0
        found = np.flatnonzero(weighing.channels == self.channel)
        place = int(found[0]) if len(found) else int(weighing.ranked[0])
        self.channel = int(weighing.channels[place])
        return place

    def _show_output(self, spelled: SpelledOut) -> None:
        assert self.plane is not None
        others = [at for axis, at in enumerate(spelled.explanation.index) if axis not in self.plane.axes[-2:]]
        # The map stays as it is while only the place on it changes.
        if self._made is None or self._made[0] is not spelled.output or self._made[1] != others:
            self._made = spelled.output, others
            numbers = self.plane.numbers(spelled.output)
            shades = coloured(numbers, limits_of(numbers))
            shades[np.isnan(numbers) & (len(self.plane.axes) < 2)] = 40
            self.output.show_map("Output", shades)
        row, column = self.plane.cell
        self.output.title = f"output at {row}, {column}"
        if len(self.plane.axes) < 2:
            self.output.title = "output"
        self.output.mark([row], [column])

    def _show_input(self, spelled: SpelledOut, chosen: int) -> None:
        weighing, source = spelled.explanation.weighing, spelled.input
        seen = weighing is not None and weighing.sliding is not None and source is not None
        self.input.setVisible(seen)
        self._signs[0].setVisible(seen)
        if weighing is None or weighing.sliding is None or source is None:
            self._drawn = None
            return
        channel, windows = int(weighing.channels[chosen]), weighing.sliding.windows
        deep = [int(np.clip(places[len(places) // 2], 0, size - 1)) if len(places) else 0
                for places, size in zip(weighing.places[:-2], source.shape[1:-2], strict=True)]  # fmt: skip
        what = (channel, *deep)
        if self._drawn is None or self._drawn[0] is not source or self._drawn[1] != what:
            self._drawn = source, what
            numbers = np.atleast_2d(np.asarray(source[what]))
            self.input.show_map(f"input, channel {channel}", coloured(numbers, limits_of(numbers)),
                                _padding(windows))  # fmt: skip
        rows = weighing.places[-2].tolist() if len(windows) > 1 else [0]
        self.input.mark(rows, weighing.places[-1].tolist())

    def _show_cells(self, weighing: Weighing | None, chosen: int) -> None:
        weighs = weighing is not None and weighing.kernel is not None
        self.window_cells.setVisible(weighing is not None)
        for widget in (self.kernel_cells, self.product_cells, *self._signs[1:3]):
            widget.setVisible(weighs)
        self._signs[3].setVisible(weighing is not None)
        if weighing is None:
            return
        if not weighing.window.ndim > 1:
            self._show_rows(weighing, chosen)
            return
        window, padding = _flat(weighing.window[chosen]), _flat(weighing.padding)
        marked = None
        if weighing.winner is not None and weighing.winner[0] == chosen:
            at = int(np.ravel_multi_index(weighing.winner[1:], weighing.window.shape[1:]))
            marked = divmod(at, window.shape[1])
        title = f"window, channel {self.channel}"
        if weighing.kind == "maximum":
            title = "window: the largest counts"
        self.window_cells.show_numbers(title, window, limits_of(weighing.window), padding, marked)
        if weighing.kernel is not None:
            kernel = _flat(weighing.kernel[chosen])
            self.kernel_cells.show_numbers("kernel", kernel, limits_of(weighing.kernel))
            products = window * kernel
            limits = limits_of(weighing.window * weighing.kernel)
            self.product_cells.show_numbers("products", products, limits, padding)

    def _show_rows(self, weighing: Weighing, chosen: int) -> None:
        """A product: the inputs that contribute most below each other."""
        first = weighing.ranked[:MOST]
        names = [str(number) for number in weighing.channels[first].tolist()]
        assert weighing.kernel is not None
        found = np.flatnonzero(first == chosen)
        marked = (int(found[0]), 0) if len(found) else None
        for widget, title, numbers in (
            (self.window_cells, "input", weighing.window),
            (self.kernel_cells, "weight", weighing.kernel),
            (self.product_cells, "product", weighing.window * weighing.kernel),
        ):
            widget.show_numbers(title, numbers[first][:, None], limits_of(numbers), None, marked, names)

    def _show_bars(self, weighing: Weighing | None, chosen: int) -> None:
        several = weighing is not None and len(weighing.channels) > 1
        self.bars.setVisible(several)
        if weighing is None or not several:
            return
        ranked = weighing.ranked[:MOST].tolist()
        names = [str(number) for number in weighing.channels[ranked].tolist()]
        word = "input channels" if weighing.window.ndim > 1 else "inputs"
        count = len(weighing.channels)
        title = f"Strongest of {count:,} {word}"
        self.bars.show_parts(title, ranked, names, weighing.partial[ranked], chosen)


def _flat(numbers: np.ndarray) -> np.ndarray:
    """A window of any rank as rows and columns; those of depth below each other."""
    # Of a transposed convolution some windows are empty.
    return numbers.reshape(prod(numbers.shape[:-1]), numbers.shape[-1])


def _padding(windows: tuple[SlidingWindow, ...]) -> Sides:
    """How far windows reach beyond the map: above, left, below, right."""
    sides = []
    for window in windows[-2:]:
        first, last = window.taps(0)[0], window.taps(window.outputs - 1)[0]
        before = -int(first.min()) if len(first) else 0
        after = int(last.max()) - window.inputs + 1 if len(last) else 0
        sides.append((max(before, 0), max(after, 0)))
    rows, columns = ((0, 0), *sides)[-2:]
    return rows[0], columns[0], rows[1], columns[1]
