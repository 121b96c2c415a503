"""Checks on the tensors of an ONNX file before any of them is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.errors import ModelError

_TYPED_FIELDS = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


def check_tensors(path: Path, proto: onnx.ModelProto, apart: Mapping[str, np.ndarray]) -> bool:
    """Compare each tensor's size with its data, and keep external data inside the model's folder.

    Parameters
    ----------
    path : Path
    proto : onnx.ModelProto
    apart : mapping of str to array
        Data of initialisers of the top graph that is kept outside the message.

    Returns
    -------
    bool
        Whether any of them lies in another file.

    Raises
    ------
    ModelError
        Naming the first tensor at fault.

    References
    ----------
    https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
    """
    outside = False
    for tensor in proto.graph.initializer:
        outside |= _check(path, tensor, apart.get(tensor.name))
    for tensor in _inner_tensors(proto):
        outside |= _check(path, tensor, None)
    return outside


def _check(path: Path, tensor: onnx.TensorProto, apart: np.ndarray | None) -> bool:
    """Whether it lies in another file; ModelError if it cannot be what it says."""
    try:
        dtype = ir.DataType(tensor.data_type)
        bits = 0 if dtype == ir.DataType.STRING else dtype.bitwidth
    except (ValueError, TypeError):
        raise ModelError(
            f"{path.name}: the tensor '{tensor.name}' has the element type {tensor.data_type}, "
            "which ONNX does not define."
        ) from None
    if any(size < 0 for size in tensor.dims):
        raise ModelError(f"{path.name}: the tensor '{tensor.name}' has a negative size.")
    count = prod(tensor.dims)
    expected = (count * bits + 7) // 8
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        _check_external(path, tensor, expected)
        return True
    if apart is not None:
        if apart.nbytes != expected:
            _complain(path, tensor, f"holds {apart.nbytes} bytes, its shape needs {expected}")
    elif tensor.HasField("raw_data"):
        if dtype == ir.DataType.STRING or len(tensor.raw_data) != expected:
            _complain(path, tensor, f"holds {len(tensor.raw_data)} bytes, its shape needs {expected}")
    else:
        held = max(len(getattr(tensor, field)) for field in _TYPED_FIELDS)
        # Types narrower than a byte share one entry; complex numbers take two.
        fits = held == count or (bits < 8 and held == expected) or held == 2 * count
        if not fits:
            _complain(path, tensor, f"holds {held} values, its shape needs {count}")
    return False


def _complain(path: Path, tensor: onnx.TensorProto, what: str) -> None:
    raise ModelError(
        f"{path.name} is damaged: the tensor '{tensor.name}' of shape {list(tensor.dims)} {what}."
    )


def _check_external(path: Path, tensor: onnx.TensorProto, expected: int) -> None:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    folder = path.parent.resolve()
    relative = Path(location)
    if not location or "\0" in location or relative.is_absolute() or ".." in relative.parts:
        raise ModelError(
            f"{path.name} wants its weights from '{location}', outside its own folder. "
            "It was not opened, since a model may only read files beside it."
        )
    target = (folder / relative).resolve()
    if not target.is_relative_to(folder):
        raise ModelError(
            f"{path.name} wants its weights from '{location}', a link out of its own folder. "
            "It was not opened, since a model may only read files beside it."
        )
    if not target.exists():
        raise ModelError(
            f"{path.name} keeps its weights in a second file, '{location}', which is missing. "
            "Put it into the same folder."
        )
    if not target.is_file():
        raise ModelError(f"{path.name} wants its weights from '{location}', which is not a regular file.")
    if target.stat().st_nlink > 1:
        raise ModelError(
            f"{path.name} wants its weights from '{location}', which has several hard links. Copy the file."
        )
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", str(expected)))
    except ValueError:
        raise ModelError(
            f"{path.name} is damaged: the place of the tensor '{tensor.name}' in '{location}' is no number."
        ) from None
    if offset < 0 or length != expected or offset + length > target.stat().st_size:
        raise ModelError(
            f"{path.name} and '{location}' do not belong together: the tensor '{tensor.name}' should be "
            f"{expected} bytes at {offset}, the file has {target.stat().st_size}."
        )


def _inner_tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """All but the initialisers of the top graph."""
    for sparse in proto.graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _in_nodes(proto.graph.node)
    for function in proto.functions:
        yield from _in_nodes(function.node)


def _in_graph(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _in_nodes(graph.node)


def _in_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("g"):
                yield from _in_graph(attribute.g)
            for graph in attribute.graphs:
                yield from _in_graph(graph)
