"""What a classifier says before it is squeezed into probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from explorer3d.graph.skeleton import STANDARD

_SQUEEZING = frozenset(("Softmax", "LogSoftmax", "Sigmoid"))

_ARRANGING_NAMES = "Identity Reshape Squeeze Unsqueeze Flatten Cast Dropout Transpose"
_ROUNDING = ("QuantizeLinear", "DequantizeLinear")
_ARRANGING = frozenset((*_ARRANGING_NAMES.split(), *_ROUNDING))


@dataclass(frozen=True, eq=False)
class Logits:
    """Scores that a model's output is made of.

    Attributes
    ----------
    value : str
        What goes into the softmax or sigmoid; the output itself where there is none.
    squeezed : str
        Operator behind it: ``Softmax``, ``LogSoftmax``, ``Sigmoid``; empty where there is none.
    arranged : tuple of (str, str, tuple of int)
        What lies between the output and it, from the output back: operator, the value it takes, and the order
        of a Transpose's axes.
    """

    value: str
    squeezed: str = ""
    arranged: tuple[tuple[str, str, tuple[int, ...]], ...] = ()

    def back(self, array: np.ndarray, shapes: Mapping[str, tuple[int, ...]]) -> np.ndarray:
        """Bring what belongs to the output's places to the places of the logits.

        Parameters
        ----------
        array : array
            Of the output's shape.
        shapes : mapping of value name to tuple of int
            Of the logits and of the values in `arranged`.

        Returns
        -------
        array
            Of the logits' shape.
        """
        for op, value, order in self.arranged:
            if op == "Transpose":
                array = array.transpose(np.argsort(order) if order else None)
            array = array.reshape(shapes[value])
        return array.reshape(shapes[self.value])


def logits(output: ir.Value) -> Logits:
    """Find what a softmax or sigmoid at the end of a network takes.

    Through whatever only arranges numbers anew behind it, or rounds them as quantised networks do. To be
    asked of the graph as it is in the file: an upgrade of its operators takes a Softmax below opset 13 apart.

    Parameters
    ----------
    output : onnx_ir.Value
        An output of the graph, or any value in it.
    """
    value = output
    arranged: list[tuple[str, str, tuple[int, ...]]] = []
    while True:
        node = value.producer()
        if node is None or node.domain not in STANDARD or not node.inputs or value is not node.outputs[0]:
            break
        source = node.inputs[0]
        if source is None or not source.name:
            break
        if node.op_type in _SQUEEZING:
            return Logits(source.name, node.op_type, tuple(arranged))
        if node.op_type not in _ARRANGING:
            break
        order = tuple(node.attributes.get_ints("perm", ())) if node.op_type == "Transpose" else ()
        arranged.append((node.op_type, source.name, order))
        value = source
    return Logits(output.name or "")
