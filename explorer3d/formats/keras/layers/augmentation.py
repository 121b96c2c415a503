"""Layers that change pictures at random while a model is trained, and leave them alone afterwards."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor


def left_alone(scope: Scope, x: Tensor) -> Tensor:
    """Those that keep whole numbers; in Keras 2 all of them give floats."""
    return scope.op("Identity", [x if scope.keras >= 3 else scope.floating(x)])


def given_as_floats(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Identity", [scope.floating(x)])
