"""In which bodies and blocks the selected node lies, over the scene; a click on one goes up to it."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from explorer3d.document import Document
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer
from explorer3d.qt.card import Card
from explorer3d.qt.iteration import Iteration
from explorer3d.qt.plain import plain

_MARGIN = 6  # stays within what the camera keeps free above the network
_WIDEST = 180  # pixels of one title


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
        self.steps: dict[str, QToolButton] = {}
        self.bodies: list[QToolButton] = []
        document.input_changed.connect(self._show_iteration)
        document.selection_changed.connect(self._show)
        document.folding_changed.connect(self._show)
        document.model_changed.connect(self._show)
        self.hide()

    def place(self) -> None:
        # From within outwards: otherwise sizes are those of before.
        for layout in (self.iteration.layout(), self.layout()):
            layout.activate()
        self.adjustSize()
        self.move(_MARGIN, _MARGIN)

    def _show(self) -> None:
        while self._row.count():
            widget = self._row.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self.steps, self.bodies = {}, []
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
            self._put(self._arrow())
            title = f"{layer.rstrip('/').rpartition('/')[2]} · {body}"
            tip = f"Show all of {layer}, {body}" if depth == len(place) else f"Go back to {layer}, {body}"
            self.bodies.append(self._button(title, tip, self._back_to(depth)))
        for block in around:
            self._put(self._arrow())
            tip = f"Fold {block.title}: {len(block):,} layers"
            self._step(block.name, block.title, tip, lambda name=block.name: self._document.fold_block(name))
        if node is not None:
            self._own(node)
        self.show()
        self.place()

    def _own(self, node: Layer) -> None:
        self._put(self._arrow())
        own = node.title if isinstance(node, FoldedBlock) else node.name.rstrip("/").rpartition("/")[2]
        last = QLabel(self._short(own))
        last.setTextFormat(Qt.PlainText)
        last.setObjectName("key")
        self._put(last)

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
        # What Qt would take for the sign of a mnemonic is part of the title.
        button.setText(self._short(title).replace("&", "&&"))
        button.setToolTip(plain(tip))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.NoFocus)
        button.setCursor(Qt.PointingHandCursor)
        button.clicked.connect(lambda: go())
        self._put(button)
        return button

    def _put(self, widget: QWidget) -> None:
        self._row.addWidget(widget)
        # Otherwise it is shown later, and has no size until then.
        widget.show()

    @staticmethod
    def _arrow() -> QLabel:
        arrow = QLabel("›")
        arrow.setObjectName("dim")
        return arrow

    def _short(self, title: str) -> str:
        return str(QFontMetrics(self.font()).elidedText(title, Qt.ElideMiddle, _WIDEST))
