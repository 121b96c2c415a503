"""A network of many branches, which takes time to be laid out."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper


def branched(folder: Path, units: int, kinds: int) -> Path:
    """Units of so many kinds, one after the other, each with a branch beside its main line."""
    nodes = []
    last = "x"
    for unit in range(units):
        way = last
        for step in range(2 + unit % kinds):
            name = f"/unit{unit}/step{step}"
            nodes.append(helper.make_node("Neg", [way], [name], name))
            way = name
        side, name = f"/unit{unit}/side", f"/unit{unit}/add"
        nodes.append(helper.make_node("Abs", [last], [side], side))
        nodes.append(helper.make_node("Add", [way, side], [name], name))
        last = name
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("x", last)]
    graph = helper.make_graph(nodes, "branched", ends[:1], ends[1:])
    path = folder / "branched.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
