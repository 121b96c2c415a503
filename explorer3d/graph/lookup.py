"""Layers by the names people type."""

from __future__ import annotations

from explorer3d.errors import LayerNotFound, nearest
from explorer3d.graph.model import Layer, Model


def find_layer(model: Model, name: str) -> Layer:
    """Find a layer.

    Raises
    ------
    LayerNotFound
    """
    if name in model.layer_by_name:
        return model.layer_by_name[name]
    raise _not_found(model, name, [*model.layer_by_name])


def find_layer_or_input(model: Model, name: str) -> Layer | None:
    """Find a layer, or see that a name is that of a model input.

    Returns
    -------
    Layer or None
        None for a model input.

    Raises
    ------
    LayerNotFound
    """
    ends = [port.value for port in model.inputs]
    if name in model.layer_by_name:
        return model.layer_by_name[name]
    if name in ends:
        return None
    raise _not_found(model, name, [*model.layer_by_name, *ends])


def _not_found(model: Model, name: str, known: list[str]) -> LayerNotFound:
    remedy = nearest(name, known, f"'explorer3d info {model.path.name}' lists them.")
    return LayerNotFound(f"{model.path.name} has no layer named '{name}'. {remedy}")
