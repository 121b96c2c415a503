"""What is known of the selected layer: shapes, numbers, histogram, attributes."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QSettings, QSize, Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.show import ShownTensor
from explorer3d.document import Document
from explorer3d.graph import properties
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.operators import attributes_of, operator_of, parameters_of
from explorer3d.graph.summary import counted, shape_text
from explorer3d.qt.attributes import Attributes
from explorer3d.qt.body_links import BodyLinks
from explorer3d.qt.channel_section import ChannelSection
from explorer3d.qt.input.section import Section
from explorer3d.qt.links import Links, ways_of
from explorer3d.qt.notes import Notes
from explorer3d.qt.operator_text import OperatorText
from explorer3d.qt.pinned import Pinned
from explorer3d.qt.scene_colours import SceneColours
from explorer3d.qt.scene_pointing import ScenePointing
from explorer3d.qt.stand_in_form import StandInForm
from explorer3d.qt.tensor.numbers_list import NumbersList
from explorer3d.qt.title import Title

MANY = 12
_LETTERS = 28  # of average width that the panel has room for
_FRAME = 15  # milliseconds in which a frame is begun that has been asked for


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

    def __init__(self, document: Document, settings: QSettings, parent: QWidget | None = None) -> None:
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
        self.read_on = QPushButton("These numbers are of a part: read all")
        self.read_on.setToolTip("Reading all of this layer was given up")
        self.read_on.clicked.connect(document.read_on)
        self.colours = SceneColours(document, settings)
        self.histogram, self.colormaps = self.colours.histogram, self.colours.colormaps
        self.colours_section = Section("Colours", self.colours, settings)
        self.colours.told.connect(self.colours_section.tell)
        self.pinned = Pinned()
        self.numbers = NumbersList()
        self.channels = ChannelSection(document)
        self.channels_section = Section("Channels", self.channels, settings)
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
        layout.addWidget(self.colours_section)
        layout.addWidget(self.pinned)
        layout.addWidget(self.enlarge)
        layout.addWidget(self.arithmetic)
        layout.addWidget(self.read_on)
        layout.addWidget(self.numbers)
        layout.addWidget(self.channels_section)
        layout.addWidget(self.links)
        layout.addWidget(self.attributes)
        layout.addWidget(self.notes)
        layout.addWidget(self.operator_text)
        layout.addStretch(0)
        layout.setAlignment(Qt.AlignTop)
        self.setWidget(body)
        self.tensors.currentIndexChanged.connect(self._show_tensor)
        document.selection_changed.connect(self._show_layer)
        document.model_changed.connect(self._show_layer)
        # Whoever clicks looks at the scene first: its frame does not wait for the numbers.
        self._after_the_frame = QTimer(self)
        self._after_the_frame.setSingleShot(True)
        self._after_the_frame.timeout.connect(self._show_layer)
        document.layer_changed.connect(self._layer_changed)
        document.view_changed.connect(self._show_tensor)
        document.ranges_changed.connect(self._ranges_changed)
        self._show_layer()

    def follow(self, pointing: ScenePointing) -> None:
        """Tell what is pinned in the scene, and pin there what somebody goes to here."""

        def go_to(index: tuple[int, ...]) -> None:
            tensor, layer = self.tensor, self._document.selected
            if tensor is None or layer is None:
                return
            if tensor.role not in self._document.opened.get(layer, frozenset()):
                self._document.show(layer, tensor.role)
            pointing.go_to(layer, tensor.name, index)

        def show_channel(channel: int) -> None:
            tensor, axis = self.tensor, self.channels.axis
            if tensor is not None and axis is not None:
                go_to(tuple(channel if at == axis else 0 for at in range(tensor.array.ndim)))

        pointing.pin_told.connect(self.pinned.tell)
        self.pinned.released.connect(pointing.unpin)
        self.numbers.index_wanted.connect(go_to)
        self.channels.chosen.connect(show_channel)

    @property
    def up_to_date(self) -> bool:
        """Whether it tells all that has come."""
        return not self._after_the_frame.isActive()

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

    def _ranges_changed(self) -> None:
        tensor = self.tensor
        if tensor is not None:
            self.numbers.show_tensor(tensor, self.colours.shade)

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
        tensor = self.tensor
        self.arithmetic.setVisible(self._layer_runs())
        for widget in (self.tensors, self.histogram, self.enlarge, self.channels_section):
            widget.setVisible(tensor is not None)
        self.colours_section.setVisible(self._document.model is not None)
        cut_short = tensor is not None and tensor.is_preview
        self.read_on.setVisible(cut_short and self._document.selected in self._document.cut_short)
        self.colours.show_tensor(self._document.selected or "", tensor)
        self.channels.show_tensor(tensor)
        self.channels_section.setVisible(self.channels.axis is not None)
        if tensor is None:
            self.numbers.clear()
            self._show_facts()
            return
        self.histogram.setVisible(bool(tensor.statistics.histogram.any()))
        self.numbers.show_tensor(tensor, self.colours.shade)

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
                self.numbers.tell(title if not place else f"{title} {place}", _port(port, sizes))
        if isinstance(layer, FoldedBlock):
            self.numbers.tell("Layers", f"{len(layer.layers):,}")
            self.numbers.tell("Parameters", f"{layer.parameters:,}")
            counts = [one.macs for one in layer.layers]
            self.numbers.tell("Multiply-adds", _counted(counts))
            self.numbers.tell("Last layer", layer.face)
            return
        if layer is not None:
            return
        self.numbers.tell("Layers", f"{len(model.layers):,}")
        self.numbers.tell("Parameters", f"{model.parameters:,}")
        counts = [layer.macs for layer in model.layers]
        self.numbers.tell("Multiply-adds", _counted(counts))

    @property
    def values(self) -> Mapping[str, QLabel | QPushButton]:
        """What stands behind each title."""
        return self.numbers.values

    @property
    def tensor(self) -> ShownTensor | None:
        """What the numbers are about."""
        shown = self._document.shown.get(self._document.selected or "")
        name = self.tensors.currentData()
        return next((tensor for tensor in shown.tensors if tensor.name == name), None) if shown else None


def _is_captured(model: Model | None, entry: Port) -> bool:
    within = model.within if model else None
    return within is not None and entry.value in within.captured


def _summary(layer: Layer) -> str:
    parts = [layer.op]
    if layer.parameters:
        parts.append(counted(layer.parameters, "parameter"))
    if layer.macs:
        parts.append(f"{layer.macs:,} multiply-adds")
    return "  ·  ".join(parts) + (f"\n{layer.reason}" if layer.reason else "")


def _counted(macs: list[int | None]) -> str:
    return f"{'at least ' if None in macs else ''}{sum(filter(None, macs)):,}"


def _port(port: Port, sizes: Mapping[str, str]) -> str:
    return f"{sizes.get(port.value) or shape_text(port.shape)}  {port.dtype}"


def _selectable(label: QLabel) -> QLabel:
    label.setTextFormat(Qt.PlainText)
    label.setTextInteractionFlags(Qt.TextSelectableByMouse)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
    return label
