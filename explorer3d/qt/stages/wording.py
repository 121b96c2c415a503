"""What stands below a stage."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.compute.stages import Stage
from explorer3d.graph.model import Layer

_WORDS = {
    "conv": "conv",
    "conv2d": "conv",
    "conv2dtranspose": "transposed conv",
    "convtranspose": "transposed conv",
    "depthwiseconv2d": "depthwise conv",
    "separableconv2d": "separable conv",
    "maxpool": "max pool",
    "maxpooling2d": "max pool",
    "averagepool": "average pool",
    "averagepooling2d": "average pool",
    "batchnormalization": "batch norm",
    "relu": "ReLU",
    "leakyrelu": "leaky ReLU",
    "prelu": "PReLU",
    "add": "add",
    "mul": "multiply",
    "multiply": "multiply",
    "concat": "concatenate",
    "dropout": "dropout",
}
"""Operators and layer classes in the words of a talk, by their lower-case names; others keep theirs."""

_KERNELS = ("kernel_shape", "kernel_size", "pool_size")


def operation_text(layer: Layer | None, stage: Stage) -> str:
    """What a layer does to the picture: ``3×3 conv, stride 2``."""
    if layer is None:
        return "input"
    words = _WORDS.get(layer.op.lower(), layer.op)
    attributes = layer.attributes
    if layer.op == "Clip":
        return _clip_text(layer)
    if words == "conv" and attributes.get("group", 1) == stage.maps > 1:
        words = "depthwise conv"
    kernel = next((size for name in _KERNELS if (size := _size_text(attributes.get(name)))), "")
    if not kernel:
        kernel = _kernel_of_weights(layer)
    strides = attributes.get("strides")
    step = _size_text(strides, alone=True) if kernel else ""
    activation = attributes.get("activation")
    follows = activation if isinstance(activation, str) and activation != "linear" else ""
    if layer.op == "Activation" and follows:
        return _WORDS.get(follows, follows)
    first = f"{kernel} {words}" if kernel else words
    after = [f"stride {step}" if step not in ("", "1") else "", _WORDS.get(follows, follows)]
    return ", ".join(filter(None, (first, *after)))


def size_text(stage: Stage) -> str:
    """How many maps there are, and how large: ``32 maps, 112×112``."""
    size = f"{stage.height}×{stage.width}"
    if stage.depth > 1:
        size += f", middle of {stage.depth:,} slices"
    if stage.is_input:
        kind = {1: "grey", 3: "colour"}.get(stage.maps, f"{stage.maps} channels")
        return f"{kind}, {size}"
    if stage.patches:
        return f"{stage.maps:,} features, {size} patches"
    return f"{stage.maps:,} map{'' if stage.maps == 1 else 's'}, {size}"


def drawn_text(stage: Stage) -> str:
    """Which maps are drawn, and their smallest and largest number: ``map 7 · −1.5 … 2``."""
    low, high = (f"{number:.3g}".replace("-", "−") for number in stage.extent)
    if stage.is_input:
        return f"{low} … {high}"
    word = "feature" if stage.patches else "map"
    if not stage.channels:
        return f"norm of {stage.maps:,} {word}s · {low} … {high}"
    numbers = " ".join(map(str, stage.channels))
    name = word if len(stage.channels) == 1 else f"{word}s"
    return f"{name} {numbers}{' (last)' if stage.clipped else ''} · {low} … {high}"


def caption(layer: Layer | None, stage: Stage) -> tuple[str, str, str, str]:
    """The four lines below a stage, its name first."""
    return stage.layer, operation_text(layer, stage), size_text(stage), drawn_text(stage)


def _size_text(value: object, alone: bool = False) -> str:
    """A kernel's or stride's two sizes; alone: one number where they are equal."""
    sizes = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not sizes or not all(isinstance(size, int) for size in sizes):
        return ""
    if alone and len(set(sizes)) == 1:
        return str(sizes[0])
    if len(sizes) == 1:
        sizes *= 2
    return "×".join(map(str, sizes))


def _kernel_of_weights(layer: Layer) -> str:
    """ONNX lets a convolution leave out what its weights tell."""
    for weight in layer.weights:
        if {"O", "H", "W"} <= set(weight.axes):
            space = (letter for letter in "DHW" if letter in weight.axes)
            return "×".join(str(weight.shape[weight.axes.index(letter)]) for letter in space)
    return ""


def _clip_text(layer: Layer) -> str:
    """Between which numbers it clips; the best known pair has a name."""
    limits = dict(layer.attributes)
    limits.update((weight.title, weight.numpy().item()) for weight in layer.weights if weight.size == 1)
    low, high = limits.get("min"), limits.get("max")
    if (low, high) == (0, 6):
        return "ReLU6"
    ends = (f"{word} {limit:g}" for word, limit in (("from", low), ("to", high)) if _is_number(limit))
    return " ".join(["clip", *ends]).replace("-", "−")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))
