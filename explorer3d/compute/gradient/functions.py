"""Operators that ONNX itself defines by others: these have rules, so that they need none of their own."""

from __future__ import annotations

import onnx
from onnx import inliner

from explorer3d.graph.skeleton import STANDARD

_DEFINED_BY_OTHERS = ("Attention", "RotaryEmbedding")


def take_apart(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Write some operators as those they are made of. Values keep their names.

    Parameters
    ----------
    proto : onnx.ModelProto
    """
    used = {(node.domain, node.op_type) for node in proto.graph.node if node.domain in STANDARD}
    found = [(domain, name) for domain, name in used if name in _DEFINED_BY_OTHERS]
    if not found:
        return proto
    # It asks for the type of all that goes in, and does not look for that of constants.
    inputs = list(proto.graph.input)
    proto.graph.input.extend(
        onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        for tensor in proto.graph.initializer
    )
    try:
        apart: onnx.ModelProto = inliner.inline_selected_functions(proto, found, inline_schema_functions=True)
    except Exception:  # onnx raises C++ exceptions of many kinds; whoever needs a rule then says so
        apart = proto
    del apart.graph.input[:]
    apart.graph.input.extend(inputs)
    return apart
