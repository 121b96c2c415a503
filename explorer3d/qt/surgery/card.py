"""What has been changed in the network, over the scene: each change can be switched off, tuned and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.edits import Edit
from explorer3d.document import CHANGE, Document
from explorer3d.editing import Change
from explorer3d.graph.summary import counted
from explorer3d.qt.card import Card
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.executor import Executor
from explorer3d.qt.input.live import Live
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain
from explorer3d.qt.view import View
from explorer3d.scene.node_text import short_name

_MARGIN, _BOTTOM = 6, 60  # logical pixels around, and below, where the legend is
_LETTERS, _SLIDER, _DONE = 56, 10, 12  # of the card, of a slider, and of what is said beside it
_MOVED = (QEvent.Show, QEvent.Hide, QEvent.Resize, QEvent.Move)
_STEPS, _MOST = 10, 4  # of the slider for a factor of 1, and the largest factor


class ChangesCard(Card):
    """The list of all changes; there as long as there are any.

    Parameters
    ----------
    view : View
    document : Document
    executor : Executor
    above : sequence of QWidget
        What stands at the top left already, if it is there.
    """

    def __init__(self, view: View, document: Document, executor: Executor, above: Sequence[QWidget]) -> None:
        super().__init__(view, "changes")
        self._above = above
        for other in above:
            other.installEventFilter(self)
        # What is done to the card is not done to the scene behind it.
        self.setAttribute(Qt.WA_NoMousePropagation)
        self._document = document
        self._live = Live(executor, self)
        self.rows: dict[Edit, Row] = {}
        self.title = QToolButton()
        self.title.setObjectName("section")
        self.title.setCheckable(True)
        self.title.setChecked(True)
        self.title.setAutoRaise(True)
        self.title.setToolTip("Show or hide the list")
        self.title.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.title.clicked.connect(self._fold)
        self.original = QPushButton("Original")
        self.original.setToolTip("While it is pressed: the network as it was (hold H)")
        self.original.pressed.connect(lambda: document.see_original(True))
        self.original.released.connect(lambda: document.see_original(False))
        self.colour = QPushButton("Colour")
        self.colour.setCheckable(True)
        self.colour.setToolTip("Colour each node by how far it is from what it gave before")
        self.colour.clicked.connect(lambda on: document.paint(CHANGE if on else ""))
        self.restore = QPushButton("Restore")
        self.restore.setToolTip("Undo all that was changed (Ctrl+Shift+X)")
        self.restore.clicked.connect(lambda: document.restore())
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.title)
        head.addStretch(1)
        buttons = (self.original, self.colour, self.restore)
        for button in buttons:
            button.setObjectName("small")
            head.addWidget(button)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        inside = QWidget()
        inside.setLayout(self._list)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._scroll, 1)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.title, *buttons)
        document.edits_changed.connect(self._show)
        document.costs_changed.connect(self._show_painted)
        document.model_changed.connect(self._show)
        self.hide()

    def place(self) -> None:
        view, margins = self.parentWidget(), self.layout().contentsMargins()
        letters = self.fontMetrics().averageCharWidth()
        width = min(_LETTERS * letters, view.width() - 2 * _MARGIN)
        top = (
            max((other.geometry().bottom() for other in self._above if other.isVisible()), default=0)
            + _MARGIN
        )
        rows = sum(row.sizeHint().height() for row in self.rows.values()) if self.title.isChecked() else 0
        head = max(one.sizeHint().height() for one in (self.title, self.original))
        head += margins.top() + margins.bottom()
        room = max(view.height() - top - _BOTTOM, head)
        self.resize(width, min(head + (rows + 3 * self.layout().spacing() if rows else 0), room))
        self.move(_MARGIN, top)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched in self._above and event.type() in _MOVED:
            self.place()
            return False
        return super().eventFilter(watched, event)

    def _fold(self) -> None:
        self._scroll.setVisible(self.title.isChecked())
        self._tell()
        self.place()

    def _tell(self) -> None:
        on = sum(self._document.edited.values())
        said = "As it was" if self._document.seeing_original else counted(on, "change")
        self.title.setText(f"{'▾' if self.title.isChecked() else '▸'} {said}")

    def _show(self) -> None:
        document = self._document
        changes = {change.edit.target: change for change in document.changes}
        for target in self.rows.keys() - changes.keys():
            row = self.rows.pop(target)
            row.hide()
            row.deleteLater()
        for target, change in changes.items():
            if target not in self.rows:
                self.rows[target] = Row(document, change, self._live, self)
                self._list.addWidget(self.rows[target])
            self.rows[target].show_change(change)
        self._tell()
        self._show_painted()
        self.setVisible(bool(changes))
        self.place()
        self.raise_()

    def _show_painted(self) -> None:
        self.colour.setChecked(self._document.painted == CHANGE)


class Row(QWidget):
    """One change.

    Parameters
    ----------
    document : Document
    change : Change
    live : Live
        Lets a slider be moved faster than the network runs.
    """

    def __init__(self, document: Document, change: Change, live: Live, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._change, self._live = document, change, live
        self._begun = False
        self.on = QCheckBox()
        self.on.setAccessibleName(f"Change {change.edit.what}")
        self.on.setToolTip("Whether this change counts")
        self.what = ElidedLabel()
        self.done = QLabel()
        self.done.setTextFormat(Qt.PlainText)
        self.done.setObjectName("dim")
        self.factor = QSlider(Qt.Horizontal)
        self.factor.setRange(0, _STEPS * _MOST)
        self.factor.setAccessibleName(f"Strength of {change.edit.what}")
        self.factor.setToolTip(f"How strong it is: muted, as it is (×1), up to ×{_MOST}")
        self.remove = QToolButton()
        self.remove.setText("✕")
        self.remove.setObjectName("small")
        self.remove.setToolTip("As it was")
        self.remove.setAccessibleName(f"Restore {change.edit.what}")
        letters = self.fontMetrics().averageCharWidth()
        self.factor.setFixedWidth(_SLIDER * letters)
        self.done.setFixedWidth(_DONE * letters)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.on)
        row.addWidget(self.what, 1)
        for widget in (self.factor, self.done, self.remove):
            row.addWidget(widget)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.on, self.factor, self.remove)
        self.on.clicked.connect(lambda on: document.switch(self._change.edit, on))
        self.remove.clicked.connect(lambda: document.restore(self._change.edit))
        self.factor.valueChanged.connect(self._moved)
        self.factor.sliderReleased.connect(self._released)

    def show_change(self, change: Change) -> None:
        """Tell how it is now."""
        self._change = change
        model = self._document.model
        layer = model.layer_by_name.get(change.edit.layer) if model else None
        short = short_name(change.edit.layer, layer.op if layer else "")
        self.what.setText(replace(change.edit, layer=short).what)
        self.what.setToolTip(plain(change.edit.what))
        self.done.setText(
            self.fontMetrics().elidedText(change.edit.done, Qt.ElideRight, self.done.minimumWidth())
        )
        self.done.setToolTip(change.edit.done)
        self.on.setChecked(change.on)
        if not self.factor.isSliderDown():
            self.factor.blockSignals(True)
            self.factor.setValue(round(change.edit.factor * _STEPS))
            self.factor.blockSignals(False)

    def _moved(self, value: int) -> None:
        down = self.factor.isSliderDown()
        edit = replace(self._change.edit, factor=value / _STEPS)
        self._live.want(lambda: self._set(edit, passing=down))

    def _set(self, edit: Edit, passing: bool) -> None:
        self._document.edit(edit, continued=self._begun, passing=passing)
        self._begun = passing

    def _released(self) -> None:
        """What was left out while it was moved is made good."""
        edit = replace(self._change.edit, factor=self.factor.value() / _STEPS)
        if self._begun or self._live.waiting:
            self._live.want(lambda: self._set(edit, passing=False))
