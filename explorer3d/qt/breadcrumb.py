"""In which blocks the selected node lies, over the scene; a click on one goes up to it."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from explorer3d.document import Document
from explorer3d.graph.folded import FoldedBlock
from explorer3d.qt.card import Card
from explorer3d.qt.plain import plain

_MARGIN = 6  # stays within what the camera keeps free above the network
_WIDEST = 180  # pixels of one title


class Breadcrumb(Card):
    """The blocks around what is selected, outermost first.

    Signals
    -------
    top_wanted()
        The network as a whole was clicked.
    """

    top_wanted = Signal()

    def __init__(self, over: QWidget, document: Document) -> None:
        super().__init__(over, "breadcrumb")
        self._document = document
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 2, 8, 2)
        self._row.setSpacing(2)
        self.steps: dict[str, QToolButton] = {}
        document.selection_changed.connect(self._show)
        document.folding_changed.connect(self._show)
        document.model_changed.connect(self._show)
        self.hide()

    def place(self) -> None:
        self.adjustSize()
        self.move(_MARGIN, _MARGIN)

    def _show(self) -> None:
        while self._row.count():
            widget = self._row.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self.steps = {}
        folding, selected = self._document.folding, self._document.selected
        around = folding.hierarchy.around(selected) if folding and selected else ()
        node = folding.model.layer_by_name.get(selected or "") if folding else None
        if folding is None or node is None or not (around or isinstance(node, FoldedBlock)):
            self.hide()
            return
        self._step("", folding.model.path.name, "Show the whole network", self.top_wanted.emit)
        for block in around:
            self._row.addWidget(self._arrow())
            tip = f"Fold {block.title}: {len(block):,} layers"
            self._step(block.name, block.title, tip, lambda name=block.name: self._document.fold_block(name))
        self._row.addWidget(self._arrow())
        own = node.title if isinstance(node, FoldedBlock) else node.name.rstrip("/").rpartition("/")[2]
        last = QLabel(self._short(own))
        last.setTextFormat(Qt.PlainText)
        last.setObjectName("key")
        self._row.addWidget(last)
        self.show()
        self.place()

    def _step(self, name: str, title: str, tip: str, go: object) -> None:
        button = QToolButton()
        # What Qt would take for the sign of a mnemonic is part of the title.
        button.setText(self._short(title).replace("&", "&&"))
        button.setToolTip(plain(tip))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.NoFocus)
        button.setCursor(Qt.PointingHandCursor)
        button.clicked.connect(lambda: go())  # type: ignore[operator]
        self._row.addWidget(button)
        self.steps[name] = button

    @staticmethod
    def _arrow() -> QLabel:
        arrow = QLabel("›")
        arrow.setObjectName("dim")
        return arrow

    def _short(self, title: str) -> str:
        return str(QFontMetrics(self.font()).elidedText(title, Qt.ElideMiddle, _WIDEST))
