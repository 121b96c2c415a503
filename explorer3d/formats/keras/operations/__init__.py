"""Bare operations, which Keras stores like layers: ``x + 1``, ``keras.ops.mean(x)``, ``tf.nn.relu(x)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from explorer3d.formats.keras.config import LayerConfig
from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.operations.absent import ABSENT
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.table import KERAS_OPERATIONS
from explorer3d.formats.keras.operations.tensorflow import function_named
from explorer3d.formats.keras.operations.tensorflow_nodes import node_call
from explorer3d.formats.keras.settings import Unsupported

__all__ = ["KERAS_OPERATIONS", "is_operation", "operated"]

_KERAS_2_CLASSES = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})


def is_operation(layer: LayerConfig) -> bool:
    return layer.is_operation or layer.class_name in _KERAS_2_CLASSES


def operated(
    scope: Scope, layer: LayerConfig, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[Tensor, ...]:
    """The results of an operation, which passes no mask on.

    Raises
    ------
    Unsupported
        It is not known, or was called with something else than it takes.
    """
    results = _operated(Maths(scope), layer, args, keywords)
    return tuple(replace(one, mask=None) for one in results)


def _operated(
    maths: Maths, layer: LayerConfig, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[Tensor, ...]:
    name = layer.class_name
    if name in ("TFOpLambda", "SlicingOpLambda"):
        return function_named(str(layer.config.get("function"))).call(maths, args, keywords)
    if name == "TensorFlowOpLayer":
        return node_call(maths, layer.config, args)
    if name not in KERAS_OPERATIONS:
        raise Unsupported(f"the operation {name} {ABSENT.get(name, 'is not known here')}")
    return KERAS_OPERATIONS[name].call(maths, args, {**layer.config, **keywords})
