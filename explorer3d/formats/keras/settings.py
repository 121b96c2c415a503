"""One layer's configuration, read with its types checked: the file may say anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class Unsupported(Exception):
    """Why a layer cannot run, as the end of a sentence that names it."""


class Settings:
    """Typed access to a layer's ``config``. Every method raises `Unsupported` if the value does not fit."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    def raw(self, key: str) -> Any:
        return self._config.get(key)

    def has(self, key: str) -> bool:
        return self._config.get(key) is not None

    def flag(self, key: str, default: bool) -> bool:
        value = self._config.get(key, default)
        if not isinstance(value, bool):
            raise Unsupported(f"its setting {key} is not yes or no")
        return value

    def text(self, key: str, default: str) -> str:
        value = self._config.get(key, default)
        if not isinstance(value, str):
            raise Unsupported(f"its setting {key} is not a word")
        return value.lower()

    def integer(self, key: str, default: int | None = None) -> int:
        value = _plain(self._config.get(key, default))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unsupported(f"its setting {key} is not a whole number")
        return value

    def size(self, key: str, default: int | None = None) -> int:
        value = self.integer(key, default)
        if value < 1:
            raise Unsupported(f"its setting {key} is {value}, but must be positive")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        value = _plain(self._config.get(key))
        if not isinstance(value, list) or not all(type(item) is int for item in value):
            raise Unsupported(f"its setting {key} is not a list of whole numbers")
        return tuple(value)

    def sizes(self, key: str, rank: int, default: int | None = None) -> tuple[int, ...]:
        """One positive number per axis; a single number stands for all."""
        value = _plain(self._config.get(key))
        if value is None and default is not None:
            value = default
        values = value if isinstance(value, list) else [value] * rank
        if len(values) != rank or not all(type(item) is int and item > 0 for item in values):
            raise Unsupported(f"its setting {key} is not made of {rank} positive numbers")
        return tuple(values)

    def margins(self, key: str, rank: int) -> list[tuple[int, int]]:
        """Before and after for each axis; a single number, or one per axis, stands for both."""
        value = _plain(self._config.get(key))
        if (
            rank == 1
            and isinstance(value, list)
            and len(value) == 2
            and all(type(item) is int for item in value)
        ):
            value = [value]
        values = value if isinstance(value, list) else [value] * rank
        pairs = [item if isinstance(item, list) else [item, item] for item in values]
        if len(pairs) != rank or not all(
            len(pair) == 2 and all(type(item) is int and item >= 0 for item in pair) for pair in pairs
        ):
            raise Unsupported(f"its setting {key} is not made of {rank} pairs of sizes")
        return [(pair[0], pair[1]) for pair in pairs]

    def number(self, key: str, default: float) -> float:
        value = _plain(self._config.get(key, default))
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Unsupported(f"its setting {key} is not a number")
        return float(value)

    def array(self, key: str, default: float) -> np.ndarray:
        """A number or a nested list of numbers, as float32."""
        try:
            return np.asarray(_plain(self._config.get(key, default)), dtype=np.float32)
        except (ValueError, TypeError, OverflowError) as error:
            raise Unsupported(f"its setting {key} is not made of numbers") from error

    def channels_first(self) -> bool:
        order = self.text("data_format", "channels_last")
        if order not in ("channels_first", "channels_last"):
            raise Unsupported(f"its data_format {order!r} is not known")
        return order == "channels_first"


def _plain(value: Any) -> Any:
    """A number or list out of the wrappings Keras gives to numpy values."""
    if isinstance(value, dict):
        inner = value.get("config")
        return inner.get("value") if isinstance(inner, dict) else value.get("value")
    return value


_NOISE = (
    "name",
    "trainable",
    "dtype",
    "seed",
    "batch_input_shape",
    "batch_shape",
    "build_config",
    "registered_name",
)
_NOISE_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def attributes(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a person wants to read of a layer's configuration, as plain JSON values."""
    return {
        key: _short(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if key not in _NOISE
        and not key.endswith(_NOISE_ENDINGS)
        and value is not None
        and not (isinstance(value, list) and any(isinstance(item, (dict, str)) for item in value))
    }


def _short(given: dict[str, Any]) -> Any:
    """The name inside the object Keras writes around an activation and the like."""
    return given["config"] if isinstance(given.get("config"), str) else given.get("class_name")
