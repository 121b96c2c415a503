"""How many multiply-adds a node costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import onnx_ir as ir

from explorer3d.graph.model import Shape

Shapes = Mapping[str, Shape | None]


def _convolution(node: ir.Node, shapes: Shapes, weight: int) -> int | None:
    """Each output element sums over the kernel and the input channels of its group: (M, C/group, ...)."""
    kernel, output = _shape(node.inputs[weight], shapes), _shape(node.outputs[0], shapes)
    return None if kernel is None or output is None else prod(output) * prod(kernel[1:])


def _transposed_convolution(node: ir.Node, shapes: Shapes) -> int | None:
    """Each input element is spread over the kernel and its group's output channels: (C, M/group, ...)."""
    data, kernel = _shape(node.inputs[0], shapes), _shape(node.inputs[1], shapes)
    return None if data is None or kernel is None else prod(data) * prod(kernel[1:])


def _gemm(node: ir.Node, shapes: Shapes) -> int | None:
    left, output = _shape(node.inputs[0], shapes), _shape(node.outputs[0], shapes)
    if left is None or output is None:
        return None
    transposed = node.attributes.get_int("transA", 0)
    return prod(output) * left[0 if transposed else -1]


def _matmul(node: ir.Node, shapes: Shapes) -> int | None:
    left, output = _shape(node.inputs[0], shapes), _shape(node.outputs[0], shapes)
    return None if not left or output is None else prod(output) * left[-1]


def _recurrent(node: ir.Node, shapes: Shapes) -> int | None:
    """At each step and in each direction the input and the state are multiplied by all gates' weights.

    X is (T, N, I), W (D, gates · H, I), R (D, gates · H, H).
    """
    data, kernel, recurrent = (_shape(value, shapes) for value in node.inputs[:3])
    if data is None or kernel is None or recurrent is None:
        return None
    return data[0] * data[1] * (prod(kernel) + prod(recurrent))


def _einsum(node: ir.Node, shapes: Shapes) -> int | None:
    """Two tensors: one product for each choice of all indices."""
    terms = node.attributes.get_string("equation", "").replace(" ", "").split("->")[0].split(",")
    operands = [_shape(value, shapes) for value in node.inputs]
    if len(operands) != 2 or len(terms) != 2:
        return None
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, operands, strict=True):
        if shape is None or len(term) != len(shape) or not term.isalpha():
            return None
        sizes.update(zip(term, shape, strict=True))
    return prod(sizes.values())


MACS: dict[str, Callable[[ir.Node, Shapes], int | None]] = {
    "Conv": lambda node, shapes: _convolution(node, shapes, 1),
    "ConvInteger": lambda node, shapes: _convolution(node, shapes, 1),
    "QLinearConv": lambda node, shapes: _convolution(node, shapes, 3),
    "ConvTranspose": _transposed_convolution,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": _matmul,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "Einsum": _einsum,
}
"""Operator to its count; an operator in neither table multiplies and adds nothing worth counting."""

_UNCOUNTED = frozenset({"If", "Loop", "Scan", "Attention", "DeformConv"})
"""Operators that cost a lot but have no rule."""


def macs(node: ir.Node, shapes: Shapes) -> int | None:
    """Count the multiply-adds of one run of a node; biases are not counted.

    Parameters
    ----------
    node : onnx_ir.Node
    shapes : mapping of value name to tuple of int or None, or None

    Returns
    -------
    int or None
        None if a shape it depends on is unknown, or there is no rule for the operator.

    References
    ----------
    https://onnx.ai/onnx/operators/onnx__Conv.html, …/onnx__ConvTranspose.html, …/onnx__Gemm.html,
    …/onnx__LSTM.html, …/onnx__Einsum.html
    """
    if node.op_type in _UNCOUNTED:
        return None
    count = MACS.get(node.op_type)
    try:
        return 0 if count is None else count(node, shapes)
    except (IndexError, ValueError):
        return None


def _shape(value: ir.Value | None, shapes: Shapes) -> tuple[int, ...] | None:
    shape = None if value is None else shapes.get(value.name or "")
    if shape is None:
        return None
    known = tuple(size for size in shape if size is not None)
    return known if len(known) == len(shape) else None
