"""A layer, or a whole model, applied to each step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor, described
from explorer3d.formats.keras.layers.inner import inner_layer
from explorer3d.formats.keras.settings import Unsupported


def time_distributed(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``TimeDistributed``: the steps of all sequences (N, T, …) become one batch (N · T, …)."""
    layer = inner_layer(scope.settings.raw("layer"), "layer")
    inside = scope.elsewhere()
    results = inside.apply("layer", layer, [_folded(inside, x) for x in inputs])
    return tuple(_unfolded(scope, y, inputs[0]) for y in results)


def _folded(scope: Scope, x: Tensor) -> Tensor:
    if x.rank < 3:
        raise Unsupported(f"its input has {x.rank} axes, but 3 are needed")
    sizes = _joined(scope, [-1], _sizes(scope, x, 2))
    y = scope.op("Reshape", [x, sizes], (None, *x.shape[2:]))
    # A mask of steps says nothing about what lies in a step.
    return y if x.mask is None or x.mask.rank < 3 else replace(y, mask=_folded(scope, x.mask))


def _unfolded(scope: Scope, y: Tensor, x: Tensor) -> Tensor:
    rest, steps = _sizes(scope, y, 1), x.shape[1]
    before = _sizes(scope, x, 0, 2) if steps is None or isinstance(rest, Tensor) else [-1, steps]
    z = scope.op("Reshape", [y, _joined(scope, before, rest)], (None, steps, *y.shape[1:]))
    return described(z.value, z.shape, scope.batch)


Sizes = Sequence[int] | Tensor


def _sizes(scope: Scope, x: Tensor, start: int, end: int | None = None) -> Sizes:
    """Some sizes of a tensor: as numbers if they are known, else as a tensor."""
    shape: Shape = x.shape[start:end]
    known = [size for size in shape if size is not None]
    if len(known) == len(shape):
        return known
    sizes = scope.op("Shape", [x], (len(shape),), start=start, end=x.rank if end is None else end)
    sizes.value.type = ir.TensorType(ir.DataType.INT64)
    return sizes


def _joined(scope: Scope, first: Sizes, second: Sizes) -> Tensor:
    if not isinstance(first, Tensor) and not isinstance(second, Tensor):
        return scope.integers([*first, *second], "sizes")
    parts = [
        one if isinstance(one, Tensor) else scope.integers(one, "sizes") for one in (first, second) if one
    ]
    return scope.op("Concat", parts, (sum(part.shape[0] or 0 for part in parts),), axis=0)
