"""Large weights that a session is given with every run, instead of holding them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort

from explorer3d.graph.skeleton import STANDARD, Skeleton

WORTH_FEEDING = 1 << 20
"""In bytes. Below, a session is created and run faster if it holds a weight."""

_TYPES = frozenset((ir.DataType.FLOAT, ir.DataType.FLOAT16, ir.DataType.DOUBLE))
"""Integers may be sizes or zero points, which operators want to know beforehand."""


class FedSession(ort.InferenceSession):  # type: ignore[misc]
    """A session that is given its large weights with every run.

    onnxruntime copies the weights it holds while it creates a session, even those it is lent.

    Parameters
    ----------
    graph : bytes
    options : SessionOptions
    weights : mapping of str to OrtValue
        By the input that takes them; may be empty.
    held : sequence of OrtValue
        What it points at without being given it.
    """

    def __init__(
        self,
        graph: bytes,
        options: ort.SessionOptions,
        weights: Mapping[str, ort.OrtValue],
        held: Sequence[ort.OrtValue] = (),
    ) -> None:
        super().__init__(graph, options, providers=["CPUExecutionProvider"])
        self._fed_weights, self._held = dict(weights), held

    def get_inputs(self) -> list[ort.NodeArg]:
        return [entry for entry in super().get_inputs() if entry.name not in self._fed_weights]

    def run(
        self,
        output_names: Sequence[str],
        input_feed: Mapping[str, np.ndarray],
        run_options: ort.RunOptions | None = None,
    ) -> list[object]:
        return list(super().run(output_names, {**input_feed, **self._fed_weights}, run_options))


def feed_weights(skeleton: Skeleton) -> list[str]:
    """Make inputs of a graph's large weights.

    Parameters
    ----------
    skeleton : Skeleton
        Its graph is changed.

    Returns
    -------
    list of str
        The weights that have to be fed.
    """
    graph = skeleton.proto.graph
    large = {
        name
        for name, tensor in skeleton.weights.items()
        if tensor.dtype in _TYPES and tensor.nbytes >= WORTH_FEEDING
    }
    if not large:
        return []
    large.difference_update(_held(graph.node), (entry.name for entry in graph.output))
    kept = [proto for proto in graph.initializer if proto.name not in large]
    fed = [proto for proto in graph.initializer if proto.name in large]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    graph.input.extend(
        onnx.helper.make_tensor_value_info(proto.name, proto.data_type, list(proto.dims)) for proto in fed
    )
    return [proto.name for proto in fed]


def _held(nodes: Iterable[onnx.NodeProto], within: bool = False) -> Iterator[str]:
    """What operators read that are not ONNX' own, or that lie in inner graphs: who knows how they read it."""
    for node in nodes:
        if within or node.domain not in STANDARD:
            yield from node.input
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _held(graph.node, True)
