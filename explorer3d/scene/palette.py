"""Colours of the stage: one accent per operator family on calm dark ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

Colour = tuple[int, int, int]


def _rgb(text: str) -> Colour:
    red, green, blue = bytes.fromhex(text.lstrip("#"))
    return red, green, blue


@dataclass(frozen=True)
class Theme:
    """Colours of everything that is not data.

    Attributes
    ----------
    top, bottom : (int, int, int)
        Ends of the background's gradient.
    text, dim, faint : (int, int, int)
        Writing, by importance.
    edge, edge_active, handle, handle_active, selection, frame, rim : (int, int, int)
        Lines and squares; `rim` surrounds each tile.
    best, other : (int, int, int)
        Bars of the most probable class and of the others.
    accent_share : float
        How much of a family's accent (against its body's colour) its writing takes.
    """

    name: str
    top: Colour
    bottom: Colour
    text: Colour
    dim: Colour
    faint: Colour
    edge: Colour
    edge_active: Colour
    handle: Colour
    handle_active: Colour
    selection: Colour
    frame: Colour
    rim: Colour
    best: Colour
    other: Colour
    accent_share: float

    def accent(self, family: str) -> Colour:
        """Colour in which an operator of a family is written."""
        body, accent = FAMILIES[family].colour, FAMILIES[family].accent
        # On light ground the bodies' own colours are still too light for small type.
        dark = [round(0.8 * value) for value in body]
        red, green, blue = (
            round(value + (other - value) * self.accent_share)
            for value, other in zip(dark, accent, strict=True)
        )
        return red, green, blue


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
    "attention": Family("Attention", _rgb("#857f14"), _rgb("#eeea6e")),
    "other": Family("Other", _rgb("#565b7c"), _rgb("#b6bbd8")),
}

# The first family one of whose words stands in the operator's lower-case name.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # Before the words that stand within these: ConvLSTM is no convolution, attention no multiplication.
    ("attention", ("attention",)),
    ("recurrent", ("lstm", "gru", "rnn", "bidirectional", "timedistributed", "scan")),
    ("normalisation", ("normalization", "instancenorm", "lrn", "rescaling", "layernorm", "batchnorm")),
    ("activation", (
        "relu", "softmax", "sigmoid", "tanh", "activation", "elu", "softplus", "softsign", "swish", "gelu",
        "mish", "clip", "silu", "erf", "hardswish",
    )),
    ("pooling", ("pool", "reducemean")),
    ("convolution", ("conv",)),
    ("shape", (
        "flatten", "reshape", "transpose", "squeeze", "padding", "pad", "cropping", "upsampling", "resiz",
        "permute", "slice", "split", "gather", "expand", "tile", "repeat", "cast", "identity", "shape",
        "depthtospace", "spacetodepth", "constant", "dropout", "getitem",
    )),
    ("dense", ("dense", "gemm", "matmul", "einsum", "linear", "embedding")),
    ("merge", (
        "add", "concat", "multiply", "mul", "sub", "average", "maximum", "minimum", "div", "sum", "dot",
    )),
)  # fmt: skip


DARK = Theme(
    name="dark",
    top=_rgb("#14162b"), bottom=_rgb("#06060f"),
    text=_rgb("#f2f3fb"), dim=_rgb("#aab0d0"), faint=_rgb("#6f7599"),
    edge=_rgb("#565c8c"), edge_active=_rgb("#9aa4ff"),
    handle=_rgb("#3d3f68"), handle_active=_rgb("#7076f0"),
    selection=_rgb("#ffd166"), frame=_rgb("#363a63"), rim=_rgb("#6a70a8"),
    best=_rgb("#ffd166"), other=_rgb("#8990f0"),
    accent_share=1.0,
)  # fmt: skip
LIGHT = Theme(
    name="light",
    top=_rgb("#fbfbfe"), bottom=_rgb("#e4e7f3"),
    text=_rgb("#14162b"), dim=_rgb("#454b6e"), faint=_rgb("#8086a6"),
    edge=_rgb("#9198bd"), edge_active=_rgb("#383bab"),
    handle=_rgb("#b9bedb"), handle_active=_rgb("#5157e0"),
    selection=_rgb("#e07b00"), frame=_rgb("#b4bad8"), rim=_rgb("#8f96bd"),
    best=_rgb("#e07b00"), other=_rgb("#5157e0"),
    accent_share=0.0,
)  # fmt: skip
PICTURE_GROUND, PICTURE_INK = _rgb("#101122"), _rgb("#e2e4f0")
"""Of pictures with writing in them that go to files, whatever theme the window has."""
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


@lru_cache(maxsize=4096)
def family_of(op: str) -> str:
    """Key in `FAMILIES` for a Keras layer class or an ONNX operator."""
    lowered = op.lower()
    if lowered == "input":
        return "input"
    for family, words in _WORDS:
        if any(word in lowered for word in words):
            return family
    return "other"
