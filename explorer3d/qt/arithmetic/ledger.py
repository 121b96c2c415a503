"""The sum, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QRectF, QSize, Qt
from qtpy.QtGui import QFont, QFontDatabase, QFontMetricsF, QPainter, QPalette, QPen
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from explorer3d.compute.arithmetic.parts import Explanation, Operation, Weighing

_LARGEST = 1.8  # times the usual type
_CLOSEST = 1.15  # heights of a letter from line to line
_WIDEST = 64  # letters in a line


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes
    ----------
    words : str
    number : str
        Empty where there is none.
    total : bool
        A line is drawn over it.
    """

    words: str
    number: str = ""
    total: bool = False


def entries_of(explanation: Explanation, chosen: int) -> list[Entry]:
    """Spell a number out.

    Parameters
    ----------
    explanation : Explanation
    chosen : int
        Place in the weighing's channels of the one that is shown cell by cell.
    """
    weighing = explanation.weighing
    found = (
        _operations(explanation.operations)
        if weighing is None
        else _weighed(weighing, chosen, explanation.operator)
    )
    activation = explanation.activation
    if activation is not None:
        found.append(Entry(f"onnxruntime, before {activation.name}", figure(explanation.before)))
        found.append(Entry(f"{activation.name}({figure(activation.before)})", figure(activation.after)))
    else:
        found.append(Entry("onnxruntime", figure(explanation.value)))
    return found


def _weighed(weighing: Weighing, chosen: int, operator: str) -> list[Entry]:
    size, word = weighing.window[0].size, "channel" if weighing.window.ndim > 1 else "input"
    one = int(weighing.channels[chosen])
    own = float(weighing.partial[chosen])
    if weighing.kind == "maximum":
        return [Entry(f"largest of {weighing.window.size:,} numbers", figure(weighing.total), True)]
    if weighing.kind == "power":
        return [
            Entry(f"Σ |window|^{weighing.power}", figure(float(weighing.partial.sum()))),
            Entry(f"root of power {weighing.power}", figure(weighing.total), True),
        ]
    found = []
    if weighing.kernel is None:
        found.append(Entry(f"Σ window, {size:,} places", figure(own)))
    elif size > 1:
        found.append(Entry(f"channel {one}: Σ window × kernel", figure(own)))
    else:
        found.append(Entry(f"{word} {one}: number × weight", figure(own)))
    others = len(weighing.channels) - 1
    if others:
        found.append(
            Entry(
                f"+ {others:,} other {word}{'s' * (others > 1)}",
                figure(float(weighing.partial.sum()) - own),
            )
        )
    if weighing.scale != 1:
        apart = 1 / weighing.scale
        words = f"÷ {apart:,.0f} places" if weighing.kind == "average" else f"× {weighing.scale:g}"
        found.append(Entry(words, figure(weighing.scale * float(weighing.partial.sum()))))
    if weighing.bias:
        found.append(Entry("+ bias", figure(weighing.bias)))
    found.append(Entry("=", figure(weighing.total), True))
    return found


def _operations(operations: tuple[Operation, ...]) -> list[Entry]:
    return [
        Entry(
            f"{one.operator}({', '.join(f'{each.name} {figure(each.value)}' for each in one.operands)})",
            figure(one.result),
            place == len(operations) - 1,
        )
        for place, one in enumerate(operations)
    ]


def figure(number: float) -> str:
    """Six digits, with a minus that is as wide as a plus."""
    return f"{number:.6g}".replace("-", "−")


class Ledger(QWidget):
    """Words at the left, numbers under each other at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.setAccessibleName("The sum")
        self.setMinimumWidth(220)

    def show_entries(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.setAccessibleDescription("; ".join(f"{one.words} {one.number}" for one in entries))
        self.updateGeometry()
        self.update()

    def _line(self) -> float:
        return 1.5 * QFontMetricsF(self.font()).height()

    def minimumSizeHint(self) -> QSize:
        return QSize(220, int(_CLOSEST * QFontMetricsF(self.font()).height() * len(self.entries)) + 8)

    def sizeHint(self) -> QSize:
        return QSize(320, int(self._line() * max(len(self.entries), 6)) + 8)

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        text = self.palette().color(QPalette.WindowText)
        line = (self.height() - 8) / max(len(self.entries), 1)
        # Where there is room it is written to be read from afar.
        grown = min(max(line / self._line(), 1.0), _LARGEST)
        line = min(line, grown * self._line())
        font, fixed = QFont(self.font()), QFont(QFontDatabase.systemFont(QFontDatabase.FixedFont))
        for one in (font, fixed):
            one.setPixelSize(int(grown * max(self.font().pixelSize(), 11)))
        letters, digits = QFontMetricsF(font), QFontMetricsF(fixed)
        column = max((digits.horizontalAdvance(one.number) for one in self.entries), default=0.0) + 12
        # Farther apart one would lose the line.
        wide = min(self.width() - 8, _WIDEST * letters.averageCharWidth())
        for place, one in enumerate(self.entries):
            box = QRectF(4, 4 + place * line, wide, line)
            words = box.adjusted(0, 0, -column, 0)
            painter.setPen(text)
            painter.setFont(font)
            elided = letters.elidedText(one.words, Qt.ElideMiddle, words.width())
            painter.drawText(words, Qt.AlignLeft | Qt.AlignVCenter, elided)
            painter.setFont(fixed)
            painter.drawText(box, Qt.AlignRight | Qt.AlignVCenter, one.number)
            if one.total and place:
                painter.setPen(QPen(text, 1))
                painter.drawLine(box.topLeft(), box.topRight())
