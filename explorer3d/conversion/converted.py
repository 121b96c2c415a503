"""A converted graph with its weights beside it: what is only made of weights is computed once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from explorer3d.conversion.refused import Refused

# Layout and arithmetic on weights, as converters write it around convolutions and normalisations.
_ARITHMETIC = frozenset({"Add", "Div", "Mul", "Sub"})
_FOLDED = _ARITHMETIC | {
    "Cast",
    "Identity",
    "Neg",
    "Reciprocal",
    "Reshape",
    "Sqrt",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
}

# TensorFlow's name of a call, around everything inside it.
_WRAPPING = re.compile(r"^((Stateful)?PartitionedCall(_\d+)?/)+")

_ONE_FILE = 2**31 - (1 << 20)


class Converted:
    """A graph, and the values of those of its inputs that are weights.

    Parameters
    ----------
    proto : onnx.ModelProto
    weights : mapping of str to (str, array)
        Input of the graph, without TensorFlow's ``:0``, to the weight's name and value.
    """

    def __init__(self, proto: onnx.ModelProto, weights: Mapping[str, tuple[str, np.ndarray]]) -> None:
        self._proto = proto
        held = {**weights, **{name.removesuffix(":0"): entry for name, entry in weights.items()}}
        inputs = [entry for entry in proto.graph.input if entry.name not in held]
        self._arrays = {entry.name: held[entry.name][1] for entry in proto.graph.input if entry.name in held}
        # What each was before anything was computed of it.
        self._origins = {name: held[name][0] for name in self._arrays}
        for node in proto.graph.node:
            node.name = _WRAPPING.sub("", node.name)
        del proto.graph.input[:]
        proto.graph.input.extend(inputs)

    def fold(self) -> None:
        """Compute what is made of weights and constants alone, and give it the weight's name."""
        from onnx.reference import ReferenceEvaluator

        graph = self._proto.graph
        constants = {tensor.name: tensor for tensor in graph.initializer}
        results = {output.name for output in graph.output}
        left = []
        for node in graph.node:
            weights = [name for name in node.input if name in self._arrays]
            known = all(name in self._arrays or name in constants for name in node.input)
            if not (known and weights and node.op_type in _FOLDED) or results & set(node.output):
                left.append(node)
                continue
            feeds = {
                name: self._arrays[name] if name in self._arrays else numpy_helper.to_array(constants[name])
                for name in node.input
            }
            if node.op_type in _ARITHMETIC and _grows(list(feeds.values())):
                left.append(node)
                continue
            made, *_ = ReferenceEvaluator(node).run(None, feeds)
            self._arrays[node.output[0]] = np.asarray(made)
            self._origins[node.output[0]] = self._origins[weights[0]]
        del graph.node[:]
        graph.node.extend(left)

    def write(self, path: Path) -> None:
        """Write one ONNX file.

        Raises
        ------
        Refused
            It would be larger than one such file may be.
        """
        graph = self._proto.graph
        read = {name for node in nodes(graph) for name in node.input} | {out.name for out in graph.output}
        for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
            graph.initializer.remove(tensor)
        used = {name: array for name, array in self._arrays.items() if name in read}
        if sum(array.nbytes for array in used.values()) + self._proto.ByteSize() > _ONE_FILE:
            raise Refused("the result would be larger than the 2 GB one ONNX file may hold")
        names = self._shown_names(used)
        _rename(graph, names)
        for name in list(used):
            array = np.ascontiguousarray(used.pop(name))
            self._arrays.pop(name)
            graph.initializer.append(numpy_helper.from_array(array, names[name]))
        with path.open("wb") as file:
            file.write(self._proto.SerializeToString())

    def _shown_names(self, used: Mapping[str, np.ndarray]) -> dict[str, str]:
        """Keras' names; a second tensor made of the same weight is counted."""
        graph = self._proto.graph
        taken = {name for node in nodes(graph) for name in (*node.input, *node.output)} - set(used)
        counts: Counter[str] = Counter()
        names = {}
        for name in used:
            origin = self._origins[name]
            shown = origin
            while shown in taken:
                counts[origin] += 1
                shown = f"{origin}#{counts[origin] + 1}"
            taken.add(shown)
            names[name] = shown
        return names


def _grows(arrays: list[np.ndarray]) -> bool:
    """A column times a row may ask for any amount of memory."""
    size = np.prod(np.broadcast_shapes(*(array.shape for array in arrays)), dtype=np.int64)
    return bool(size > max(array.size for array in arrays))


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes of a graph and of the graphs inside them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from nodes(inner)


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    for node in nodes(graph):
        for at, name in enumerate(node.input):
            if name in names:
                node.input[at] = names[name]
