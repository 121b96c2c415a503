"""Older graphs in the operators of opset 18, in which the way back is written."""

from __future__ import annotations

import onnx

from explorer3d.errors import GradientError
from explorer3d.graph.skeleton import STANDARD

OLDEST = 18
"""Scatter-add needs 16; since 18 every Reduce operator takes its axes as an input."""

_RESIZE_CHOOSES = 11
"""Since this opset it says by an attribute which places of the input it takes."""

_IR_VERSION = 8
"""That goes with opset 18."""


def upgrade(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Write a graph in newer operators. Values keep their names.

    Parameters
    ----------
    proto : onnx.ModelProto
        A skeleton whose inputs have concrete shapes; see `graph.skeleton`. May be changed.

    Raises
    ------
    GradientError
        onnx cannot translate one of the operators.
    """
    proto.ir_version = max(proto.ir_version, _IR_VERSION)
    versions = {entry.domain: entry.version for entry in proto.opset_import if entry.domain in STANDARD}
    if not versions:
        # All of it is of other domains, such as scikit-learn's.
        proto.opset_import.add(domain="", version=OLDEST)
    oldest = min(versions.values(), default=OLDEST)
    if oldest >= OLDEST:
        return proto
    # onnx's translation would read the large tensors, which are not there: meanwhile they are inputs.
    graph = proto.graph
    large = [tensor for tensor in graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]
    kept = [tensor for tensor in graph.initializer if tensor.data_location != onnx.TensorProto.EXTERNAL]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    inputs = list(graph.input)
    graph.input.extend(
        onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        for tensor in large
    )
    try:
        upgraded: onnx.ModelProto = onnx.version_converter.convert_version(proto, OLDEST)
    except Exception as error:  # onnx raises C++ exceptions of many kinds
        raise GradientError(
            f"There are no gradients of this network: it is written for opset {oldest}, "
            f"and onnx cannot translate it to opset {OLDEST} ({' '.join(str(error).split())[:200]})."
        ) from error
    graph = upgraded.graph
    del graph.input[:]
    graph.input.extend(inputs)
    graph.initializer.extend(large)
    if oldest < _RESIZE_CHOOSES:
        _resize_as_before(graph)
    return upgraded


def _resize_as_before(graph: onnx.GraphProto) -> None:
    """Say of each Resize what went without saying, which onnx' translation forgets."""
    for node in graph.node:
        if node.op_type == "Resize":
            node.attribute.append(onnx.helper.make_attribute("coordinate_transformation_mode", "asymmetric"))
            node.attribute.append(onnx.helper.make_attribute("nearest_mode", "floor"))
