"""Pooling to a given number of places, through windows of unequal sizes."""

from __future__ import annotations

import numpy as np

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.layout import (
    channels_back,
    channels_second,
    require_maps,
    space,
)
from explorer3d.formats.keras.settings import Unsupported


def adaptive_pooling(op: str, rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``AdaptiveAveragePooling1D`` … ``AdaptiveMaxPooling3D``, one axis after the other."""
    require_maps(x, rank)
    first = scope.settings.channels_first()
    wanted = scope.settings.sizes("output_size", rank)
    y = scope.floating(x if first else channels_second(scope, x))
    for axis, places in zip(space(rank, True), wanted, strict=True):
        y = _pooled(op, scope, y, axis, places)
    return y if first else channels_back(scope, y)


def _pooled(op: str, scope: Scope, x: Tensor, axis: int, places: int) -> Tensor:
    """Pool one axis: with equal windows at once, else with each size that occurs, then picking."""
    length = x.known(axis)
    if length % places == 0:
        return _windows(op, scope, x, axis, length // places, length // places)
    if places > _MOST:
        raise Unsupported(f"its output_size is {places}, more than {_MOST}")
    starts, sizes = _bins(length, places)
    made: list[Tensor] = []
    for size in np.unique(sizes):
        # Behind the windows of the sizes before.
        starts[sizes == size] += sum(one.known(axis) for one in made)
        made.append(_windows(op, scope, x, axis, int(size), 1))
    shape = list(x.shape)
    shape[axis] = sum(one.known(axis) for one in made)
    joined = made[0] if len(made) == 1 else scope.op("Concat", made, tuple(shape), axis=axis)
    shape[axis] = places
    picked = scope.integers(starts.tolist(), f"places_{axis}")
    return scope.op("Gather", [joined, picked], tuple(shape), axis=axis)


# A list of this many positions is still small; no map is larger.
_MOST = 1 << 16


def _bins(length: int, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each window starts, and its size.

    Returns
    -------
    starts, sizes : (places,) int array

    References
    ----------
    `_compute_static_gather_indices` in Keras' ``backend/tensorflow/nn.py``
    """
    ends = np.arange(places + 1) * length
    starts = ends[:-1] // places
    return starts, -(-ends[1:] // places) - starts


def _windows(op: str, scope: Scope, x: Tensor, axis: int, size: int, stride: int) -> Tensor:
    if size == 1 and stride == 1:
        return x
    shape, kernel, strides = list(x.shape), [1] * (x.rank - 2), [1] * (x.rank - 2)
    shape[axis] = (x.known(axis) - size) // stride + 1
    kernel[axis - 2], strides[axis - 2] = size, stride
    return scope.op(op, [x], tuple(shape), kernel_shape=kernel, strides=strides)
