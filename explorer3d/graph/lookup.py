"""Layers by the names people type."""

from __future__ import annotations

import difflib

from explorer3d.errors import LayerNotFound
from explorer3d.graph.model import Layer, Model


def find_layer(model: Model, name: str, *, inputs: bool = False) -> Layer | None:
    """Find a layer.

    Parameters
    ----------
    model : Model
    name : str
    inputs : bool
        Whether the name may be that of a model input as well.

    Returns
    -------
    Layer or None
        None for a model input.

    Raises
    ------
    LayerNotFound
    """
    ends = [port.value for port in model.inputs] if inputs else []
    if name in model.layer_by_name:
        return model.layer_by_name[name]
    if name in ends:
        return None
    close = difflib.get_close_matches(name, [*model.layer_by_name, *ends], n=1, cutoff=0.5)
    remedy = f"Did you mean '{close[0]}'?" if close else f"'explorer3d info {model.path.name}' lists them."
    raise LayerNotFound(f"{model.path.name} has no layer named '{name}'. {remedy}")
