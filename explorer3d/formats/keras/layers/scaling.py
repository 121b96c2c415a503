"""Layers of residual networks: a trained factor for each channel, and paths dropped in training."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers import merging
from explorer3d.formats.keras.settings import Unsupported


def layer_scale(names: Sequence[str], scope: Scope, x: Tensor) -> Tensor:
    """``LayerScale`` of ConvNeXt, https://arxiv.org/abs/2103.17239

    Parameters
    ----------
    names
        What its weight may be called; the first if the file does not say.
    """
    name = next((name for name in names if scope.stored_shape(name) is not None), names[0])
    size = scope.settings.size("projection_dim")
    if x.known(-1) != size:
        raise Unsupported(f"its input has {x.shape[-1]} channels, but {size} are needed")
    scope.declare(**{name: (size,)})
    return scope.op("Mul", [scope.floating(x), scope.weight(name)])


def scaled_residual(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``CustomScaleLayer`` of InceptionResNetV2: x + scale · y."""
    return _residual(scope, inputs, scope.settings.number("scale", 1.0))


def surviving_residual(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``StochasticDepth`` of TensorFlow Addons: x + y as often as it survives in training."""
    return _residual(scope, inputs, scope.settings.number("survival_probability", 0.5))


def _residual(scope: Scope, inputs: Sequence[Tensor], scale: float) -> Tensor:
    if len(inputs) != 2:
        raise Unsupported(f"it has {len(inputs)} inputs, but 2 are needed")
    x, y = map(scope.floating, inputs)
    return merging.elementwise("Add", scope, [x, scope.op("Mul", [y, scope.constant(scale, "scale")])])
