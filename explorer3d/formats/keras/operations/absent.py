"""Operations of Keras that do not run, and why.

A test holds this list and `KERAS_OPERATIONS` against Keras' own.
"""

from __future__ import annotations

_INPUT_DECIDES = "gives as many numbers as its input decides"
_FUNCTIONS = "calls a Python function, which is never run"
_NOT_IN_ONNX = "has no counterpart in ONNX"
_COMPLEX = "gives or takes complex numbers, which ONNX does not compute with"
_BITS = "reads the bits of numbers, which ONNX cannot"

# Each completes "the operation X …".
ABSENT: dict[str, str] = {
    "Argpartition": "gives an order that Keras leaves open",
    "AssociativeScan": _FUNCTIONS,
    "Bincount": _INPUT_DECIDES,
    "CTCDecode": _INPUT_DECIDES,
    "CTCLoss": _NOT_IN_ONNX,
    "Cholesky": _NOT_IN_ONNX,
    "CholeskyInverse": _NOT_IN_ONNX,
    "Cond": _FUNCTIONS,
    "Eig": _NOT_IN_ONNX,
    "Eigh": _NOT_IN_ONNX,
    "ElasticTransform": "gives random results",
    "FakeQuantWithMinMaxVars": "serves training",
    "ForiLoop": _FUNCTIONS,
    "Inv": _NOT_IN_ONNX,
    "JVP": _FUNCTIONS,
    "Lstsq": _NOT_IN_ONNX,
    "LuFactor": _NOT_IN_ONNX,
    "Map": _FUNCTIONS,
    "MatrixRank": _NOT_IN_ONNX,
    "Nextafter": _BITS,
    "Nonzero": _INPUT_DECIDES,
    "PerspectiveTransform": _NOT_IN_ONNX,
    "Pinv": _NOT_IN_ONNX,
    "Polar": _COMPLEX,
    "Qr": _NOT_IN_ONNX,
    "SVD": _NOT_IN_ONNX,
    "Scan": _FUNCTIONS,
    "Solve": _NOT_IN_ONNX,
    "SolveTriangular": _NOT_IN_ONNX,
    "Switch": _FUNCTIONS,
    "Unique": _INPUT_DECIDES,
    "VectorizedMap": _FUNCTIONS,
    "View": _BITS,
    "ViewAsComplex": _COMPLEX,
    "ViewAsReal": _COMPLEX,
    "WhileLoop": _FUNCTIONS,
}
