"""Weights as Keras 1 and Keras on Theano left them, in the order and layout of Keras 2.

References
----------
https://github.com/keras-team/keras/blob/2.2.4/keras/engine/saving.py, `preprocess_weights_for_loading`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.config import LayerConfig
from explorer3d.formats.keras.stored import Entry, weight_shape

# "convolution2d_1_W", "lstm_1_U_i", "batchnormalization_1_running_std"; the very first versions: "param_0".
_NAME = re.compile(
    r"(?:(?P<layer>.+)_)?(?P<own>(?:W|U|b)(?:_[a-z])?|alphas|gamma|beta|running_mean|running_std|param_\d+)"
)

_KERNEL = ("kernel", "bias")
_NAMES: dict[str, Sequence[str]] = {
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "Conv1D": _KERNEL,
    "Conv2D": _KERNEL,
    "Conv2DTranspose": _KERNEL,
    "Conv3D": _KERNEL,
    "Dense": _KERNEL,
    "Embedding": ("embeddings",),
    "PReLU": ("alpha",),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "SimpleRNN": ("kernel", "recurrent_kernel", "bias"),
}
"""In Keras' own order, which has never changed."""

_GATES = {"LSTM": (0, 2, 1, 3), "GRU": (0, 1, 2)}
"""Keras 1 kept a kernel, a recurrent kernel and a bias for each gate; of an LSTM in another order."""

_FLIPPED = frozenset({"Conv1D", "Conv2D", "Conv2DTranspose", "Conv3D", "ConvLSTM2D"})
"""Theano convolved with kernels that others correlate with."""


def with_layer(path: tuple[str, ...]) -> tuple[str, ...]:
    """A name as Keras 2 would give it: the layer is a step of its own."""
    match = _NAME.fullmatch(path[-1])
    if match is None or match["layer"] is None:
        return path
    return (*path[:-1], match["layer"], match["own"])


def adapted(entries: Sequence[Entry], layer: LayerConfig | None, backend: str) -> Sequence[Entry]:
    """A layer's tensors as Keras 2 on TensorFlow would have stored them.

    Parameters
    ----------
    entries : sequence of Entry
        In the file's order.
    layer : LayerConfig or None
    backend : str
        What Keras ran on when the file was written; empty if it does not say.
    """
    if layer is None:
        return entries
    inner = layer.config.get("layer")
    if isinstance(inner, dict) and isinstance(inner.get("class_name"), str):
        config = inner.get("config")
        # A layer that reads from both ends holds two of them, one behind the other.
        half = len(entries) // 2 if layer.class_name == "Bidirectional" else len(entries)
        return [
            entry
            for own in (entries[:half], entries[half:])
            for entry in _adapted(
                own, inner["class_name"], config if isinstance(config, dict) else {}, backend
            )
        ]
    return _adapted(entries, layer.class_name, layer.config, backend)


def _adapted(entries: Sequence[Entry], name: str, config: Any, backend: str) -> Sequence[Entry]:
    if _is_keras_1(entries):
        if name in _GATES:
            entries = _joined(entries, _GATES[name])
        elif len(entries) <= len(names := _NAMES.get(name, ())):
            entries = [Entry((own,), entry.tensor) for own, entry in zip(names, entries, strict=False)]
        entries = [_changed(entry, _layout(name, config)) for entry in entries]
    if backend == "theano" and name in _FLIPPED:
        entries = [_changed(entry, _flip) for entry in entries]
    return entries


def _is_keras_1(entries: Sequence[Entry]) -> bool:
    """Whether all names are Keras 1's; the last two of these words Keras 2 uses as well."""
    own = [entry.path[-1] for entry in entries]
    return bool(own) and all(map(_NAME.fullmatch, own)) and not {*own} <= {"gamma", "beta"}


def _joined(entries: Sequence[Entry], order: Sequence[int]) -> Sequence[Entry]:
    """One tensor of each kind for all gates."""
    if len(entries) != 3 * len(order):
        return entries
    return [
        Entry((name,), _along_last([entries[3 * gate + kind].tensor for gate in order]))
        for kind, name in enumerate(_NAMES["SimpleRNN"])
    ]


def _along_last(tensors: Sequence[ir.TensorProtocol]) -> ir.TensorProtocol:
    shapes = [weight_shape(tensor) for tensor in tensors]
    # Whether they fit together shows when the layer is emitted.
    shape = (*shapes[0][:-1], sum(shape[-1] if shape else 0 for shape in shapes))
    return ir.LazyTensor(
        lambda: ir.Tensor(np.concatenate([tensor.numpy() for tensor in tensors], axis=-1)),
        dtype=tensors[0].dtype,
        shape=ir.Shape(shape),
    )


Change = Callable[[np.ndarray], np.ndarray]


def _changed(entry: Entry, change: Change) -> Entry:
    """The kernel of a convolution in another layout; everything else as it is."""
    source = entry.tensor
    shape = weight_shape(source)
    if len(shape) < 3 or not entry.path[-1].endswith("kernel"):
        return entry
    # Of no size: only its shape is wanted.
    changed = change(np.broadcast_to(np.empty((), np.uint8), shape)).shape
    return Entry(
        entry.path,
        ir.LazyTensor(
            lambda: ir.Tensor(np.ascontiguousarray(change(source.numpy()))),
            dtype=source.dtype,
            shape=ir.Shape(changed),
        ),
    )


def _layout(name: str, config: Any) -> Change:
    """From Keras 1's order of a kernel's axes to (space, in, out)."""
    if name == "Conv1D":
        return lambda kernel: kernel[:, 0] if kernel.ndim == 4 and kernel.shape[1] == 1 else kernel
    first = config.get("data_format") == "channels_first"
    if name == "Conv2DTranspose":
        return lambda kernel: kernel.transpose((2, 3, 0, 1) if first else (0, 1, 3, 2))
    if first:
        # (out, in, space…)
        return lambda kernel: kernel.transpose(*range(2, kernel.ndim), 1, 0)
    return lambda kernel: kernel


def _flip(kernel: np.ndarray) -> np.ndarray:
    return kernel[tuple(slice(None, None, -1) for _ in range(kernel.ndim - 2))]
