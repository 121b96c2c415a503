"""What is known of the selected layer: shapes, numbers, histogram, attributes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QColor, QPixmap
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.picture import (
    ABOVE,
    BELOW,
    NAN,
    NEGATIVE_INFINITY,
    POSITIVE_INFINITY,
    word_of,
)
from explorer3d.compute.show import ShownTensor
from explorer3d.document import Document
from explorer3d.graph import properties
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.operators import attributes_of, operator_of, parameters_of
from explorer3d.graph.summary import shape_text
from explorer3d.qt.attributes import Attributes
from explorer3d.qt.body_links import BodyLinks
from explorer3d.qt.histogram import Histogram
from explorer3d.qt.links import Links, ways_of
from explorer3d.qt.notes import Notes
from explorer3d.qt.operator_text import OperatorText
from explorer3d.qt.stand_in_form import StandInForm
from explorer3d.qt.title import Title
from explorer3d.scene.colormaps import COLORMAPS, default_map, lookup

AUTOMATIC = "Automatic"
MANY = 12
_LETTERS = 28  # of average width that the panel has room for
_FRAME = 15  # milliseconds in which a frame is begun that has been asked for
FIRST_VALUES = 6


class Inspector(QScrollArea):
    """Panel about the selected layer of a document.

    Signals
    -------
    wanted(str)
        A node to go to.
    window_wanted()
        The tensor shown is to have a window of its own.
    arithmetic_wanted()
        How the layer comes to a number is to be spelled out.
    """

    wanted = Signal(str)
    window_wanted = Signal()
    arithmetic_wanted = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._role: str | None = None
        self._weight: str | None = None
        self._told: tuple[Model | None, str | None] | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        self.name = Title()
        self.operator = _selectable(QLabel())
        self.operator.setObjectName("dim")
        self.stand_in = StandInForm()
        self.stand_in.chosen.connect(document.set_stand_in)
        self.tensors = QComboBox()
        self.tensors.setAccessibleName("Tensor")
        # Without these a long shape in large type would be wider than the panel.
        self.tensors.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.tensors.setMinimumContentsLength(8)
        self.tensors.setToolTip("Which tensor of the layer the numbers below are about")
        self.enlarge = QPushButton("Every number… (V)")
        self.enlarge.setToolTip("This tensor in a window of its own: cells, numbers, channels, axes")
        self.enlarge.clicked.connect(self.window_wanted)
        self.arithmetic = QPushButton("How a number comes about… (A)")
        self.arithmetic.setToolTip("The window, the weights and the sum behind a number, step by step")
        self.arithmetic.clicked.connect(self.arithmetic_wanted)
        self.histogram = Histogram()
        self.colormaps = QComboBox()
        self.colormaps.setAccessibleName("Colour map")
        self.colormaps.setToolTip("Automatic: dark-centred blue–orange for signed data, else inferno")
        self.colormaps.addItem(AUTOMATIC, "")
        for colormap in COLORMAPS:
            self.colormaps.addItem(colormap.capitalize(), colormap)
        self._numbers = QFormLayout()
        self._numbers.setHorizontalSpacing(16)
        self._numbers.setVerticalSpacing(4)
        self.values: dict[str, QLabel] = {}
        self.attributes = Attributes()
        self.operator_text = OperatorText()
        self.links = Links()
        self.links.wanted.connect(self.wanted)
        self.links.weight_wanted.connect(self.open_weight)
        self.notes = Notes()
        self.bodies = BodyLinks()
        self.bodies.wanted.connect(self._enter)
        for widget in (self.name, self.operator, self.bodies, self.stand_in, self.tensors, self.histogram):
            layout.addWidget(widget)
        layout.addWidget(self.enlarge)
        layout.addWidget(self.arithmetic)
        layout.addLayout(self._numbers)
        colours = QFormLayout()
        colours.addRow("Colours", self.colormaps)
        layout.addLayout(colours)
        layout.addWidget(self.links)
        layout.addWidget(self.attributes)
        layout.addWidget(self.notes)
        layout.addWidget(self.operator_text)
        layout.addStretch(0)
        layout.setAlignment(Qt.AlignTop)
        self.setWidget(body)
        self.tensors.currentIndexChanged.connect(self._show_tensor)
        self.colormaps.activated.connect(
            lambda index: document.set_view(colormap=str(self.colormaps.itemData(index)))
        )
        document.selection_changed.connect(self._show_layer)
        document.model_changed.connect(self._show_layer)
        # Whoever clicks looks at the scene first: its frame does not wait for the numbers.
        self._after_the_frame = QTimer(self)
        self._after_the_frame.setSingleShot(True)
        self._after_the_frame.timeout.connect(self._show_layer)
        document.layer_changed.connect(self._layer_changed)
        document.view_changed.connect(self._view_changed)
        self._show_layer()

    def minimumSizeHint(self) -> QSize:
        """Wide enough for names and numbers in large type too."""
        return QSize(_LETTERS * self.fontMetrics().averageCharWidth(), super().minimumSizeHint().height())

    def prefer(self, role: str | None) -> None:
        """Show the tensor of a handle first; None: the output."""
        if (role, None) != (self._role, self._weight):
            self._role, self._weight = role, None
            self._show_layer()

    def open_weight(self, weight: str) -> None:
        """Lay a weight of the selected layer open, and show its numbers."""
        document, selected = self._document, self._document.selected
        layer = document.model.layer_by_name.get(selected or "") if document.model else None
        role = next((one.role for one in layer.weights if one.name == weight), None) if layer else None
        if selected is None or role is None:
            return
        self._weight = weight
        if role not in document.opened.get(selected, frozenset()):
            document.show(selected, role)
        self.choose(weight)

    def _enter(self, body: str) -> None:
        if self._document.selected is not None:
            self._document.enter(self._document.selected, body)

    def choose(self, tensor: str) -> None:
        """Show the numbers of the selected layer's tensor of that name."""
        index = self.tensors.findData(tensor)
        if index >= 0:
            self.tensors.setCurrentIndex(index)

    def _layer_changed(self, name: str) -> None:
        if name == self._document.selected:
            self._after_the_frame.start(_FRAME)

    def _view_changed(self) -> None:
        self.colormaps.setCurrentIndex(self.colormaps.findData(self._document.colormap))
        self._show_tensor()

    def _show_layer(self) -> None:
        model, selected = self._document.model, self._document.selected
        layer = model.layer_by_name.get(selected) if model and selected else None
        seen = self._document.folding.model.layer_by_name if self._document.folding else {}
        block = seen.get(selected or "")
        entry = next((port for port in model.inputs if port.value == selected), None) if model else None
        kept = self.tensors.currentData()
        self.tensors.blockSignals(True)
        self.tensors.clear()
        if layer is not None:
            self.name.setText(layer.name)
            self.operator.setText(_summary(layer))
        elif isinstance(block, FoldedBlock):
            self.name.setText(block.title)
            self.operator.setText("A folded block. Double click or Enter: see what is in it.")
        elif entry is not None:
            self.name.setText(entry.value)
            feeds = self._document.feeds
            about = [feeds.description, feeds.reason] if feeds else []
            kind = "Taken from the network around" if _is_captured(model, entry) else "Input"
            self.operator.setText("\n".join([kind, *(line for line in about if line)]))
        elif model is not None:
            self.name.setText(model.within.title if model.within else model.path.name)
            self.operator.setText("Click a layer to see its tensors.")
        else:
            self.name.setText("No model open")
            self.operator.setText("Drop an .onnx, .h5 or .keras file here.")
        shown = self._document.shown.get(selected or "")
        for tensor in shown.tensors if shown else ():
            self.tensors.addItem(f"{tensor.title}   {shape_text(tensor.shape)}", tensor.name)
        roles = self._document.opened.get(selected or "", frozenset())
        drawn = [tensor.name for tensor in shown.tensors if tensor.role in roles] if shown else []
        asked = [tensor.name for tensor in shown.tensors if tensor.role == self._role] if shown else []
        asked = [self._weight, *asked] if self._weight else asked
        wanted = next((name for name in (*asked, kept, "output", *drawn[::-1]) if name in drawn), None)
        self.tensors.setCurrentIndex(self.tensors.findData(wanted) if wanted else self.tensors.count() - 1)
        self.tensors.blockSignals(False)
        self.bodies.show_bodies(layer.bodies if layer else ())
        self.stand_in.show_layer(layer)
        self._show_properties(layer)
        self._show_tensor()

    def _show_properties(self, layer: Layer | None) -> None:
        """What does not change with the data. Only another selection changes it: it may be read meanwhile."""
        model, selected = self._document.model, self._document.selected
        if (model, selected) == self._told:
            return
        self._told = (model, selected)
        self._weight = None
        operator = operator_of(model, layer) if model and layer else None
        self.attributes.show_attributes(attributes_of(model, layer, operator) if model and layer else ())
        self.operator_text.show_operator(operator)
        parameters = parameters_of(model, layer, operator) if model and layer else {}
        ways = ways_of(model, selected, parameters) if model else {}
        about = {parameter.name: parameter.about for parameter in parameters.values()}
        self.links.show_ways(ways, selected is None, about)
        notes: properties.Properties = []
        if model is not None and selected is None:
            notes = properties.of_model(model)
        elif model is not None and layer is not None:
            notes = properties.of_layer(model, layer)
        self.notes.show_notes(notes)

    def _show_tensor(self) -> None:
        tensor = self._tensor()
        self.arithmetic.setVisible(self._layer_runs())
        for widget in (self.tensors, self.histogram, self.enlarge):
            widget.setVisible(tensor is not None)
        while self._numbers.rowCount():
            self._numbers.removeRow(0)
        self.values = {}
        if tensor is None:
            self._show_facts()
            return
        found = tensor.statistics
        colormap = self._document.colormap or default_map(found.diverging)
        self.histogram.show_tensor(found, colormap)
        self.histogram.setVisible(bool(found.histogram.any()))
        self._number("Shape", shape_text(tensor.shape))
        self._number("Type", tensor.dtype)
        if not found.count:
            self._number("Values", "empty: no elements")
            return
        self._number("Values", _values(tensor))
        if tensor.is_preview:
            self._number("Read so far", f"{found.count:,} of {tensor.array.size:,}")
        if found.histogram.any():
            self._number("Min", f"{found.minimum:.6g}")
            self._number("Max", f"{found.maximum:.6g}")
            self._number("Mean", f"{found.mean:.6g}")
            self._number("Std", f"{found.std:.6g}")
            if np.isfinite(found.l2):
                self._number("L2", f"{found.l2:.6g}")
            self._number("Zeros", f"{found.sparsity:.1%} of {found.count:,}")
        if tensor.dead is not None and 1 < len(tensor.dead) < found.count:
            self._number("Dead channels", _dead(tensor.dead))
        table = lookup(colormap)
        for title, count, index in (
            ("NaN", found.nan, NAN),
            ("+∞", found.positive_infinity, POSITIVE_INFINITY),
            ("−∞", found.negative_infinity, NEGATIVE_INFINITY),
        ):
            if count:
                self._number(title, f"{count:,}", table[index])
        if found.first_not_finite is not None:
            self._number("First of these", f"at [{', '.join(map(str, found.first_not_finite))}]")
        if found.histogram.any():
            self._number("Colour range", f"{found.limits[0]:.4g} … {found.limits[1]:.4g}")
            if found.below:
                self._number("Below", f"{found.below:,}", table[BELOW])
            if found.above:
                self._number("Above", f"{found.above:,}", table[ABOVE])

    def _layer_runs(self) -> bool:
        model = self._document.model
        layer = model.layer_by_name.get(self._document.selected or "") if model else None
        return layer is not None and layer.runnable

    def _show_facts(self) -> None:
        """What is known without running anything: of the selected layer, or of the whole model."""
        model = self._document.model
        if model is None:
            return
        folding = self._document.folding
        layer = (folding.model if folding else model).layer_by_name.get(self._document.selected or "")
        subject = layer or model
        sizes = {} if layer else properties.open_sizes(model)
        for title, ports in (("Input", subject.inputs), ("Output", subject.outputs)):
            for place, port in enumerate(ports[:MANY]):
                self._number(title if not place else f"{title} {place}", _port(port, sizes))
        if isinstance(layer, FoldedBlock):
            self._number("Layers", f"{len(layer.layers):,}")
            self._number("Parameters", f"{layer.parameters:,}")
            counts = [one.macs for one in layer.layers]
            self._number("Multiply-adds", _counted(counts))
            self._number("Last layer", layer.face)
            return
        if layer is not None:
            return
        self._number("Layers", f"{len(model.layers):,}")
        self._number("Parameters", f"{model.parameters:,}")
        counts = [layer.macs for layer in model.layers]
        self._number("Multiply-adds", _counted(counts))

    def _number(self, title: str, text: str, colour: np.ndarray | None = None) -> None:
        """Add a line; with a colour, a sample of it."""
        label = _selectable(QLabel(text))
        label.setWordWrap(True)
        self.values[title] = label
        name = QLabel(title)
        name.setTextFormat(Qt.PlainText)
        name.setBuddy(label)
        self._numbers.addRow(name if colour is None else _beside(colour, name), label)

    def _tensor(self) -> ShownTensor | None:
        shown = self._document.shown.get(self._document.selected or "")
        name = self.tensors.currentData()
        return next((tensor for tensor in shown.tensors if tensor.name == name), None) if shown else None


def _is_captured(model: Model | None, entry: Port) -> bool:
    within = model.within if model else None
    return within is not None and entry.value in within.captured


def _summary(layer: Layer) -> str:
    parts = [layer.op]
    if layer.parameters:
        parts.append(f"{layer.parameters:,} parameter{'s' if layer.parameters > 1 else ''}")
    if layer.macs:
        parts.append(f"{layer.macs:,} multiply-adds")
    return "  ·  ".join(parts) + (f"\n{layer.reason}" if layer.reason else "")


def _counted(macs: list[int | None]) -> str:
    return f"{'at least ' if None in macs else ''}{sum(filter(None, macs)):,}"


def _beside(colour: np.ndarray, name: QLabel) -> QWidget:
    sample = QLabel()
    pixels = QPixmap(10, 10)
    pixels.fill(QColor(*(int(value) for value in colour)))
    sample.setPixmap(pixels)
    sample.setToolTip(f"{name.text()}: drawn in this colour")
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(sample)
    layout.addWidget(name, 1)
    return row


def _values(tensor: ShownTensor) -> str:
    first = [word_of(value) for value in np.asarray(tensor.array.flat[:FIRST_VALUES]).tolist()]
    return ", ".join(first) + (", …" if tensor.array.size > FIRST_VALUES else "")


def _dead(dead: np.ndarray) -> str:
    numbers = np.flatnonzero(dead)
    share = f"{len(numbers) / len(dead):.1%} of {len(dead):,}"
    if not len(numbers):
        return share
    return f"{share}: {', '.join(map(str, numbers[:MANY]))}" + (", …" if len(numbers) > MANY else "")


def _port(port: Port, sizes: Mapping[str, str]) -> str:
    return f"{sizes.get(port.value) or shape_text(port.shape)}  {port.dtype}"


def _selectable(label: QLabel) -> QLabel:
    label.setTextFormat(Qt.PlainText)
    label.setTextInteractionFlags(Qt.TextSelectableByMouse)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
    return label
