"""Ways from a layer to those beside it: where its tensors come from, and where they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.summary import shape_text
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain

MOST = 12
BEFORE, AFTER = "Comes from", "Goes to"
BEGIN, END = "Begins with", "Ends with"


@dataclass(frozen=True)
class Way:
    """A tensor, and the node at its other end.

    Attributes
    ----------
    node : str
    tensor : Port
    """

    node: str
    tensor: Port


class Link(QPushButton):
    """A way to a node, ending in … where there is no room."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self.setObjectName("link")
        self.setFlat(True)
        # Enter presses it too.
        self.setAutoDefault(True)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.setCursor(Qt.PointingHandCursor)
        self.node = way.node
        self.about = f"{shape_text(way.tensor.shape)}  {way.tensor.dtype}"
        self.setAccessibleName(f"{way.node}, {self.about}")
        self.setToolTip(plain(f"{way.node}\n{way.tensor.value}  {self.about}\nClick: fly there"))

    def resizeEvent(self, event: QEvent) -> None:
        room = self.width() - 18
        lines = (
            self.fontMetrics().elidedText(text, Qt.ElideMiddle, room) for text in (self.node, self.about)
        )
        # A single & would be a shortcut.
        self.setText("\n".join(lines).replace("&", "&&"))
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(120, 2 * self.fontMetrics().height() + 10)


class Links(QWidget):
    """All ways from a node.

    Signals
    -------
    wanted(str)
        A node to go to.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._keys = OwnKeys(self)
        self.links: dict[str, list[Link]] = {BEFORE: [], AFTER: []}

    def show_ways(self, before: Sequence[Way], after: Sequence[Way], whole: bool) -> None:
        """Show other ways; who walks along them by keyboard can go on.

        Parameters
        ----------
        before, after : sequence of Way
        whole : bool
            They are those into and out of the whole model.
        """
        focused = next((side for side, links in self.links.items() if any(map(_focused, links))), None)
        while self._layout.count():
            widget = self._layout.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self.links = {side: [] for side in (BEFORE, AFTER)}
        for side, ways in ((BEFORE, before), (AFTER, after)):
            if ways:
                self._say({BEFORE: BEGIN, AFTER: END}[side] if whole else side)
            for way in ways[:MOST]:
                link = Link(way)
                link.clicked.connect(lambda _, node=way.node: self.wanted.emit(node))
                self._keys.keep(link)
                self._layout.addWidget(link)
                self.links[side].append(link)
            if len(ways) > MOST:
                self._say(f"and {len(ways) - MOST:,} more")
        self.setVisible(bool(before or after))
        if focused is not None:
            there = self.links[focused] or self.links[AFTER if focused == BEFORE else BEFORE]
            if there:
                there[0].setFocus()

    def _say(self, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("dim")
        self._layout.addWidget(label)


def ways_of(model: Model, node: str | None) -> tuple[list[Way], list[Way]]:
    """Ways from a layer or input to those before and behind it; without one, those into and out of the model.

    Parameters
    ----------
    model : Model
    node : str or None
        None: the model's own inputs and outputs.
    """
    layer = model.layer_by_name.get(node or "")
    if node is None:
        inputs = [Way(port.value, port) for port in model.inputs]
        return inputs, [Way(port.source, port) for port in model.outputs if port.source]
    made = layer.outputs if layer else tuple(port for port in model.inputs if port.value == node)
    after = [Way(user, port) for port in made for user in model.users.get(port.value, ())]
    return _sources(layer), after


def _sources(layer: Layer | None) -> list[Way]:
    return [Way(port.source, port) for port in layer.inputs if port.source] if layer else []


def _focused(link: Link) -> bool:
    return link.hasFocus()
