"""Axis orders: Keras keeps channels last, ONNX wants them second."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.settings import Unsupported


def require_maps(x: Tensor, rank: int) -> None:
    if x.rank != rank + 2:
        raise Unsupported(f"its input has {x.rank} axes, but {rank + 2} are needed")


def space(rank: int, channels_first: bool) -> range:
    """Positions of the axes of space."""
    return range(2, rank + 2) if channels_first else range(1, rank + 1)


def channels_second(scope: Scope, x: Tensor, axis: int = -1) -> Tensor:
    """Move one axis to where ONNX wants the channels."""
    axis = x.axis(axis)
    return scope.transpose(x, (0, axis, *(other for other in range(1, x.rank) if other != axis)))


def channels_back(scope: Scope, x: Tensor, axis: int = -1) -> Tensor:
    """Undo `channels_second`."""
    axis = x.axis(axis)
    order = [0, *range(2, x.rank)]
    order.insert(axis, 1)
    return scope.transpose(x, order)
