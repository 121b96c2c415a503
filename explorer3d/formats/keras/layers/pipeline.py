"""Layers one after the other inside a layer."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.inner import inner_layer
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.formats.keras.weights import numbered_groups


def pipeline(scope: Scope, x: Tensor) -> Tensor:
    """``Pipeline``."""
    entries = scope.settings.raw("layers")
    if not isinstance(entries, list):
        raise Unsupported("its setting layers is not a list of layers")
    layers = [inner_layer(entry, "layers") for entry in entries]
    groups = numbered_groups(layers)
    for layer in layers:
        x, *others = scope.apply(f"layers/{groups.get(layer.name, layer.name)}", layer, [x])
        if others:
            raise Unsupported(f"its layer {layer.name} has several results")
    return x
