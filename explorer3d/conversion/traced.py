"""A model as TensorFlow's graph, before it becomes ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Traced:
    """What `to_onnx.convert` takes.

    Attributes
    ----------
    owner : object
        What the graph belongs to; its lookup tables are found through it.
    function : tensorflow ConcreteFunction
    inputs : mapping of str to str
        What is fed: tensor in the graph to the name people know.
    weights : mapping of str to (str, variable)
        Variables that are arguments of the graph: tensor in the graph to the variable's name and itself.
    outputs : mapping of str to str
        Tensor in the graph to the name people know.
    """

    owner: Any
    function: Any
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    weights: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
