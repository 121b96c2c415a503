"""A few numbers as coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from qtpy.QtCore import QEvent, QRectF, QSize, Qt
from qtpy.QtGui import QBrush, QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPalette, QPen
from qtpy.QtWidgets import QWidget

from explorer3d.qt.arithmetic.colours import Limits, coloured
from explorer3d.scene.figures import Figures, figures_of

_LARGEST, _SHARE = 84.0, 0.3  # pixels of a cell's side, or so much of the room
_WIDEST, _TALLEST_ROW = 200.0, 48.0  # pixels of a cell in a row with a name
_LEAST_TYPE, _LARGEST_TYPE = 8.0, 40.0  # pixels
_FILLED = 0.62  # of the height of a row that a number takes, where rows are low
_LONGEST = 16  # numbers that stand in one row
_LETTER = 0.62  # of its height a digit is wide
_ROOM = 1.12  # times the height of the title's two lines


class Cells(QWidget):
    """Numbers in rows and columns, each in a cell of its colour; hatched where the padding is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.numbers = np.zeros((0, 0))
        self._limits: Limits = (0.0, 1.0)
        self._hatched = np.zeros((0, 0), bool)
        self._marked: tuple[int, int] | None = None
        self._names: Sequence[str] = ()
        self._count = 0
        self.setMinimumSize(96, 96)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def show_numbers(
        self,
        title: str,
        numbers: np.ndarray,
        limits: Limits,
        hatched: np.ndarray | None = None,
        marked: tuple[int, int] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """Show other numbers.

        Parameters
        ----------
        title : str
        numbers : (R, C) array
        limits : (float, float)
            What gets the first and the last colour.
        hatched : (R, C) bool array, optional
            Which of them are padding.
        marked : (int, int), optional
            Row and column of the one that counts.
        names : sequence of str
            One in front of each row.
        """
        hatched = np.zeros(numbers.shape, bool) if hatched is None else hatched
        self._count = numbers.size
        if len(numbers) == 1 and numbers.size > _LONGEST and not names:
            # A long window of sound in one row would be hair-thin: it is read line by line.
            columns = ceil(numbers.size**0.5)
            numbers, hatched = _in_lines(numbers, columns), _in_lines(hatched, columns)
            marked = divmod(marked[1], columns) if marked is not None else None
        self.title, self.numbers, self._limits = title, numbers, limits
        self._hatched, self._marked, self._names = hatched, marked, names
        words = "; ".join(" ".join(f"{number:.6g}" for number in row) for row in numbers[:16])
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.update()

    def box(self, row: int, column: int) -> QRectF:
        """Where a cell is drawn, in pixels."""
        left, top, wide, high = self._layout()
        return QRectF(left + column * wide, top + row * high, wide - 1, high - 1)

    def _head(self) -> float:
        return _ROOM * 2 * QFontMetricsF(self.font()).height()

    def _rows(self) -> int:
        """How many rows are seen: of those with names no more than can be told apart."""
        room = (self.height() - self._head() - 8) / QFontMetricsF(self.font()).height()
        return min(len(self.numbers), max(int(room), 1)) if self._names else len(self.numbers)

    def _layout(self) -> tuple[float, float, float, float]:
        """Left and top of the first cell; width and height of each, and of the gap behind it."""
        rows, columns = self._rows(), self.numbers.shape[1]
        head, margin = self._head(), 0.0
        if self._names:
            margin = 8 + max(map(QFontMetricsF(self.font()).horizontalAdvance, self._names))
        across, down = self.width() - margin - 2, self.height() - head - 8
        if self._names:
            wide, high = min(across / columns, _WIDEST), min(down / rows, _TALLEST_ROW)
            return margin + (across - wide * columns) / 2, head + 4, wide, high
        wide = min(across / columns, max(_LARGEST, _SHARE * min(across, down)))
        high = min(down / rows, wide)
        return (across - wide * columns) / 2, head + 4 + (down - high * rows) / 2, wide, high

    def _figures(self) -> tuple[Figures, int]:
        """How numbers are written, and in pixels how large; 0 where there is no room for them."""
        finite = self.numbers[np.isfinite(self.numbers)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        figures = figures_of(low, high, self.numbers.dtype)
        _, _, across, down = self._layout()
        # Where there is little room, letters as small as can be read take more of it.
        high = down * _FILLED if self._names else max(down * 0.42, min(down * _FILLED, _LEAST_TYPE))
        size = min(high, _LARGEST_TYPE, (across - 4) / (_LETTER * figures.width))
        return figures, int(size) if size >= _LEAST_TYPE else 0

    def paintEvent(self, event: QEvent) -> None:
        if not self.numbers.size:
            return
        painter, palette = QPainter(self), self.palette()
        text, ground = palette.color(QPalette.WindowText), palette.color(QPalette.AlternateBase)
        hatching = QBrush(palette.color(QPalette.Disabled, QPalette.WindowText), Qt.BDiagPattern)
        painter.setPen(text)
        title = QRectF(0, 0, self.width(), self._head())
        painter.drawText(title, Qt.AlignHCenter | Qt.AlignBottom | Qt.TextWordWrap, self.title)
        rows = self._rows()
        for row, name in enumerate(self._names[:rows]):
            box = self.box(row, 0)
            place = QRectF(0, box.top(), box.left() - 6, box.height())
            painter.drawText(place, Qt.AlignRight | Qt.AlignVCenter, name)
        figures, size = self._figures()
        font = QFont(QFontDatabase.systemFont(QFontDatabase.FixedFont))
        font.setPixelSize(max(size, 1))
        painter.setFont(font)
        shades = coloured(self.numbers, self._limits)
        for row, column in list(np.ndindex(rows, self.numbers.shape[1]))[: self._count]:
            box, shade = self.box(row, column), QColor(*map(int, shades[row, column]))
            if self._hatched[row, column]:
                painter.fillRect(box, ground)
                painter.fillRect(box, hatching)
                shade = ground
            else:
                painter.fillRect(box, shade)
            if size:
                painter.setPen(QColor("black") if _is_bright(shade) else QColor("white"))
                painter.drawText(box, Qt.AlignCenter, figures.write(float(self.numbers[row, column])))
        if self._marked is not None and self._marked[0] < rows:
            painter.setPen(QPen(text, 2.5))
            painter.setBrush(Qt.NoBrush)
            painter.drawRect(self.box(*self._marked))


def _in_lines(numbers: np.ndarray, columns: int) -> np.ndarray:
    """One row of numbers as several, the last one filled up with zeros."""
    return np.pad(numbers[0], (0, -numbers.size % columns)).reshape(-1, columns)


def _is_bright(colour: QColor) -> bool:
    return 0.299 * colour.red() + 0.587 * colour.green() + 0.114 * colour.blue() > 140
