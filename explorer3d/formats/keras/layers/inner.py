"""Layers in the settings of another layer."""

from __future__ import annotations

from explorer3d.formats.keras.config import LayerConfig, layer_config
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.formats.keras.weights import snake_case


def inner_layer(entry: object, key: str) -> LayerConfig:
    """Read a layer's entry under one of the settings.

    Raises
    ------
    Unsupported
        It is none.
    """
    class_name = entry.get("class_name") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(class_name, str):
        raise Unsupported(f"its setting {key} does not describe a layer")
    config = entry.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return layer_config(entry, name if isinstance(name, str) and name else snake_case(class_name))
