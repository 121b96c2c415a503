"""What the network takes its input for, and how long that took."""

from __future__ import annotations

import time
from collections.abc import Mapping

from qtpy.QtCore import QEvent, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFont, QPainter, QPalette
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from explorer3d.document import Document
from explorer3d.labels import Ranking
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain
from explorer3d.work import Ticket

_ROWS = 5
_GAP = 10  # pixels


class Answers(QWidget):
    """The best classes as bars, and the time from asking to seeing them.

    Signals
    -------
    names_wanted()
        The classes are to be called as in a file.
    """

    names_wanted = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._asked = 0.0
        self.bars = _Bars()
        self.about = ElidedLabel()
        self.about.setObjectName("dim")
        self.latency = QLabel()
        self.latency.setObjectName("dim")
        self.latency.setToolTip("From a new input until the result of the whole network is there")
        self.scores = QCheckBox("Scores")
        self.scores.setToolTip("The network's own numbers instead of shares of 1")
        self.names = QToolButton()
        self.names.setText("Names…")
        self.names.setObjectName("small")
        self.names.setToolTip("Call the classes as a file does; or drop it on the window")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.names)
        foot.addWidget(self.scores)
        foot.addStretch(1)
        foot.addWidget(self.latency)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bars)
        # In a line of its own: whether these are logits is not to end in an ellipsis.
        layout.addWidget(self.about)
        layout.addLayout(foot)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.scores, self.names)
        self.names.clicked.connect(lambda: self.names_wanted.emit())
        self.scores.clicked.connect(self.refresh)
        document.requested.connect(self._requested)
        for changed in (document.answers_changed, document.faces_changed):
            changed.connect(self._answered)
        document.model_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what is known; nothing of a network that neither tells classes apart nor gives a number."""
        ranking, numbers = self._document.ranking, self._document.numbers
        self.setVisible(ranking is not None or bool(numbers))
        for widget in (self.names, self.scores):
            widget.setVisible(ranking is not None)
        if ranking is None:
            self.bars.show_numbers(numbers)
            self.about.setText("As the network gives it")
            return
        raw = self.scores.isChecked()
        self.scores.setVisible(ranking.softmaxed)
        self.bars.show_ranking(ranking, raw and ranking.softmaxed)
        if not ranking.guesses:
            self.about.setText("The scores are no numbers (NaN, infinity).")
        elif not ranking.softmaxed:
            self.about.setText("As the network gives it")
        else:
            self.about.setText("Logits, as the network gives them" if raw else "Softmax of its logits")

    def _requested(self, ticket: Ticket) -> None:
        if ticket.topic == "input":
            self._asked = time.perf_counter()

    def _answered(self) -> None:
        if self._asked:
            self.latency.setText(_duration(time.perf_counter() - self._asked))
            self._asked = 0.0
        self.refresh()


class _Bars(QWidget):
    """One row for each class."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self._shares: list[float] = []
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        self.setAccessibleName("What the network takes its input for")

    def show_ranking(self, ranking: Ranking, raw: bool) -> None:
        """The best classes; raw: with their scores."""
        guesses = ranking.guesses[:_ROWS]
        texts = [_plain(guess.score) if raw else f"{guess.probability:.1%}" for guess in guesses]
        shares = [min(max(guess.probability, 0.0), 1.0) for guess in guesses]
        self._show([(guess.name, text) for guess, text in zip(guesses, texts, strict=True)], shares)

    def show_numbers(self, numbers: Mapping[str, float]) -> None:
        """Single numbers, which may be probabilities as well as anything else."""
        shown = list(numbers.items())[:_ROWS]
        shares = [value if 0 <= value <= 1 else 0.0 for _, value in shown]
        self._show([(name, _plain(value)) for name, value in shown], shares)

    def _show(self, texts: list[tuple[str, str]], shares: list[float]) -> None:
        self.texts = texts
        self._shares = shares
        said = "\n".join(f"{name}: {number}" for name, number in self.texts)
        self.setToolTip(plain(said))
        self.setAccessibleDescription(said)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, max(len(self.texts), 1) * (self.fontMetrics().height() + _GAP))

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        height = self.fontMetrics().height() + _GAP
        palette = self.palette()
        for row, ((name, number), share) in enumerate(zip(self.texts, self._shares, strict=True)):
            line = QRectF(0, row * height, self.width(), height - 3)
            painter.setPen(Qt.NoPen)
            painter.setBrush(palette.color(QPalette.AlternateBase))
            painter.drawRoundedRect(line, 3, 3)
            painter.setBrush(palette.color(QPalette.Highlight))
            painter.drawRoundedRect(QRectF(0, line.top(), line.width() * share, line.height()), 3, 3)
            font = QFont(self.font())
            font.setBold(row == 0)
            painter.setFont(font)
            painter.setPen(palette.color(QPalette.WindowText))
            inside = line.adjusted(7, 0, -7, 0)
            room = inside.width() - painter.fontMetrics().horizontalAdvance(number) - _GAP
            painter.drawText(inside, Qt.AlignRight | Qt.AlignVCenter, number)
            shown = painter.fontMetrics().elidedText(name, Qt.ElideRight, int(room))
            painter.drawText(inside, Qt.AlignLeft | Qt.AlignVCenter, shown)


def _plain(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _duration(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
