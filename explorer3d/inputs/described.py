"""A preprocessing as JSON has it."""

from __future__ import annotations

from typing import Any


def fields(content: Any) -> dict[str, Any]:
    """Fields of `Preprocessing` from JSON.

    Raises
    ------
    ValueError
        What is wrong, as the end of a sentence.
    """
    if not isinstance(content, dict):
        raise ValueError('is not a JSON object such as {"mean": [0.5], "std": [0.5]}')
    if unknown := sorted(set(content) - {"mean", "std", "bgr", "invert", "fit", "scale"}):
        raise ValueError(f"has an unknown entry {unknown[0]!r}")
    found: dict[str, Any] = {}
    for name, value in content.items():
        if name in ("mean", "std"):
            values = value if isinstance(value, list) else [value]
            found[name] = None if value is None else tuple(_number(number, name) for number in values)
        elif name == "scale":
            found[name] = _number(value, name)
        elif isinstance(value, str if name == "fit" else bool):
            found[name] = value
        else:
            raise ValueError(f"has a wrong value for {name!r}")
    return found


def _number(value: Any, name: str) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except OverflowError:
        pass
    raise ValueError(f"has a wrong value for {name!r}")
