"""The types that onnxruntime's CPU computes its operators in."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.formats.keras.operations.promotion import D, is_float

_FLOATS = (D.FLOAT, D.DOUBLE)
_NUMBERS = (*_FLOATS, D.INT32, D.INT64)

# Types for which onnxruntime's CPU has the operator; those not listed take all.
_KERNELS: dict[str, tuple[ir.DataType, ...]] = {
    **dict.fromkeys(
        [
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Pow",
            "Max",
            "Min",
            "Mod",
            "Less",
            "Greater",
            "LessOrEqual",
            "GreaterOrEqual",
            "ReduceSum",
            "ReduceMax",
            "ReduceMin",
            "CumSum",
            "TopK",
            "ArgMax",
            "ArgMin",
            "Einsum",
            "MatMul",
            "Where",
            "Abs",
            "Neg",
            "Sign",
            "Clip",
            "Relu",
        ],
        _NUMBERS,
    ),
    **dict.fromkeys(
        [
            "Floor",
            "Ceil",
            "Round",
            "Sqrt",
            "Exp",
            "Log",
            "Sin",
            "Cos",
            "Tanh",
            "Reciprocal",
            "Sigmoid",
            "Softplus",
            "Softsign",
            "Elu",
            "Selu",
            "LeakyRelu",
            "Softmax",
            "LogSoftmax",
            "IsNaN",
            "IsInf",
            "HardSigmoid",
            "HardSwish",
            "ThresholdedRelu",
            "ReduceMean",
            "ReduceLogSumExp",
            "ReduceL2",
            "ReduceL1",
            "DFT",
            "LayerNormalization",
        ],
        _FLOATS,
    ),
    **dict.fromkeys(
        [
            "Tan",
            "Asin",
            "Acos",
            "Atan",
            "Sinh",
            "Cosh",
            "Asinh",
            "Acosh",
            "Atanh",
            "Erf",
            "Celu",
            "Det",
            "Mish",
            "Conv",
            "ConvTranspose",
            "AveragePool",
            "GridSample",
            "Resize",
        ],
        (D.FLOAT,),
    ),
    "ReduceProd": (D.FLOAT, D.INT32, D.INT64),
    "MaxPool": _FLOATS,
    "Equal": (*_NUMBERS, D.BOOL),
    "Pad": (*_NUMBERS, D.BOOL),
    "Trilu": (*_NUMBERS, D.BOOL),
    "ScatterND": (*_NUMBERS, D.BOOL),
    "Range": _NUMBERS,
}
# Operators that give truth values.
TESTS = frozenset(
    [
        "Less",
        "Greater",
        "LessOrEqual",
        "GreaterOrEqual",
        "Equal",
        "IsNaN",
        "IsInf",
        "And",
        "Or",
        "Xor",
        "Not",
    ],
)


def computed_in(op: str, dtype: ir.DataType) -> ir.DataType:
    """The type to cast to, which holds all that the given one holds."""
    types = _KERNELS.get(op)
    if types is None or dtype in types:
        return dtype
    if is_float(dtype):
        return D.FLOAT
    narrow = dtype in (D.BOOL, D.INT8, D.INT16, D.UINT8, D.UINT16, D.INT32)
    wanted = D.INT32 if narrow else D.INT64
    return wanted if wanted in types else D.FLOAT
