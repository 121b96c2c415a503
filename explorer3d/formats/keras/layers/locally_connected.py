"""Convolutions with kernels of their own for every place (Keras 2)."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.layers.layout import require_maps, space
from explorer3d.formats.keras.layers.window import Window
from explorer3d.formats.keras.settings import Unsupported


def locally_connected(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``LocallyConnected1D``, ``LocallyConnected2D``: three implementations keep their kernels in three ways.

    See ``keras/layers/locally_connected`` of TF-Keras 2.
    """
    require_maps(x, rank)
    settings = scope.settings
    first = settings.channels_first()
    filters, way = settings.size("filters"), settings.integer("implementation", 1)
    window = Window(
        settings.sizes("kernel_size", rank),
        settings.sizes("strides", rank, 1),
        (1,) * rank,
        settings.text("padding", "valid"),
    )
    sizes = [x.known(axis) for axis in space(rank, first)]
    channels, out = x.known(1 if first else -1), [size or 0 for size in window.output(sizes)]
    x = scope.floating(x)
    bias = {"bias": (*out, filters)} if settings.flag("use_bias", True) else {}
    if way == 1 and window.padding == "valid":
        scope.declare(kernel=(prod(out), prod(window.size) * channels, filters), **bias)
        y = _by_places(scope, x, window, out, first)
    elif way in (2, 3):
        if prod(sizes) * channels * prod(out) * filters > _LARGEST_MATRIX:
            raise Unsupported("it connects too many places")
        ends = [(channels, *sizes), (filters, *out)] if first else [(*sizes, channels), (*out, filters)]
        count = int(_reached(window, sizes, out).sum()) * channels * filters
        # Either a matrix of all places by all, or the numbers in it that matter.
        scope.declare(kernel=(*ends[0], *ends[1]) if way == 2 else (count,), **bias)
        y = _as_dense(scope, x, window, out, first)
    else:
        raise Unsupported(f"its implementation {way} with padding {window.padding!r} does not exist")
    y = scope.op("Reshape", [y, scope.integers([0, *out, filters], "places")], (None, *out, filters))
    y = scope.transpose(y, (0, rank + 1, *range(1, rank + 1))) if first else y
    if bias:
        # With channels first Keras takes the numbers as they lie, without moving the axis of channels.
        own = (filters, *out) if first else (*out, filters)
        y = scope.op("Add", [y, scope.weight("bias", own, lambda array: array.reshape(own))])
    return activated(scope, y)


def _by_places(scope: Scope, x: Tensor, window: Window, out: list[int], first: bool) -> Tensor:
    """(N, places, filters): each place of the result sees its window as a row of numbers."""
    rank = len(out)
    axes = scope.integers(space(rank, first), "axes")
    steps = scope.integers(window.strides, "steps")
    channels = x.known(1 if first else -1)
    parts = []
    for at in product(*map(range, window.size)):
        ends = [
            start + (count - 1) * step + 1 for start, count, step in zip(at, out, window.strides, strict=True)
        ]
        shape = (None, channels, *out) if first else (None, *out, channels)
        part = scope.op(
            "Slice", [x, scope.integers(at, "starts"), scope.integers(ends, "ends"), axes, steps], shape
        )
        part = scope.transpose(part, (0, *range(2, rank + 2), 1)) if first else part
        flat = scope.integers([0, prod(out), channels, 1] if first else [0, prod(out), 1, channels], "flat")
        parts.append(
            scope.op("Reshape", [part, flat], (None, prod(out), *((channels, 1) if first else (1, channels))))
        )
    # Channels first, the places of the window lie behind one another within each channel.
    width = prod(window.size)
    joined = (None, prod(out), *((channels, width) if first else (width, channels)))
    rows = scope.op("Concat", parts, joined, axis=3 if first else 2)
    rows = scope.op(
        "Reshape", [rows, scope.integers([0, 0, -1], "rows")], (None, prod(out), width * channels)
    )
    kernel = scope.weight("kernel")
    return scope.op("Einsum", [rows, kernel], (None, prod(out), kernel.shape[2]), equation="npk,pkf->npf")


# 256 MB of weights: they are spread out each time the model runs.
_LARGEST_MATRIX = 1 << 26


def _as_dense(scope: Scope, x: Tensor, window: Window, out: list[int], first: bool) -> Tensor:
    """(N, places · filters): a matrix from all places to all, zero where a window does not reach."""
    rank = len(out)
    sizes = [x.known(axis) for axis in space(rank, first)]
    channels, filters = x.known(1 if first else -1), scope.settings.size("filters")
    matrix = (prod(sizes) * channels, prod(out) * filters)
    near = _reached(window, sizes, out)

    def spread(kernel: np.ndarray) -> np.ndarray:
        if kernel.ndim == 1:
            # In order of the places of the result, then of those of the input.
            backward = np.moveaxis(near, range(rank), range(-rank, 0))
            axes = (0, rank + 1) if first else (rank, 2 * rank + 1)
            kept = np.broadcast_to(
                np.expand_dims(backward, axes),
                (filters, *out, channels, *sizes) if first else (*out, filters, *sizes, channels),
            )
            full = np.zeros(kept.shape, np.float32)
            full[kept > 0] = kernel
            kernel = np.moveaxis(full, range(rank + 1), range(-rank - 1, 0))
        if first:
            # (channels, in…, filters, out…) → (in…, channels, out…, filters)
            kernel = np.moveaxis(np.moveaxis(kernel, 0, rank), rank + 1, -1)
        return np.asarray(kernel * near.reshape(*sizes, 1, *out, 1)).reshape(matrix)

    x = scope.transpose(x, (0, *range(2, rank + 2), 1)) if first else x
    flat = scope.op("Flatten", [x], (None, matrix[0]), axis=1)
    return scope.op("MatMul", [flat, scope.weight("kernel", matrix, spread)], (None, matrix[1]))


def _reached(window: Window, sizes: list[int], out: list[int]) -> np.ndarray:
    """(in…, out…) array of 0 and 1. See ``conv_utils.conv_kernel_mask``."""
    near = np.ones((1,) * 2 * len(out), np.float32)
    for axis, (size, count, reach, step) in enumerate(
        zip(sizes, out, window.size, window.strides, strict=True)
    ):
        # Not TensorFlow's "same": half a window lies in front whatever the strides.
        margin = reach // 2 if window.padding == "same" else 0
        distance = np.arange(size)[:, None] - (np.arange(count)[None, :] * step - margin)
        shape = [1] * near.ndim
        shape[axis], shape[len(out) + axis] = size, count
        near = near * ((distance >= 0) & (distance < reach)).reshape(shape)
    return near
