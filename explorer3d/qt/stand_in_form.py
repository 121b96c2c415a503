"""Asks what is to take the place of a layer whose own code is never run."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer3d.errors import RequestError
from explorer3d.graph.model import Layer
from explorer3d.graph.stand_in import StandIn, parse
from explorer3d.qt.own_keys import OwnKeys


class StandInForm(QFrame):
    """A few buttons about one layer.

    Signals
    -------
    chosen(str, StandIn or None)
        Layer, and what the person wants in its place; None: nothing any more.
    """

    chosen = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stand_in")
        self.setAttribute(Qt.WA_StyledBackground)
        self._layer: Layer | None = None
        self.about, self.fault = _label("dim"), _label("fault")
        self.identity = QPushButton("Pass its input on")
        self.identity.setToolTip("Take the layer as doing nothing, and run what lies behind it")
        self.shape = QLineEdit()
        self.shape.setAccessibleName("Shape of the layer's result")
        self.shape.setToolTip("Shape of its result without the batch, such as 7 × 7 × 64")
        self.shape.setPlaceholderText("7 × 7 × 64")
        self.shape.setAcceptDrops(False)
        self.feed = QPushButton("Feed its result")
        self.feed.setToolTip("Make its result an input of the model: noise, or an array of yours (.npz)")
        self.back = QPushButton("Undo")
        self.back.setToolTip("Nothing takes its place any more: what lies behind it does not run")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(6)
        layout.addWidget(self.about)
        layout.addWidget(self.identity)
        row = QHBoxLayout()
        row.addWidget(self.shape, 1)
        row.addWidget(self.feed)
        layout.addLayout(row)
        layout.addWidget(self.fault)
        layout.addWidget(self.back)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.identity, self.feed, self.back, self.shape)
        self.identity.clicked.connect(lambda: self._choose(StandIn()))
        self.feed.clicked.connect(self._feed)
        self.shape.returnPressed.connect(self._feed)
        self.back.clicked.connect(lambda: self._choose(None))
        self.show_layer(None)

    def show_layer(self, layer: Layer | None) -> None:
        """Ask about a layer; hide for one that needs nothing in its place."""
        opaque = layer.opaque if layer else None
        self.setVisible(opaque is not None)
        if layer is self._layer:
            return
        self._layer = layer
        self.fault.hide()
        if layer is None or opaque is None:
            return
        given = opaque.stand_in
        for widget in (self.shape, self.feed):
            widget.setVisible(given is None)
        self.identity.setVisible(given is None and len({port.value for port in layer.inputs}) == 1)
        self.back.setVisible(given is not None)
        self.shape.setText(" × ".join(map(str, opaque.shape)) if opaque.shape else "")
        if given is None:
            self.about.setText("To run what lies behind it, say what takes its place:")
        elif given.shape is None:
            self.about.setText("You let it pass its input on.")
        else:
            self.about.setText(f"You feed its result, of shape {given}, as an input of the model.")

    def _feed(self) -> None:
        try:
            given = parse(self.shape.text())
        except RequestError:
            self.fault.setText("A shape is whole numbers without the batch, such as 7 × 7 × 64.")
            self.fault.show()
            self.shape.setFocus()
            return
        self._choose(given)

    def _choose(self, given: StandIn | None) -> None:
        if self._layer is not None:
            self.fault.hide()
            self.chosen.emit(self._layer.name, given)


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
    return label
