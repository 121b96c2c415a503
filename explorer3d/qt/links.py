"""Ways from a layer: where its tensors come from, where they go, and to its own weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtWidgets import QLabel

from explorer3d.graph.model import Model, Port, Weight
from explorer3d.graph.operators import Parameter
from explorer3d.graph.summary import shape_text
from explorer3d.qt.link_list import LinkButton, LinkList
from explorer3d.qt.plain import plain

MOST = 12
_FROM_THE_LEFT = "\u200e"
BEFORE, WEIGHTS, AFTER = "Comes from", "Weights", "Goes to"
BEGIN, END = "Begins with", "Ends with"


@dataclass(frozen=True)
class Way:
    """A tensor, and where it leads.

    Attributes
    ----------
    node : str
        The node at its other end, or the name of a weight.
    tensor : Port or Weight
    parameter : str
        What the layer's operator calls it; empty if that is not known.
    """

    node: str
    tensor: Port | Weight
    parameter: str = ""


class Link(LinkButton):
    """A way to a node or a weight, shortened where there is no room."""

    def __init__(self, way: Way, about: str = "") -> None:
        super().__init__()
        self.node, tensor = way.node, way.tensor
        kind = f"{shape_text(tensor.shape)}  {tensor.dtype}"
        self.about = f"{way.parameter}:  {kind}" if way.parameter else kind
        self.title = tensor.title if isinstance(tensor, Weight) else way.node
        self.setAccessibleName(f"{self.title}, {self.about}")
        if isinstance(tensor, Weight):
            told, does = f"{tensor.name}\n{kind}", "Click: lay it open"
        else:
            told, does = f"{way.node}\n{tensor.value}  {kind}", "Click: fly there"
        self.setToolTip(plain("\n".join(filter(None, (told, about, does)))))

    def resizeEvent(self, event: QEvent) -> None:
        room = self.width() - 18
        lines = (
            self.fontMetrics().elidedText(text, Qt.ElideMiddle, room) for text in (self.title, self.about)
        )
        # After a name read from right to left, sizes would be so as well. A single & would be a shortcut.
        between = "\n" if self.title.isascii() else f"\n{_FROM_THE_LEFT}"
        self.setText(between.join(lines).replace("&", "&&"))
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(120, 2 * self.fontMetrics().height() + 10)


class Links(LinkList):
    """All ways from a node.

    Signals
    -------
    wanted(str)
        A node to go to.
    weight_wanted(str)
        A weight to be seen, by its name.
    """

    weight_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, list[Link]] = {BEFORE: [], WEIGHTS: [], AFTER: []}

    def show_ways(self, ways: Mapping[str, Sequence[Way]], whole: bool, about: Mapping[str, str]) -> None:
        """Show other ways; who walks along them by keyboard can go on.

        Parameters
        ----------
        ways : mapping of {BEFORE, WEIGHTS, AFTER} to sequence of Way
        whole : bool
            They are those into and out of the whole model.
        about : mapping of str to str
            What the standard says of parameters, by their names.
        """
        focused = next((side for side, links in self.links.items() if any(map(_focused, links))), None)
        self._clear()
        self.links = {side: [] for side in (BEFORE, WEIGHTS, AFTER)}
        for side, links in self.links.items():
            there = ways.get(side, ())
            if there:
                self._say({BEFORE: BEGIN, AFTER: END}.get(side, side) if whole else side)
            wanted = self.weight_wanted if side == WEIGHTS else self.wanted
            for way in there[:MOST]:
                link = Link(way, about.get(way.parameter, ""))
                link.clicked.connect(lambda _, node=way.node, wanted=wanted: wanted.emit(node))
                self._append(link)
                links.append(link)
            if len(there) > MOST:
                self._say(f"and {len(there) - MOST:,} more")
        self.setVisible(any(ways.values()))
        if focused is not None:
            left = self.links[focused] or self.links[AFTER if focused == BEFORE else BEFORE]
            if left:
                left[0].setFocus()

    def _say(self, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("dim")
        self._layout.addWidget(label)


def ways_of(model: Model, node: str | None, parameters: Mapping[str, Parameter]) -> dict[str, list[Way]]:
    """Ways from a layer or input to those before and behind it, and to its weights.

    Parameters
    ----------
    model : Model
    node : str or None
        None: the model's own inputs and outputs.
    parameters : mapping of str to Parameter
        What the layer's operator calls its tensors; see `parameters_of`.
    """
    layer = model.layer_by_name.get(node or "")
    if node is None:
        inputs = [Way(port.value, port) for port in model.inputs]
        return {
            BEFORE: inputs,
            AFTER: [Way(port.source, port) for port in model.outputs if port.source],
        }

    def called(tensor: str) -> str:
        return parameters[tensor].name if tensor in parameters else ""

    made = layer.outputs if layer else tuple(port for port in model.inputs if port.value == node)
    ways = {
        AFTER: [
            Way(user, port, called(port.value)) for port in made for user in model.users.get(port.value, ())
        ]
    }
    if layer is not None:
        ways[BEFORE] = [Way(port.source, port, called(port.value)) for port in layer.inputs if port.source]
        ways[WEIGHTS] = [Way(weight.name, weight, called(weight.name)) for weight in layer.weights]
    return ways


def _focused(link: Link) -> bool:
    return link.hasFocus()
