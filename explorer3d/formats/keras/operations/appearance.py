"""How an operation is shown as a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer3d.formats.keras.arguments import Reference
from explorer3d.formats.keras.config import Call, LayerConfig
from explorer3d.formats.keras.operations.table import KERAS_OPERATIONS

# Constants with more numbers are shown by their shape.
_MOST_SHOWN = 16
_HIDDEN = ("name", "trainable")


def shown_class(layer: LayerConfig) -> str:
    """The operation's name: Keras 2 keeps it among the settings."""
    function = layer.config.get("function")
    if layer.class_name in ("TFOpLambda", "SlicingOpLambda") and isinstance(function, str):
        return f"tf.{function}"
    definition = layer.config.get("node_def")
    if layer.class_name == "TensorFlowOpLayer" and isinstance(definition, Mapping):
        return str(definition.get("op", layer.class_name))
    return layer.short_class


def shown_arguments(call: Call) -> dict[str, Any]:
    """What it was called with besides tensors, as plain JSON values under the arguments' names."""
    known = KERAS_OPERATIONS.get(call.layer.class_name)
    names = known.names if known else ()
    positional = {
        names[at] if at < len(names) else f"argument {at + 1}": value for at, value in enumerate(call.args)
    }
    # What Keras 2 keeps there belongs to the layer around the function.
    settings = call.layer.config if call.layer.is_operation else {}
    given = {**settings, **positional, **call.kwargs}
    shown = {key: _shown(value) for key, value in given.items() if key not in _HIDDEN}
    if isinstance(given.get("key"), (list, slice, int)):
        shown["key"] = _shown_key(given["key"])
    return {key: value for key, value in shown.items() if value is not None}


def _shown(value: Any) -> Any:
    """None for tensors, and for what was left alone."""
    if isinstance(value, np.ndarray):
        if value.size <= _MOST_SHOWN:
            return value.tolist()
        return f"{value.dtype} array of shape {value.shape}"
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, slice):
        return _shown_key(value)
    if isinstance(value, list):
        items = [_shown(item) for item in value]
        if any(item is None for item in items) and any(isinstance(item, Reference) for item in value):
            return None
        return items if np.size(np.array(items, dtype=object)) <= _MOST_SHOWN else f"list of {len(items)}"
    return None


def _shown_key(key: Any) -> str:
    """An index as it is written in Python."""
    items: Sequence[Any] = key if isinstance(key, list) else [key]
    return f"[{', '.join(map(_shown_index, items))}]"


def _shown_index(index: Any) -> str:
    if isinstance(index, slice):
        ends = [_shown_end(index.start), _shown_end(index.stop)]
        return ":".join(ends if index.step in (None, 1) else [*ends, _shown_end(index.step)])
    if index is ...:
        return "..."
    return index.layer if isinstance(index, Reference) else str(index)


def _shown_end(end: Any) -> str:
    return "" if end is None else end.layer if isinstance(end, Reference) else str(end)
