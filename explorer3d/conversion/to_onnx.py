"""TensorFlow's graph to ONNX, by tf2onnx."""

from __future__ import annotations

from typing import Any

import onnx

from explorer3d.conversion.converted import Converted, nodes
from explorer3d.conversion.refused import Refused
from explorer3d.conversion.traced import Traced
from explorer3d.conversion.versions import installed, shown

OPSET = 18


def convert(traced: Traced) -> Converted:
    """Convert a graph; its weights stay outside it.

    Raises
    ------
    Refused
        An operation has no counterpart in ONNX.

    References
    ----------
    https://github.com/onnx/tensorflow-onnx
    """
    import tensorflow as tf
    from tf2onnx import convert as tf2onnx_convert
    from tf2onnx import tf_loader

    fed, results = [*traced.inputs, *traced.weights], list(traced.outputs)
    with tf.device("/cpu:0"):
        graph, tables = tf_loader.from_trackable(traced.owner, traced.function, fed, results, False)
        _hold_captured(graph, traced.function)
        proto, _ = tf2onnx_convert._convert_common(
            graph,
            name="model",
            continue_on_error=True,
            opset=OPSET,
            input_names=fed,
            output_names=results,
            tensors_to_rename={**traced.inputs, **traced.outputs},
            initialized_tables=tables,
        )
    for node in nodes(proto.graph):
        if not onnx.defs.has(node.op_type, node.domain):
            raise Refused(f"TensorFlow's operation {node.op_type} has no counterpart in ONNX")
    proto.producer_version = installed()["tf2onnx"]
    proto.metadata_props.add(key="converted_with", value=shown())
    weights = {name: (title, variable.numpy()) for name, (title, variable) in traced.weights.items()}
    return Converted(proto, weights)


def _hold_captured(graph: Any, function: Any) -> None:
    """Turn tensors the function has caught from around it into constants; tf2onnx takes them for inputs."""
    import tensorflow as tf

    caught = {
        inner.op.name: outer for outer, inner in function.graph.captures if outer.dtype != tf.dtypes.resource
    }
    for node in graph.node:
        if node.op == "Placeholder" and node.name in caught:
            value = tf.make_tensor_proto(caught[node.name].numpy())
            node.op = "Const"
            node.attr.clear()
            node.attr["dtype"].type = value.dtype
            node.attr["value"].tensor.CopyFrom(value)
