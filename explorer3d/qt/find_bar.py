"""The bar over the scene in which one asks for layers."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from explorer3d.finding import Finding
from explorer3d.qt.card import Card
from explorer3d.qt.families import Families
from explorer3d.qt.own_keys import OwnKeys

HINT = 'conv   op:Conv   shape:*x256x*   "exact name"'
SYNTAX = """<qt><b>Finds layers that have all of the words.</b><table cellpadding="2">
<tr><td>conv 3x3</td><td>anywhere: names, operators, attributes, shapes, types, weights</td></tr>
<tr><td>op:Conv</td><td>the operator; also name: attr: shape: dtype: weight:</td></tr>
<tr><td>shape:*x256x*</td><td>* stands for anything; then the whole must match</td></tr>
<tr><td>attr:strides=[2,2]</td><td>an attribute and its value</td></tr>
<tr><td>"conv1"</td><td>exactly this</td></tr>
<tr><td>Enter, Shift+Enter</td><td>fly to the next hit, the one before</td></tr>
</table></qt>"""

_WIDTH, _MARGIN = 29, 14  # lines of text, pixels


class FindBar(Card):
    """A field, how many hits there are, and the way to them.

    Parameters
    ----------
    over : QWidget
        The scene.
    below : QWidget
        What else lies at the scene's top and goes first.
    finding : Finding

    Signals
    -------
    closed()
        The search has ended.
    """

    closed = Signal()

    def __init__(self, over: QWidget, below: QWidget, finding: Finding) -> None:
        super().__init__(over, "find")
        self._finding, self._below = finding, below
        self.field = QLineEdit()
        self.field.setPlaceholderText(HINT)
        self.field.setToolTip(SYNTAX)
        self.field.setAccessibleName("Find layers")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(finding.look_for)
        self.field.installEventFilter(self)
        self.count = QLabel()
        self.count.setTextFormat(Qt.PlainText)
        self.count.setObjectName("dim")
        self.count.setAccessibleName("Hits")
        self.before = self._button(
            "▲", "Fly to the hit before (Shift+Enter, Shift+F3)", lambda: self.step(-1)
        )
        self.families = Families()
        self.families.chosen.connect(finding.limit)
        self.next = self._button("▼", "Fly to the next hit (Enter, F3)", lambda: self.step(1))
        self._close = self._button("✕", "End the search (Esc)", self.close_search)
        self._keys = OwnKeys(self)
        self._keys.keep(self.families, self.before, self.next, self._close)
        self.said = QLabel()
        self.said.setTextFormat(Qt.PlainText)
        self.said.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.field, 1)
        line.addWidget(self.families)
        line.addWidget(self.count)
        for button in (self.before, self.next, self._close):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 8, 8)
        layout.addLayout(line)
        layout.addWidget(self.said)
        below.installEventFilter(self)
        finding.changed.connect(self.show_answer)
        self.show_answer()
        self.hide()

    def start(self) -> None:
        """Let a person type, over what was asked for last."""
        self.show()
        self.raise_()
        self.place()
        self.field.setFocus()
        self.field.selectAll()
        self._finding.look_for(self.field.text())

    def step(self, by: int) -> None:
        """Go to the next hit, or the one before."""
        self._finding.step(by)

    def close_search(self) -> None:
        """Let all layers be seen again."""
        self.hide()
        self.families.clear()
        self._finding.look_for("")
        self.closed.emit()

    def show_answer(self) -> None:
        """Say how many hits there are, and which of them is selected."""
        hits, place = self._finding.answer.hits, self._finding.place
        if hits:
            one = "1 hit" if len(hits) == 1 else f"{len(hits):,} hits"
            self.count.setText(one if place is None else f"{place + 1:,} of {len(hits):,}")
        else:
            self.count.setText("none" if self._finding.answer.said else "")
        self.said.setText(self._finding.answer.said)
        self.said.setVisible(bool(self._finding.answer.said))
        for button in (self.before, self.next):
            button.setEnabled(bool(hits))
        self.place()

    def place(self) -> None:
        room = self.parentWidget().width() - 2 * _MARGIN
        self.setFixedWidth(max(min(_WIDTH * self.fontMetrics().height(), room), 100))
        self.setFixedHeight(
            max(self.layout().heightForWidth(self.width()), self.layout().minimumSize().height())
        )
        top = self._below.geometry().bottom() if self._below.isVisible() else 0
        self.move(self.parentWidget().width() - self.width() - _MARGIN, top + _MARGIN)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._below and event.type() in (QEvent.Show, QEvent.Hide, QEvent.Resize):
            self.place()
        elif watched is self.field and event.type() in (QEvent.ShortcutOverride, QEvent.KeyPress):
            key, shift = event.key(), bool(event.modifiers() & Qt.ShiftModifier)
            if key in (Qt.Key_Return, Qt.Key_Enter, Qt.Key_Up, Qt.Key_Down, Qt.Key_Escape):
                event.accept()
                if event.type() == QEvent.KeyPress:
                    if key == Qt.Key_Escape:
                        self.close_search()
                    else:
                        self.step(-1 if shift or key == Qt.Key_Up else 1)
                    return True
        return super().eventFilter(watched, event)

    def _button(self, text: str, tip: str, do: object) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: do())  # type: ignore[operator]
        return button
