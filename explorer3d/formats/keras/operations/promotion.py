"""Which type an operation on tensors of several types computes in, as Keras decides it.

References
----------
``keras/src/backend/common/dtypes.py``, after https://docs.jax.dev/en/latest/type_promotion.html
"""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.formats.keras.settings import Unsupported

D = ir.DataType

# A Python number has no size of its own: it takes that of what it meets.
Kind = ir.DataType | type[int] | type[float]

_ABOVE: dict[Kind, tuple[Kind, ...]] = {
    D.BOOL: (int,),
    D.UINT8: (D.INT16, D.UINT16),
    D.UINT16: (D.INT32, D.UINT32),
    D.UINT32: (D.INT64, D.UINT64),
    D.UINT64: (float,),
    int: (D.UINT8, D.INT8),
    D.INT8: (D.INT16,),
    D.INT16: (D.INT32,),
    D.INT32: (D.INT64,),
    D.INT64: (float,),
    float: (D.FLOAT,),
    D.FLOAT: (D.DOUBLE,),
    D.DOUBLE: (),
}

# Half precision is computed in float32 here.
_TYPES = {
    "float16": D.FLOAT,
    "bfloat16": D.FLOAT,
    "half": D.FLOAT,
    "float32": D.FLOAT,
    "float": D.FLOAT,
    "float64": D.DOUBLE,
    "double": D.DOUBLE,
    "int8": D.INT8,
    "int16": D.INT16,
    "int32": D.INT32,
    "int64": D.INT64,
    "int": D.INT32,
    "uint8": D.UINT8,
    "uint16": D.UINT16,
    "uint32": D.UINT32,
    "uint64": D.UINT64,
    "bool": D.BOOL,
}


def named(dtype: str) -> ir.DataType:
    """The type of that name in Keras or TensorFlow."""
    if dtype not in _TYPES:
        raise Unsupported(f"it computes with numbers of type {dtype}, which cannot be done here")
    return _TYPES[dtype]


def result_type(*kinds: Kind) -> ir.DataType:
    """The least type that holds all of them."""
    if all(kind in (int, float) for kind in kinds):
        return D.FLOAT if float in kinds else D.INT32
    given = set(kinds)
    common = set.intersection(*(_bounds(kind) for kind in given))
    least = common & given or {kind for kind in common if common <= _bounds(kind)}
    (found,) = least
    if found is int:
        return D.INT32
    if found is float:
        return D.FLOAT
    assert isinstance(found, ir.DataType)
    return D.UINT32 if found == D.UINT64 else found


def _bounds(kind: Kind) -> set[Kind]:
    if kind not in _ABOVE:
        raise Unsupported("it computes with numbers of a type that cannot be done here")
    found: set[Kind] = {kind}
    for above in _ABOVE[kind]:
        found |= _bounds(above)
    return found


def is_float(dtype: ir.DataType) -> bool:
    return dtype in (D.FLOAT, D.DOUBLE)


def with_float(dtype: ir.DataType) -> ir.DataType:
    """Of a function of real numbers."""
    return result_type(dtype, float)
