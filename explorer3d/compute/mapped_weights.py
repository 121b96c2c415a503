"""Weights that onnxruntime maps from the model's own file, where it reads each once or never."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx_ir as ir
import onnxruntime as ort

from explorer3d.graph.on_disk import Place, place
from explorer3d.graph.rearranged import RearrangedTensor
from explorer3d.graph.skeleton import Skeleton

WORTH_MAPPING = 1 << 20
"""In bytes. onnxruntime opens and maps the file for each weight: copying a small one is faster."""


def map_weights(skeleton: Skeleton, options: ort.SessionOptions) -> dict[str, ir.TensorProtocol]:
    """Point a skeleton at the file its weights lie in, so that no copy is made of what stays as it is.

    A kernel whose axes are stored in another order is transposed by a node, and one that cannot be used
    where it lies is reshaped by one, which onnxruntime carries out once if it optimises.

    Parameters
    ----------
    skeleton : Skeleton
        Its graph is changed.
    options : SessionOptions
        Is told the folder.

    Returns
    -------
    dict of str to tensor
        The weights that are small, in no file, or in another folder, and must be lent from memory.
    """
    left: dict[str, ir.TensorProtocol] = {}
    nodes: list[onnx.NodeProto] = []
    folder: Path | None = None
    for proto in skeleton.proto.graph.initializer:
        tensor = skeleton.weights.get(proto.name)
        if tensor is None:
            continue
        stored = tensor.source if isinstance(tensor, RearrangedTensor) else tensor
        worth = stored.dtype == tensor.dtype and stored.nbytes >= WORTH_MAPPING
        found = place(stored) if worth else None
        if found is None or (folder is not None and found.path.parent != folder):
            left[proto.name] = tensor
            continue
        folder = found.path.parent
        if isinstance(tensor, RearrangedTensor):
            nodes += _rearrangement(proto.name, tensor)
            proto.name = f"{proto.name}/stored"
            del proto.dims[:]
            proto.dims.extend(stored.shape.numpy())
        _refer(proto, found, stored.nbytes)
    if folder is not None:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
        graph = skeleton.proto.graph
        graph.initializer.extend(
            onnx.TensorProto(
                name=node.input[1], data_type=onnx.TensorProto.INT64, dims=[len(shape)], int64_data=shape
            )
            for node in nodes
            if node.op_type == "Reshape" and (shape := skeleton.weights[node.output[0]].shape.numpy())
        )
        nodes += graph.node
        del graph.node[:]
        graph.node.extend(nodes)
    return left


def _rearrangement(name: str, tensor: RearrangedTensor) -> list[onnx.NodeProto]:
    order, source, nodes = tensor.order, f"{name}/stored", []
    is_moved = order != tuple(range(len(order)))
    is_reshaped = tensor.shape.numpy() != tuple(tensor.source.shape.numpy()[axis] for axis in order)
    if is_moved:
        moved = f"{name}/moved" if is_reshaped else name
        nodes.append(onnx.helper.make_node("Transpose", [source], [moved], f"{name}/Transpose", perm=order))
        source = moved
    if is_reshaped or not is_moved:
        nodes.append(onnx.helper.make_node("Reshape", [source, f"{name}/shape"], [name], f"{name}/Reshape"))
    return nodes


def _refer(proto: onnx.TensorProto, found: Place, size: int) -> None:
    del proto.external_data[:]
    entries = {"location": found.path.name, "offset": str(found.offset), "length": str(size)}
    for key, value in entries.items():
        proto.external_data.add(key=key, value=value)
