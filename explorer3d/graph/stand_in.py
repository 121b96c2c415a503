"""What a person lets take the place of a layer that cannot run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from explorer3d.errors import RequestError

IDENTITY = "identity"

_LONGEST_TEXT = 65_536


@dataclass(frozen=True)
class StandIn:
    """Takes the place of a layer.

    Attributes
    ----------
    shape : tuple of int or None
        Of a result that is fed like an input, without the batch; None if the layer passes its input on.
    """

    shape: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return IDENTITY if self.shape is None else "×".join(map(str, self.shape))


StandIns = Mapping[str, StandIn]
"""By layer name."""


@dataclass(frozen=True)
class Opaque:
    """A layer whose own code would be needed to run it.

    Attributes
    ----------
    why : str
        The end of a sentence that names the layer.
    shape : tuple of int or None
        Of its result, without the batch, as far as the file tells; None if it does not.
    stand_in : StandIn or None
        What takes its place.
    """

    why: str
    shape: tuple[int, ...] | None = None
    stand_in: StandIn | None = None


def parse(text: str) -> StandIn:
    """Read ``identity``, or a shape such as ``7x7x64``.

    Raises
    ------
    RequestError
        It is neither.
    """
    words = [word for word in re.split(r"[\s,;xX×]+", text.strip().strip("()")) if word]
    if text.strip().lower() == IDENTITY:
        return StandIn()
    if not words or not all(re.fullmatch(r"\d{1,9}", word) and int(word) for word in words):
        raise RequestError(
            f"{text!r} is neither {IDENTITY!r} nor a shape such as 7x7x64 (without the batch)."
        )
    return StandIn(tuple(int(word) for word in words))


def to_text(stand_ins: StandIns) -> str:
    """JSON that `from_text` reads."""
    return json.dumps({name: str(given) for name, given in stand_ins.items()})


def from_text(text: str) -> dict[str, StandIn]:
    """What `to_text` was given; nothing if the text was damaged since."""
    try:
        if len(text) > _LONGEST_TEXT:
            return {}
        return {str(name): parse(given) for name, given in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError, RequestError):
        return {}
