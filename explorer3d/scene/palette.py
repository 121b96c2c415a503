"""Colours of the stage: one accent per operator family on calm dark ground."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


def _rgb(text: str) -> Colour:
    red, green, blue = bytes.fromhex(text.lstrip("#"))
    return red, green, blue


BACKGROUND_TOP, BACKGROUND_BOTTOM = _rgb("#14162b"), _rgb("#06060f")
TEXT, TEXT_DIM, TEXT_FAINT = _rgb("#f2f3fb"), _rgb("#aab0d0"), _rgb("#6f7599")
EDGE, EDGE_ACTIVE = _rgb("#565c8c"), _rgb("#9aa4ff")
HANDLE, HANDLE_ACTIVE = _rgb("#3d3f68"), _rgb("#7076f0")
SELECTION, FRAME = _rgb("#ffd166"), _rgb("#363a63")
RIM = _rgb("#6a70a8")


@dataclass(frozen=True)
class Family:
    """Operators that do the same kind of thing and share a colour."""

    title: str
    colour: Colour
    accent: Colour


# Bodies keep the hues of the reference, lightened until they stand out from the ground; the accent
# is for text.
FAMILIES: dict[str, Family] = {
    "input": Family("Input", _rgb("#0b7a44"), _rgb("#5fe3a1")),
    "convolution": Family("Convolution", _rgb("#2f7d14"), _rgb("#8fe070")),
    "activation": Family("Activation", _rgb("#9c2366"), _rgb("#ff8ac4")),
    "pooling": Family("Pooling", _rgb("#3434a8"), _rgb("#9a9cff")),
    "dense": Family("Dense", _rgb("#a8741f"), _rgb("#ffc766")),
    "normalisation": Family("Normalisation", _rgb("#1d7f8c"), _rgb("#6fe0ee")),
    "merge": Family("Merge", _rgb("#7d3f82"), _rgb("#e59bea")),
    "shape": Family("Shape", _rgb("#1a6699"), _rgb("#74c4f7")),
    "recurrent": Family("Recurrent", _rgb("#9c4a2f"), _rgb("#ffab8a")),
    "other": Family("Other", _rgb("#565b7c"), _rgb("#b6bbd8")),
}

# The first family one of whose words stands in the operator's lower-case name.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("normalisation", ("normalization", "instancenorm", "lrn", "rescaling", "layernorm", "batchnorm")),
    ("activation", (
        "relu", "softmax", "sigmoid", "tanh", "activation", "elu", "softplus", "softsign", "swish", "gelu",
        "mish", "clip", "silu", "erf", "hardswish",
    )),
    ("pooling", ("pool", "reducemean")),
    ("shape", (
        "flatten", "reshape", "transpose", "squeeze", "padding", "pad", "cropping", "upsampling", "resize",
        "permute", "slice", "split", "gather", "expand", "tile", "repeat", "cast", "identity", "shape",
        "depthtospace", "spacetodepth", "constant", "dropout",
    )),
    ("convolution", ("conv",)),
    ("dense", ("dense", "gemm", "matmul", "einsum", "linear")),
    ("recurrent", ("lstm", "gru", "rnn")),
    ("merge", (
        "add", "concat", "multiply", "mul", "sub", "average", "maximum", "minimum", "div", "sum", "dot",
    )),
)  # fmt: skip


def family_of(op: str) -> str:
    """Key in `FAMILIES` for a Keras layer class or an ONNX operator."""
    lowered = op.lower()
    if lowered == "input":
        return "input"
    for family, words in _WORDS:
        if any(word in lowered for word in words):
            return family
    return "other"
