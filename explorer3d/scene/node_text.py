"""What is written under a block."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer, Port, Shape
from explorer3d.graph.summary import shape_text


class NodeText(NamedTuple):
    """The lines under a block.

    Attributes
    ----------
    name, op, shape : str
    about : str
        How much is in a block of layers, or that there are bodies in a layer; empty otherwise.
    """

    name: str
    op: str
    shape: str
    about: str = ""


def node_text(node: Layer | Port) -> NodeText:
    """Name, operator and output shape of a layer, of a folded block, or of a model input."""
    if isinstance(node, Port):
        return NodeText(node.value, "Input", sizes_text(node))
    shape = sizes_text(node.outputs[0] if node.outputs else None)
    if isinstance(node, FoldedBlock):
        return NodeText(node.title, node.op, shape, f"{len(node.layers):,} layers{_weighed(node)}")
    return NodeText(short_name(node.name, node.op), node.op, shape, f"{node.op} ›" if node.bodies else "")


def sizes_text(port: Port | None) -> str:
    """``28×28×6``: a tensor's axes without the batch, a question mark for an unknown size."""
    return "" if port is None or port.shape is None else _sizes_text(port.shape, port.axes)


def measured(text: NodeText, port: Port, shape: Shape) -> NodeText:
    """The same, with the shape that a run gave a tensor whose sizes the model leaves open."""
    if port.shape is not None and len(port.shape) != len(shape):
        return text
    return text._replace(shape=_sizes_text(shape, port.axes))


@lru_cache(maxsize=4096)
def _sizes_text(sizes: Shape, axes: str) -> str:
    if len(sizes) > 1 and (not axes or axes.startswith("N")):
        sizes = sizes[1:]
    return shape_text(sizes, "×")


def short_name(name: str, op: str) -> str:
    """What of a layer's path tells it apart, without the operator that is written below it.

    ``/layer1/layer1.0/conv1/Conv`` → ``conv1``; names without a path stay as they are.
    """
    parts = [part for part in name.split("/") if part]
    if len(parts) > 1 and parts[-1].split("_")[0] == op:
        return "/".join(parts[-2:]) if parts[-1] != op else parts[-2]
    return parts[-1] if len(parts) > 1 else name


def _weighed(layer: Layer) -> str:
    """`` · 1.2 M``: its parameters, shortly."""
    count = float(layer.parameters)
    for unit in ("", " k", " M", " G"):
        if count < 999.5 or unit == " G":
            break
        count /= 1000
    return f" · {count:.3g}{unit}" if count else ""
