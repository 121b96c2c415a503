"""Layers that normalise by statistics of the very input."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.layout import channels_back, channels_second
from explorer3d.formats.keras.settings import Unsupported


def layer_normalization(scope: Scope, x: Tensor) -> Tensor:
    """``LayerNormalization`` over one axis or several.

    References
    ----------
    https://arxiv.org/abs/1607.06450
    """
    settings = scope.settings
    given = _axes(scope)
    axes = _distinct(x, given)
    # Keras keeps the weights in the given order of axes, but lays them out along the sorted ones.
    stored, shape = [x.known(axis) for axis in given], [x.known(axis) for axis in axes]
    by_spread = settings.flag("rms_scaling", False)
    scale = settings.flag("scale", True) or by_spread
    center = settings.flag("center", True) and not by_spread
    scope.declare(**dict.fromkeys(["gamma"] * scale + ["beta"] * center, tuple(stored)))
    gamma = _laid_out(scope, "gamma", stored, shape) if scale else None
    beta = _laid_out(scope, "beta", stored, shape) if center else None
    epsilon = settings.number("epsilon", 1e-3)
    kept = [axis for axis in range(x.rank) if axis not in axes]
    order = [*kept, *axes]
    y = scope.transpose(scope.floating(x), order)
    if by_spread:
        y = _over_deviation(scope, y, len(kept), epsilon)
        y = y if gamma is None else scope.op("Mul", [y, gamma])
    else:
        y = scope.op(
            "LayerNormalization",
            [y, _ones(scope, shape) if gamma is None else gamma, *([] if beta is None else [beta])],
            axis=len(kept),
            epsilon=epsilon,
        )
    return scope.transpose(y, [order.index(axis) for axis in range(x.rank)])


def group_normalization(groups: int, scope: Scope, x: Tensor) -> Tensor:
    """``GroupNormalization``: each group of channels by its own mean and variance.

    Parameters
    ----------
    groups : int
        Where the file does not say; -1 stands for a group for each channel.

    References
    ----------
    https://arxiv.org/abs/1803.08494
    """
    settings = scope.settings
    axis = x.axis(settings.integer("axis", -1))
    if axis == 0:
        raise Unsupported("it normalises over the batch")
    channels, groups = x.known(axis), settings.integer("groups", groups)
    groups = channels if groups == -1 else groups
    if groups < 1 or channels % groups:
        raise Unsupported(f"its {channels} channels do not split into {groups} groups")
    scale, center = settings.flag("scale", True), settings.flag("center", True)
    scope.declare(**dict.fromkeys(["gamma"] * scale + ["beta"] * center, (channels,)))
    y = channels_second(scope, scope.floating(x), axis)
    sizes = scope.op("Shape", [y], (y.rank,))
    sizes.value.type = ir.TensorType(ir.DataType.INT64)
    grouped = scope.op("Reshape", [y, scope.integers([0, groups, -1], "groups")], (None, groups, None))
    grouped = scope.op(
        "InstanceNormalization",
        [grouped, _ones(scope, [groups]), _zeros(scope, [groups])],
        epsilon=settings.number("epsilon", 1e-3),
    )
    y = scope.op("Reshape", [grouped, sizes], y.shape)
    along = (channels, *(1,) * (y.rank - 2))
    if scale:
        y = scope.op("Mul", [y, _laid_out(scope, "gamma", (channels,), along)])
    if center:
        y = scope.op("Add", [y, _laid_out(scope, "beta", (channels,), along)])
    return channels_back(scope, y, axis)


def rms_normalization(scope: Scope, x: Tensor) -> Tensor:
    """``RMSNormalization``: x / √(mean of x² + epsilon) · scale.

    References
    ----------
    https://arxiv.org/abs/1910.07467
    """
    given = _axes(scope)
    axes = _distinct(x, given)
    shape = tuple(x.known(axis) for axis in given)
    scope.declare(scale=shape)
    # Keras multiplies with the scale as it is, along the last axes.
    if any(one not in (1, size) for one, size in zip(reversed(shape), reversed(x.shape), strict=False)):
        raise Unsupported(f"its scale of shape {shape} does not fit its input's last axes")
    x = scope.floating(x)
    squares = scope.op("Pow", [x, scope.constant(2, "two")])
    mean = _reduced("ReduceMean", scope, squares, axes)
    epsilon = scope.constant(scope.settings.number("epsilon", 1e-6), "epsilon")
    root = scope.op("Sqrt", [scope.op("Add", [mean, epsilon])])
    return scope.op("Mul", [scope.op("Div", [x, root]), scope.weight("scale")])


def unit_normalization(scope: Scope, x: Tensor) -> Tensor:
    """``UnitNormalization``: vectors of length 1; zeros stay zeros."""
    x = scope.floating(x)
    # Keras 2 kept the squared length above 1e-12, Keras 3 the length itself.
    least = scope.constant(1e-12 if scope.keras >= 3 else 1e-6, "least")
    length = _reduced("ReduceL2", scope, x, _distinct(x, _axes(scope)))
    return scope.op("Div", [x, scope.op("Max", [length, least])])


def _axes(scope: Scope) -> Sequence[int]:
    settings = scope.settings
    if isinstance(settings.raw("axis"), list):
        return settings.integers("axis")
    return [settings.integer("axis", -1)]


def _distinct(x: Tensor, given: Sequence[int]) -> list[int]:
    """The axes in the input's order."""
    axes = sorted({x.axis(axis) for axis in given})
    if len(axes) != len(given) or not axes or axes[0] == 0:
        raise Unsupported(f"its axes {tuple(given)} do not name different axes of its input")
    return axes


def _laid_out(scope: Scope, name: str, stored: Sequence[int], shape: Sequence[int]) -> Tensor:
    # Unchanged, it stays in the file's memory.
    return scope.weight(name, shape, None if stored == shape else lambda array: array.reshape(shape))


def _reduced(op: str, scope: Scope, x: Tensor, axes: Sequence[int]) -> Tensor:
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    return scope.op(op, [x, scope.integers(axes, "axes")], shape)


def _over_deviation(scope: Scope, x: Tensor, first: int, epsilon: float) -> Tensor:
    """x / √(variance + epsilon) over the axes from the first on, without centring it."""
    axes = range(first, x.rank)
    centred = scope.op("Sub", [x, _reduced("ReduceMean", scope, x, axes)])
    variance = _reduced("ReduceMean", scope, scope.op("Mul", [centred, centred]), axes)
    guarded = scope.op("Add", [variance, scope.constant(epsilon, "epsilon")])
    return scope.op("Div", [x, scope.op("Sqrt", [guarded])])


def _ones(scope: Scope, shape: Sequence[int]) -> Tensor:
    return _filled(scope, 1, "one", shape)


def _zeros(scope: Scope, shape: Sequence[int]) -> Tensor:
    return _filled(scope, 0, "zero", shape)


def _filled(scope: Scope, value: float, key: str, shape: Sequence[int]) -> Tensor:
    """Made by the runtime: the file may claim any size, and nothing in it need be as large."""
    return scope.op("Expand", [scope.constant([value], key), scope.integers(shape, "expanded")], tuple(shape))
