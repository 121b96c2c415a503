"""Element types that onnxruntime knows and numpy does not: they come and go as float32."""

from __future__ import annotations

from collections.abc import Collection

import onnx

_MARK = "#float32"


def exchange_as_float(proto: onnx.ModelProto, foreign: Collection[str]) -> None:
    """Let a graph take and return float32 for some of its inputs and outputs.

    Parameters
    ----------
    proto : onnx.ModelProto
        Changed in place; `outer_name` tells what these inputs and outputs are called then.
    foreign : collection of str
        Values of a type numpy does not have.
    """
    graph = proto.graph
    taken = [info for info in graph.input if info.name in foreign]
    given = [info for info in graph.output if info.name in foreign]
    nodes = [
        onnx.helper.make_node(
            "Cast", [outer_name(info.name)], [info.name], to=info.type.tensor_type.elem_type
        )
        for info in taken
    ]
    nodes += graph.node
    nodes += [
        onnx.helper.make_node("Cast", [info.name], [outer_name(info.name)], to=onnx.TensorProto.FLOAT)
        for info in given
    ]
    del graph.node[:]
    graph.node.extend(nodes)
    for info in (*taken, *given):
        info.name = outer_name(info.name)
        info.type.tensor_type.elem_type = onnx.TensorProto.FLOAT


def outer_name(name: str) -> str:
    """What a value is called where it comes and goes as float32."""
    return name + _MARK


def inner_name(name: str) -> str:
    """What the graph itself calls it."""
    return name.removesuffix(_MARK)
