"""``keras.ops.nn`` against Keras: activations, convolution, pooling, normalisation, attention, losses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from keras.src.activations.activations import Mish
from keras.src.ops import nn

from tests.formats.keras_operations import COUNT, Draw, compare, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET

REAL = ("float32", "float32", "float64")


def _real(d: Draw, least: int = 0) -> Any:
    return d.source(*d.shape(least), dtype=d.of(*REAL))


def _of(function: Callable[..., Any], **more: Callable[[Draw], Any]) -> Callable[[Draw], Any]:
    return lambda d: function(_real(d), **{name: make(d) for name, make in more.items()})


def _axis(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x = _real(d, 1)
        return function(x, axis=d.of(d.axis(len(x.shape)), None, -1))

    return draw


def _relu(d: Draw) -> Any:
    slope, highest = d.of(0.0, 0.3), d.of(None, 1.5)
    return keras.activations.relu(_real(d), negative_slope=slope, max_value=highest, threshold=d.of(0.0, 0.4))


def _glu(d: Draw) -> Any:
    x = d.source(*(2 * size for size in d.shape(1)), dtype=d.of(*REAL))
    return ops.glu(x, axis=d.axis(len(x.shape), 1))


def _constant(d: Draw, *shape: int) -> np.ndarray:
    return d.noise.normal(0, 0.5, shape).astype("float32")


def _kernel(d: Draw, *shape: int) -> Any:
    """A constant, or computed from an input."""
    return _constant(d, *shape) if d.maybe() else ops.max(d.source(*shape), axis=0)


def _window(d: Draw, rank: int) -> dict[str, Any]:
    strides: Any = tuple(d.number(1, 4) for _ in range(rank))
    dilation: Any = tuple(1 if max(strides) > 1 else d.number(1, 3) for _ in range(rank))
    if d.number(0, 3) == 0:
        strides, dilation = strides[0], 1
    return {"strides": strides, "dilation_rate": dilation, "padding": d.of("valid", "same")}


def _maps(d: Draw, rank: int, channels: int) -> Any:
    return d.source(*(int(size) for size in d.noise.choice(np.arange(9, 14), rank, replace=False)), channels)


def _conv(d: Draw) -> Any:
    rank = d.number(1, 4)
    channels, filters = d.number(1, 5), d.number(1, 5)
    kernel = _kernel(d, *(d.number(1, 4) for _ in range(rank)), channels, filters)
    return ops.conv(_maps(d, rank, channels), kernel, **_window(d, rank))


def _depthwise(d: Draw) -> Any:
    rank, channels = d.number(1, 3), d.number(1, 4)
    kernel = _kernel(d, *(d.number(1, 4) for _ in range(rank)), channels, d.number(1, 3))
    return ops.depthwise_conv(_maps(d, rank, channels), kernel, **_even(_window(d, rank), rank))


def _even(window: dict[str, Any], rank: int) -> dict[str, Any]:
    """TensorFlow slides depthwise windows by the same number of places along both axes."""
    strides = window["strides"]
    return window | {"strides": strides if isinstance(strides, int) else (strides[0],) * rank}


def _separable(d: Draw) -> Any:
    rank, channels, multiplier = d.number(1, 3), d.number(1, 4), d.number(1, 3)
    depthwise = _kernel(d, *(d.number(1, 4) for _ in range(rank)), channels, multiplier)
    pointwise = _kernel(d, *(1,) * rank, channels * multiplier, d.number(2, 5))
    window = _even(_window(d, rank), rank)
    return ops.separable_conv(_maps(d, rank, channels), depthwise, pointwise, **window)


def _pool(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        rank = d.number(1, 4)
        size = d.of(d.number(1, 4), [d.number(1, 4) for _ in range(rank)])
        strides = d.of(None, d.number(1, 4), [d.number(1, 4) for _ in range(rank)])
        x = _maps(d, rank, 3)
        order = d.of("channels_last", "channels_first")
        if order == "channels_first":
            x = ops.moveaxis(x, -1, 1)
        return function(x, size, strides=strides, padding=d.of("valid", "same"), data_format=order)

    return draw


def _adaptive(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        rank = d.number(1, 4)
        x = _maps(d, rank, 3)
        order = d.of("channels_last", "channels_first")
        if order == "channels_first":
            x = ops.moveaxis(x, -1, 1)
        # One place for a whole axis makes TensorFlow end the process when it looks for a maximum.
        return function(x, tuple(d.number(2, 9) for _ in range(rank)), data_format=order)

    return draw


def _batch_norm(d: Draw) -> Any:
    x = d.source(*d.shape(1))
    axis = d.axis(len(x.shape), 1)
    size = x.shape[axis]
    mean, scale, offset = (_constant(d, size) for _ in range(3))
    variance = d.noise.uniform(0.5, 2, size).astype("float32")
    # Keras checks both where one is given.
    weights = d.of({}, {"offset": offset, "scale": scale})
    return ops.batch_normalization(x, mean, variance, axis, epsilon=d.of(1e-3, 0.1), **weights)


def _layer_norm(d: Draw) -> Any:
    x = d.source(*d.shape(1))
    rank = len(x.shape)
    axes = d.of(-1, sorted(int(one) for one in d.noise.permutation(np.arange(1, rank))[: d.number(1, rank)]))
    shape = [x.shape[axis] for axis in (axes if isinstance(axes, list) else [axes])]
    weights = {name: _constant(d, *shape) for name in ("gamma", "beta") if d.maybe()}
    return ops.layer_normalization(x, axis=axes, epsilon=d.of(None, 0.01), **weights)


def _rms_norm(d: Draw) -> Any:
    x = d.source(*d.shape(1))
    return ops.rms_normalization(x, scale=d.of(None, _constant(d, x.shape[-1])), epsilon=d.of(None, 0.01))


def _normalize(d: Draw) -> Any:
    x = _real(d, 1)
    axis = d.of(d.axis(len(x.shape)), (0, -1))
    order = d.number(1, 4)
    # Norms of a higher order take at most two axes.
    return ops.normalize(x, axis=axis if order == 2 else -1, order=order, epsilon=d.of(None, 1.0))


def _attention(d: Draw) -> Any:
    heads, t, s, size = (int(one) for one in d.noise.choice(np.arange(2, 9), 4, replace=False))
    heads *= 2
    shared = d.of(heads, heads // 2, 1)
    query, key, value = d.source(t, heads, size), d.source(s, shared, size), d.source(s, shared, size)
    if shared == 1:
        key, value = (ops.repeat(one, heads, axis=2) for one in (key, value))
    more: dict[str, Any] = {"scale": d.of(None, 0.3), "is_causal": d.maybe()}
    if d.maybe():
        more["bias"] = d.source(heads, t, s)
    if d.maybe():
        more["mask"] = d.source(1, t, s, dtype="bool")
        d.feeds[more["mask"].name][..., 0] = True
    return ops.dot_product_attention(query, key, value, **more)


def _unfold(d: Draw) -> Any:
    x = d.source(3, 8, 9)
    pair = d.of(2, (2, 3), (3, 1))
    # Keras takes no open batch: its rule for the shape multiplies with it.
    x = ops.expand_dims(ops.max(x, axis=0), 0)
    return ops.unfold(
        x, pair, dilation=d.of(1, (1, 2)), padding=d.of(0, 1, (1, 0)), stride=d.of(1, 2, (2, 1))
    )


def _fold(d: Draw) -> tuple[Any, np.ndarray]:
    """An operation, and what it gives, added up by hand."""
    size, block = (d.number(5, 9), d.number(5, 9)), (d.number(1, 4), d.number(1, 4))
    strides, margins = d.of((1, 1), (2, 1), (3, 2)), d.of((0, 0), (1, 0), (1, 2))
    gaps = d.of((1, 1), (2, 1))
    counts = [
        (whole + 2 * margin - gap * (part - 1) - 1) // step + 1
        for whole, margin, gap, part, step in zip(size, margins, gaps, block, strides, strict=True)
    ]
    x = d.source(2 * block[0] * block[1], counts[0] * counts[1])
    values = d.feeds[x.name].reshape(-1, 2, *block, *counts)
    wide = np.zeros((len(values), 2, size[0] + 2 * margins[0], size[1] + 2 * margins[1]), "float32")
    for i in range(block[0]):
        for j in range(block[1]):
            rows = np.arange(counts[0]) * strides[0] + i * gaps[0]
            columns = np.arange(counts[1]) * strides[1] + j * gaps[1]
            wide[:, :, rows[:, None], columns] += values[:, :, i, j]
    inner = wide[:, :, margins[0] : margins[0] + size[0], margins[1] : margins[1] + size[1]]
    return ops.fold(x, size, block, dilation=gaps, padding=margins, stride=strides), inner


def _shares(d: Draw, *shape: int) -> Any:
    return d.source(*shape, low=0.05, high=0.95)


def _binary(d: Draw) -> Any:
    shape = d.shape()
    logits = d.maybe()
    return ops.binary_crossentropy(
        _shares(d, *shape), d.source(*shape) if logits else _shares(d, *shape), from_logits=logits
    )


def _categorical(d: Draw) -> Any:
    shape = d.shape(1)
    logits = d.maybe()
    output = d.source(*shape) if logits else _shares(d, *shape)
    axis = -1 if logits else d.axis(len(shape) + 1, 1)
    return ops.categorical_crossentropy(_shares(d, *shape), output, from_logits=logits, axis=axis)


def _sparse(d: Draw) -> Any:
    shape = d.shape(1)
    logits = d.maybe()
    output = d.source(*shape) if logits else _shares(d, *shape)
    target = d.source(*shape[:-1], dtype="int32", low=0, high=shape[-1] - 1)
    return ops.sparse_categorical_crossentropy(target, output, from_logits=logits)


def _psnr(d: Draw) -> Any:
    shape = d.shape(1)
    return ops.psnr(d.source(*shape), d.source(*shape), max_val=d.of(1.0, 255.0))


# They have tests of their own.
TRIED_APART = ("ConvTranspose", "Fold")

DRAWS: dict[str, Callable[[Draw], Any]] = {
    "AdaptiveAveragePool": _adaptive(nn.adaptive_average_pool),
    "AdaptiveMaxPool": _adaptive(nn.adaptive_max_pool),
    "AveragePool": _pool(ops.average_pool),
    "BatchNorm": _batch_norm,
    "BinaryCrossentropy": _binary,
    "CategoricalCrossentropy": _categorical,
    "Celu": _of(ops.celu, alpha=lambda d: d.of(1.0, 0.5)),
    "Conv": _conv,
    "DepthwiseConv": _depthwise,
    "DotProductAttention": _attention,
    "Elu": _of(ops.elu, alpha=lambda d: d.of(1.0, 0.5)),
    "Gelu": _of(ops.gelu, approximate=lambda d: d.maybe()),
    "Glu": _glu,
    "HardShrink": _of(ops.hard_shrink, threshold=lambda d: d.of(0.5, 1.5)),
    "HardSigmoid": _of(ops.hard_sigmoid),
    "HardSilu": _of(ops.hard_silu),
    "HardTanh": _of(ops.hard_tanh),
    "LayerNorm": _layer_norm,
    "LeakyRelu": _of(ops.leaky_relu, negative_slope=lambda d: d.of(0.2, 0.7)),
    "LogSigmoid": _of(ops.log_sigmoid),
    "LogSoftmax": _axis(ops.log_softmax),
    "MaxPool": _pool(ops.max_pool),
    "Normalize": _normalize,
    "Mish": _of(lambda x: Mish()(x)),
    "PSNR": _psnr,
    "RMSNorm": _rms_norm,
    "ReLU": _relu,
    "Relu": lambda d: ops.relu(d.source(*d.shape(), dtype=d.of(*REAL, "int32"))),
    "Relu6": _of(ops.relu6),
    "Selu": _of(ops.selu),
    "SeparableConv": _separable,
    "Sigmoid": _of(ops.sigmoid),
    "Silu": _of(ops.silu),
    "SoftShrink": _of(ops.soft_shrink, threshold=lambda d: d.of(0.5, 1.5)),
    "Softmax": _axis(ops.softmax),
    "Softplus": _of(ops.softplus),
    "Softsign": _of(ops.softsign),
    "SparseCategoricalCrossentropy": _sparse,
    "SparsePlus": _of(ops.sparse_plus),
    "SparseSigmoid": _of(ops.sparse_sigmoid),
    "Sparsemax": lambda d: (lambda x: ops.sparsemax(x, axis=d.axis(len(x.shape), 1)))(_real(d, 1)),
    "Squareplus": _of(ops.squareplus, b=lambda d: d.of(4, 1)),
    "TanhShrink": _of(ops.tanh_shrink),
    "Threshold": lambda d: ops.threshold(d.source(*d.shape()), d.of(0.5, -1.0), d.of(0.0, 7.5)),
    "Unfold": _unfold,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_neural(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"neural.{suffix}", seed=len(suffix))


def test_fold(tmp_path: Path) -> None:
    d = Draw(1)
    results, expected = zip(*(_fold(d) for _ in range(COUNT)), strict=True)
    compare(list(results), d.feeds, tmp_path / "fold.keras", list(expected))


def test_what_fold_is_in_keras(tmp_path: Path) -> None:
    # TensorFlow takes half a second for each.
    sweep({"Fold": lambda d: _fold(d)[0]}, tmp_path / "fold.keras", seed=1, count=3)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_transposed_convolution(suffix: str, tmp_path: Path) -> None:
    """Against the function: the operation hands its arguments on in the wrong order, and cannot run."""
    d = Draw(len(suffix))
    results, expected = [], []
    for _ in range(COUNT):
        rank, channels = d.number(1, 4), d.number(1, 4)
        x = _maps(d, rank, channels)
        strides, odd = d.number(1, 4), d.number(0, 2)
        kernel = _constant(d, *(2 * d.number(1, 3) - odd for _ in range(rank)), d.number(2, 5), channels)
        window = {"strides": strides, "padding": d.of("valid", "same")}
        # TensorFlow insists that the plain convolution of the result gives the input's size back.
        least = int(window["padding"] == "same" and not odd)
        if least < strides and d.maybe():
            window["output_padding"] = d.number(least, strides)
        results.append(ops.conv_transpose(x, kernel, **window))
        expected.append(np.asarray(ops.conv_transpose(d.feeds[x.name], kernel, **window)))
    compare(results, d.feeds, tmp_path / f"transposed.{suffix}", expected)
