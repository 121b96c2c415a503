"""Where the graph of a body stands: the branches of an If, the body of a Loop or Scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Within:
    """The layer that a graph lies in.

    Attributes
    ----------
    layer : str
        In the network around it.
    op : str
    body : str
        Which of the graphs in that layer: ``then_branch``, ``body``.
    inputs : tuple of str
        What the layer hands over each time it runs the body, in order.
    captured : mapping of str to str
        What else the body takes from the network around it, by its name here: its name there.
    """

    layer: str
    op: str
    body: str
    inputs: tuple[str, ...]
    captured: Mapping[str, str]

    @property
    def title(self) -> str:
        return f"{self.layer} › {self.body}"
