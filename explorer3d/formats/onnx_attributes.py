"""ONNX attributes as plain JSON values."""

from __future__ import annotations

import math
from typing import Any

import onnx_ir as ir

from explorer3d.formats.onnx_bodies import body
from explorer3d.graph.model import dtype_name

_SHOWN = 64
"""Tensors with more elements are described, not listed."""


def plain(attribute: ir.Attr) -> Any:
    """Give an attribute's value as numbers, strings and lists; NaN and infinities as strings."""
    if attribute.is_ref():
        return f"={attribute.ref_attr_name}"
    match attribute.type:
        case ir.AttributeType.FLOAT:
            return _number(attribute.as_float())
        case ir.AttributeType.FLOATS:
            return [_number(value) for value in attribute.as_floats()]
        case ir.AttributeType.INT:
            return attribute.as_int()
        case ir.AttributeType.INTS:
            return list(attribute.as_ints())
        case ir.AttributeType.STRING:
            return attribute.as_string()
        case ir.AttributeType.STRINGS:
            return list(attribute.as_strings())
        case ir.AttributeType.TENSOR:
            return plain_tensor(attribute.as_tensor())
        case ir.AttributeType.TENSORS:
            return [plain_tensor(tensor) for tensor in attribute.as_tensors()]
        case ir.AttributeType.GRAPH:
            return body(attribute.as_graph())
        case ir.AttributeType.GRAPHS:
            return [body(graph) for graph in attribute.as_graphs()]
    return str(attribute.value)


def plain_tensor(tensor: ir.TensorProtocol) -> Any:
    """Give a small tensor as nested lists, a large one as its type and shape."""
    if tensor.size > _SHOWN:
        return f"{dtype_name(tensor.dtype)}{list(tensor.shape.numpy())}"
    return _nested(tensor.numpy().tolist())


def _nested(value: Any) -> Any:
    if isinstance(value, list):
        return [_nested(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return _number(value) if isinstance(value, float) else value


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
