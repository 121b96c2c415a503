"""Bare operations, which Keras stores like layers: ``x + 1``, ``keras.ops.mean(x)``, ``tf.nn.relu(x)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer3d.formats.keras.config import LayerConfig
from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.settings import Unsupported

Operation = Callable[[Scope, Sequence[Any], Mapping[str, Any]], "Tensor | Sequence[Tensor]"]

KERAS_OPERATIONS: dict[str, Operation] = {}

_KERAS_2_CLASSES = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})


def is_operation(layer: LayerConfig) -> bool:
    return layer.is_operation or layer.class_name in _KERAS_2_CLASSES


def operated(
    scope: Scope, layer: LayerConfig, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[Tensor, ...]:
    """The results of an operation.

    Raises
    ------
    Unsupported
        It is not known, or was called with something else than it takes.
    """
    if layer.class_name not in KERAS_OPERATIONS:
        raise Unsupported(f"the operation {layer.class_name} is not known here")
    result = KERAS_OPERATIONS[layer.class_name](scope, args, {**layer.config, **keywords})
    return (result,) if isinstance(result, Tensor) else tuple(result)
