"""A block of layers as one node."""

from __future__ import annotations

from dataclasses import dataclass

from explorer3d.graph.model import Layer


@dataclass(frozen=True, eq=False)
class FoldedBlock(Layer):
    """A block that is seen as one node.

    Its inputs are what it takes from outside; its outputs what others take, that of the last layer first.

    Attributes
    ----------
    title : str
    layers : tuple of Layer
        What is folded into it.
    face : str
        The layer whose feature maps it shows: the last one.
    """

    title: str = ""
    layers: tuple[Layer, ...] = ()
    face: str = ""
