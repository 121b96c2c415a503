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

    def _get(self, key: str, default: Any = None) -> Any:
        """Keras writes null for what was left alone."""
        value = self._config.get(key)
        return default if value is None else _plain(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise Unsupported(f"its setting {key} is not yes or no")
        return value

    def text(self, key: str, default: str) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            raise Unsupported(f"its setting {key} is not a word")
        return value.lower()

    def integer(self, key: str, default: int | None = None) -> int:
        value = self._get(key, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not _is_whole(value):
            raise Unsupported(f"its setting {key} is not a whole number")
        return int(value)

    def size(self, key: str, default: int | None = None) -> int:
        value = self.integer(key, default)
        if value < 1:
            raise Unsupported(f"its setting {key} is {value}, but must be positive")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not all(map(_is_whole, value)):
            raise Unsupported(f"its setting {key} is not a list of whole numbers")
        return tuple(value)

    def sizes(self, key: str, rank: int, default: int | None = None, *, least: int = 1) -> tuple[int, ...]:
        """One number per axis, none below the least; a single number stands for all."""
        value = self._get(key, default)
        values = value if isinstance(value, list) else [value] * rank
        if len(values) != rank or not all(_is_whole(item) and item >= least for item in values):
            raise Unsupported(f"its setting {key} is not made of {rank} numbers from {least} up")
        return tuple(values)

    def margins(self, key: str, rank: int) -> list[tuple[int, int]]:
        """Before and after for each axis; a single number, or one per axis, stands for both."""
        value = self._get(key)
        if rank == 1 and isinstance(value, list) and len(value) == 2 and all(map(_is_whole, value)):
            value = [value]
        values = value if isinstance(value, list) else [value] * rank
        pairs = [item if isinstance(item, list) else [item, item] for item in values]
        if len(pairs) != rank or not all(
            len(pair) == 2 and all(_is_whole(item) and item >= 0 for item in pair) for pair in pairs
        ):
            raise Unsupported(f"its setting {key} is not made of {rank} pairs of sizes")
        return [(pair[0], pair[1]) for pair in pairs]

    def number(self, key: str, default: float) -> float:
        value = self._get(key, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Unsupported(f"its setting {key} is not a number")
        try:
            return float(value)
        except OverflowError as error:
            raise Unsupported(f"its setting {key} is too large") from error

    def array(self, key: str, default: float) -> np.ndarray:
        """A number or a nested list of numbers, as float32."""
        try:
            with np.errstate(over="raise"):
                return np.asarray(self._get(key, default), dtype=np.float32)
        except (ValueError, TypeError, OverflowError, FloatingPointError) as error:
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
        return (inner if isinstance(inner, dict) else value).get("value", value)
    return value


def _is_whole(value: Any) -> bool:
    """No size in a network comes near 2³¹, and products of a few must still fit ONNX' 64 bits."""
    return type(value) is int and abs(value) < 2**31


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
