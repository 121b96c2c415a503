"""In which bodies and blocks the selected node lies, over the scene; a click on one goes up to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from explorer3d.document import Document
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer
from explorer3d.graph.summary import counted
from explorer3d.qt.card import Card
from explorer3d.qt.iteration import Iteration
from explorer3d.qt.plain import plain

_MARGIN = 6  # stays within what the camera keeps free above the network
_LEAST = 160  # pixels beside something else that are room enough
_WIDEST = (180, 110, 70)  # pixels of one title, the less the less room there is


class Breadcrumb(Card):
    """The bodies and blocks around what is selected, outermost first.

    Signals
    -------
    top_wanted()
        The network as a whole was clicked.
    """

    top_wanted = Signal()

    def __init__(self, over: QWidget, document: Document) -> None:
        super().__init__(over, "breadcrumb")
        self._document = document
        whole = QHBoxLayout(self)
        whole.setContentsMargins(4, 2, 8, 2)
        whole.setSpacing(2)
        self._row = QHBoxLayout()
        self._row.setSpacing(2)
        self.iteration = Iteration(document, self)
        whole.addLayout(self._row)
        whole.addWidget(self.iteration)
        # What is shown, in order, with its whole title.
        self._titles: list[tuple[QToolButton | QLabel, str]] = []
        self._arrows: list[QLabel] = []
        self._beside: QWidget | None = None
        self.more = QToolButton()
        self.more.setText("…")
        self.more.setToolTip("What lies between")
        self.more.setAccessibleName("Blocks between")
        self.more.setAutoRaise(True)
        self.more.setPopupMode(QToolButton.InstantPopup)
        self.more.setFocusPolicy(Qt.NoFocus)
        self.more.setMenu(QMenu(self.more))
        self.steps: dict[str, QToolButton] = {}
        self.bodies: list[QToolButton] = []
        document.input_changed.connect(self._show_iteration)
        document.selection_changed.connect(self._show)
        document.folding_changed.connect(self._show)
        document.model_changed.connect(self._show)
        self.hide()

    def keep_clear_of(self, other: QWidget) -> None:
        """Leave the room to the right that something else at the top takes."""
        self._beside = other
        other.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._beside and event.type() in (QEvent.Show, QEvent.Hide, QEvent.Move):
            self.place()
            return False
        return super().eventFilter(watched, event)

    def place(self) -> None:
        """Take no more room than there is: shorter titles, then one button for those in the middle."""
        room = self.parentWidget().width() - 2 * _MARGIN
        if self._beside is not None and self._beside.isVisible() and self._beside.x() > _LEAST:
            room = self._beside.x() - 2 * _MARGIN
        for widget in (*self._arrows, *(step for step, _ in self._titles)):
            widget.show()
        self.more.hide()
        for widest in _WIDEST:
            for step, title in self._titles:
                short = self._short(title, widest)
                # What Qt would take for the sign of a mnemonic is part of the title.
                step.setText(short.replace("&", "&&") if isinstance(step, QToolButton) else short)
            if self._width() <= room:
                break
        between = self._titles[1:-1]
        self.more.menu().clear()
        while between and self._width() > room:
            step, title = between.pop(0)
            step.hide()
            self._arrows[self._titles.index((step, title))].hide()
            self.more.show()
            self.more.menu().addAction(title.replace("&", "&&"), step.click)
        self.resize(min(self._width(), max(room, 1)), self.sizeHint().height())
        self.move(_MARGIN, _MARGIN)

    def _width(self) -> int:
        # From within outwards: otherwise sizes are those of before.
        for layout in (self.iteration.layout(), self._row, self.layout()):
            layout.invalidate()
            layout.activate()
        return int(self.sizeHint().width())

    def _show(self) -> None:
        while self._row.count():
            widget = self._row.takeAt(0).widget()
            widget.hide()
            if widget is not self.more:
                widget.deleteLater()
        self.steps, self.bodies, self._titles, self._arrows = {}, [], [], []
        place = self._document.place
        folding, selected = self._document.folding, self._document.selected
        around = folding.hierarchy.around(selected) if folding and selected else ()
        node = folding.model.layer_by_name.get(selected or "") if folding else None
        inside = node is not None and bool(around or isinstance(node, FoldedBlock))
        if folding is None or not (inside or place):
            self.hide()
            return
        self.iteration.refresh()
        whole = "Show the whole network" if not place else "Go back to the whole network"
        self._step("", folding.model.path.name, whole, self._back_to(0))
        for depth, (layer, body) in enumerate(place, 1):
            title = f"{layer.rstrip('/').rpartition('/')[2]} · {body}"
            tip = f"Show all of {layer}, {body}" if depth == len(place) else f"Go back to {layer}, {body}"
            self.bodies.append(self._button(title, tip, self._back_to(depth)))
        for block in around:
            tip = f"Fold {block.title}: {counted(len(block), 'layer')}"
            self._step(block.name, block.title, tip, partial(self._document.fold_block, block.name))
        if node is not None:
            self._own(node)
        self.show()
        self.place()

    def _own(self, node: Layer) -> None:
        own = node.title if isinstance(node, FoldedBlock) else node.name.rstrip("/").rpartition("/")[2]
        last = QLabel()
        last.setTextFormat(Qt.PlainText)
        last.setObjectName("key")
        last.setContentsMargins(4, 0, 0, 0)
        last.setToolTip(plain(node.name))
        self._put(last, own)

    def _show_iteration(self) -> None:
        if self._document.place:
            self.iteration.refresh()
            self.place()

    def _back_to(self, depth: int) -> Callable[[], None]:
        """Leave all bodies but so many; in the innermost, show the whole of it."""

        def go() -> None:
            levels = len(self._document.place) - depth
            if levels:
                self._document.leave(levels)
            else:
                self.top_wanted.emit()

        return go

    def _step(self, name: str, title: str, tip: str, go: Callable[[], None]) -> None:
        self.steps[name] = self._button(title, tip, go)

    def _button(self, title: str, tip: str, go: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setToolTip(plain(tip))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.NoFocus)
        button.setCursor(Qt.PointingHandCursor)
        button.clicked.connect(lambda: go())
        self._put(button, title)
        return button

    def _put(self, step: QToolButton | QLabel, title: str) -> None:
        arrow = QLabel("›" if self._titles else "")
        arrow.setObjectName("dim")
        self._row.addWidget(arrow)
        self._row.addWidget(step)
        if not self._titles:
            self._row.addWidget(self.more)
        self._titles.append((step, title))
        self._arrows.append(arrow)

    def _short(self, title: str, widest: int) -> str:
        return str(QFontMetrics(self.font()).elidedText(title, Qt.ElideMiddle, widest))
