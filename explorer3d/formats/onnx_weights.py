"""What the weights of ONNX operators are called and how their axes run."""

from __future__ import annotations

from functools import lru_cache

import onnx
import onnx_ir as ir

_SMALL = 64
"""Constants of integers up to this many elements are settings (axes, shapes), not weights."""

# https://onnx.ai/onnx/operators/ names the weights of an operator W, B, C …, which says little on a stage.
_LABELS: dict[tuple[str, str], str] = {
    ("Gemm", "B"): "weights",
    ("Gemm", "C"): "bias",
    ("MatMul", "A"): "weights",
    ("MatMul", "B"): "weights",
    ("Add", "A"): "bias",
    ("Add", "B"): "bias",
}
_COMMON: dict[str, str] = {
    "W": "kernel",
    "w": "kernel",
    "bias": "bias",
    "input_mean": "mean",
    "mean": "mean",
    "input_var": "variance",
    "var": "variance",
}
# The operators that call a bias B; of others, such as Div, B is the second operand.
_BIASED = frozenset(
    {
        "BatchNormalization", "Conv", "ConvTranspose", "GRU", "InstanceNormalization", "LSTM",
        "LayerNormalization", "QLinearConv", "RNN",
    }
)  # fmt: skip
_SPACE = {1: "W", 2: "HW", 3: "DHW"}


def label_of(op: str, formal: str) -> str:
    """Word for a weight, by the name the operator's documentation gives it."""
    if formal == "B" and op in _BIASED:
        return "bias"
    return _LABELS.get((op, formal), _COMMON.get(formal, formal))


def axes_of(op: str, formal: str, rank: int, transposed: bool) -> str:
    """One letter per axis as in `Weight.axes`; empty if unknown.

    Parameters
    ----------
    op, formal : str
        Operator, and the name its documentation gives the weight.
    rank : int
    transposed : bool
        The node's ``transB``.
    """
    space = _SPACE.get(rank - 2, "")
    if space and formal.lower() == "w" and op not in ("LSTM", "GRU", "RNN"):
        return ("IO" if op == "ConvTranspose" else "OI") + space
    if rank == 2 and (op, formal) == ("Gemm", "B"):
        return "OI" if transposed else "IO"
    if rank == 2 and (op, formal) == ("MatMul", "B"):
        return "IO"
    return ""


def is_setting(tensor: ir.TensorProtocol) -> bool:
    """Whether a constant says how an operator works rather than what it has learned."""
    return tensor.size <= _SMALL and not tensor.dtype.is_floating_point()


def formal_name(node: ir.Node, position: int) -> str:
    """Name an input as the operator's documentation does (``shape``, ``axes``)."""
    return _formal_name(node.op_type, node.domain, position)


@lru_cache(1024)
def _formal_name(op: str, domain: str, position: int) -> str:
    try:
        return str(onnx.defs.get_schema(op, domain=domain).inputs[position].name)
    except (onnx.defs.SchemaError, IndexError):
        return f"input{position}"
