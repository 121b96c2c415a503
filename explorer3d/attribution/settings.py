"""What a method can be told, read from text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from explorer3d.errors import RequestError, nearest


@dataclass(frozen=True)
class NoSettings:
    """For a method that takes none."""


def choice(*words: str, usual: str = "") -> Any:
    """A setting that is one of some words.

    Parameters
    ----------
    words : str
    usual : str
        Which one, if somebody says nothing; else the first.
    """
    return field(default=usual or words[0], metadata={"choices": words})


def automatic(default: Any, meaning: str) -> Any:
    """A setting whose usual value leaves the choice to the method.

    Parameters
    ----------
    default : number
        Which stands for that.
    meaning : str
        What the method chooses, in a few words.
    """
    return field(default=default, metadata={"automatic": meaning})


def settings_from(kind: type, given: Mapping[str, Any], method: str) -> Any:
    """Make a method's settings.

    Parameters
    ----------
    kind : type
        A dataclass whose fields have defaults, numbers, words or truth values.
    given : mapping of str to value
        By field; values may be texts, as on a command line.
    method : str
        For the sentence that says what is wrong.

    Raises
    ------
    RequestError
        There is no such setting, or it takes no such value.
    """
    known = {field.name: field for field in fields(kind)}
    found = {}
    for name, value in given.items():
        if name not in known:
            remedy = nearest(name, known, f"It has {', '.join(known) or 'none'}.")
            raise RequestError(f"{method} has no setting '{name}'. {remedy}")
        found[name] = _value(known[name], value, method)
    return kind(**found)


def between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of a range.

    Raises
    ------
    RequestError
    """
    if not low <= value <= high:
        raise RequestError(f"The setting '{name}' lies between {low:g} and {high:g}, not {value:g}.")


def of_choices(settings: Any) -> None:
    """Refuse words that are none of those to choose from; see `choice`.

    Raises
    ------
    RequestError
    """
    for one in fields(settings):
        words, value = one.metadata.get("choices", ()), getattr(settings, one.name)
        if words and value not in words:
            raise RequestError(f"The setting '{one.name}' is one of {', '.join(words)}, not '{value}'.")


_TRUTH = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}


def _value(field: Field[Any], value: Any, method: str) -> Any:
    default = field.default
    text = str(value).strip()
    if isinstance(default, bool):
        if text.casefold() in _TRUTH:
            return _TRUTH[text.casefold()]
        raise RequestError(f"The setting '{field.name}' of {method} is yes or no, not '{value}'.")
    if isinstance(default, str):
        return text
    try:
        number = float(text)
        if math.isfinite(number) and (isinstance(default, float) or number == int(number)):
            return number if isinstance(default, float) else int(number)
    except ValueError:
        pass
    kind = "a number" if isinstance(default, float) else "a whole number"
    raise RequestError(f"The setting '{field.name}' of {method} is {kind}, not '{value}'.")
