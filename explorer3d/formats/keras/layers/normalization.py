"""Layers that shift and scale by known numbers."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.layout import channels_back, channels_second
from explorer3d.formats.keras.settings import Unsupported

# Keras' own guard against division by zero (keras.backend.epsilon).
_EPSILON = np.float32(1e-7)


def batch_normalization(scope: Scope, x: Tensor) -> Tensor:
    """``BatchNormalization`` at inference, with the moving statistics."""
    settings = scope.settings
    if settings.has("virtual_batch_size"):
        raise Unsupported("its virtual_batch_size setting is not supported")
    given = settings.integers("axis") if isinstance(settings.raw("axis"), list) else ()
    if len(given) > 1:
        return _batch_normalization_over(scope, x, {x.axis(axis) for axis in given})
    axis = x.axis(given[0] if given else settings.integer("axis", -1))
    size = x.known(axis)
    scale, center = _declare_moments(scope, (size,))
    y = scope.op(
        "BatchNormalization",
        [
            channels_second(scope, scope.floating(x), axis),
            scope.weight("gamma") if scale else scope.constant(np.ones(size), "ones"),
            scope.weight("beta") if center else scope.constant(np.zeros(size), "zeros"),
            scope.weight("moving_mean"),
            scope.weight("moving_variance"),
        ],
        epsilon=settings.number("epsilon", 1e-3),
    )
    return channels_back(scope, y, axis)


def _batch_normalization_over(scope: Scope, x: Tensor, axes: Collection[int]) -> Tensor:
    """Of Keras 2 only: statistics for each place along several axes."""
    scale, center = _declare_moments(
        scope, tuple(x.known(axis) if axis in axes else 1 for axis in range(x.rank))
    )
    epsilon = scope.constant(scope.settings.number("epsilon", 1e-3), "epsilon")
    deviation = scope.op("Sqrt", [scope.op("Add", [scope.weight("moving_variance"), epsilon])])
    centred = scope.op("Sub", [scope.floating(x), scope.weight("moving_mean")])
    y = scope.op("Div", [centred, deviation])
    y = scope.op("Mul", [y, scope.weight("gamma")]) if scale else y
    return scope.op("Add", [y, scope.weight("beta")]) if center else y


def _declare_moments(scope: Scope, shape: tuple[int, ...]) -> tuple[bool, bool]:
    """Whether there is a gamma, and a beta. What renorm adds serves training only."""
    settings = scope.settings
    scale, center = settings.flag("scale", True), settings.flag("center", True)
    renorm = ["moving_stddev", "renorm_mean", "renorm_stddev"] * settings.flag("renorm", False)
    names = ["gamma"] * scale + ["beta"] * center + ["moving_mean", "moving_variance", *renorm]
    scope.declare(**dict.fromkeys(names, shape))
    return scale, center


def rescaling(scope: Scope, x: Tensor) -> Tensor:
    """``Rescaling``: x · scale + offset."""
    settings = scope.settings
    scale = scope.constant(settings.array("scale", 1.0), "scale")
    offset = scope.constant(settings.array("offset", 0.0), "offset")
    _require_last_axis(x, scale)
    _require_last_axis(x, offset)
    return scope.op("Add", [scope.op("Mul", [scope.floating(x), scale]), offset])


def _require_last_axis(x: Tensor, factor: Tensor) -> None:
    if factor.rank > 1 or (factor.rank == 1 and factor.shape[0] not in (1, x.shape[-1])):
        raise Unsupported(f"its scale or offset has the shape {factor.shape}, which does not fit its input")


def normalization(scope: Scope, x: Tensor) -> Tensor:
    """``Normalization``: (x − mean) / max(√variance, 1e-7), or the inverse."""
    settings = scope.settings
    axis = settings.raw("axis")
    if axis is None:
        axes: list[int] = []
    elif isinstance(axis, list):
        axes = sorted(x.axis(one) for one in settings.integers("axis"))
    else:
        axes = [x.axis(settings.integer("axis"))]
    kept = [x.known(one) for one in axes]
    broadcast = tuple(x.known(one) if one in axes else 1 for one in range(x.rank))
    if settings.has("mean"):
        scope.declare()
        mean = scope.constant(_spread(settings.array("mean", 0.0), broadcast, axes), "mean")
        variance = settings.array("variance", 1.0)
        width = scope.constant(np.maximum(np.sqrt(_spread(variance, broadcast, axes)), _EPSILON), "deviation")
    else:
        scope.declare(mean=tuple(kept), variance=tuple(kept), count=())
        mean = scope.weight("mean", broadcast, lambda array: array.reshape(broadcast))
        width = scope.weight(
            "variance",
            broadcast,
            lambda array: np.maximum(np.sqrt(array.reshape(broadcast).astype(np.float32)), _EPSILON),
            key="deviation",
        )
    x = scope.floating(x)
    if settings.flag("invert", False):
        return scope.op("Add", [scope.op("Mul", [x, width]), mean])
    return scope.op("Div", [scope.op("Sub", [x, mean]), width])


def _spread(values: np.ndarray, broadcast: tuple[int, ...], axes: list[int]) -> np.ndarray:
    """Lay the values along the kept axes, the last value axis on the last kept one."""
    if values.size == 1:
        return np.broadcast_to(values.reshape(()), broadcast)
    if values.ndim == len(broadcast):
        kept = values
    elif values.ndim <= len(axes):
        shape = [1] * len(broadcast)
        for size, axis in zip(reversed(values.shape), reversed(axes), strict=False):
            shape[axis] = size
        kept = values.reshape(shape)
    else:
        raise Unsupported("its mean or variance does not fit its axes")
    try:
        return np.broadcast_to(kept, broadcast)
    except ValueError as error:
        raise Unsupported("its mean or variance does not fit its input") from error
