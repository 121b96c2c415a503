"""An explanation, and how it is called in front of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from explorer3d.attribution.target import Target


@dataclass(frozen=True, eq=False)
class Attribution:
    """An explanation, with all that is needed to draw it and to have it again.

    Attributes
    ----------
    method : str
        Key in `METHODS`.
    array : array
        Of pixel methods in the input's shape; class activation maps (H, W) at the layer's resolution.
    axes : str
        A letter for each of its axes.
    layer : str
        At whose resolution it is; empty where it is at the input's.
    input : str
        Model input that it is about; empty if none.
    target : Target
    settings : mapping of str to value
    seed : int
    title : str
        One line with all parameters.
    further : mapping of str to array
    note : str
    """

    method: str
    array: np.ndarray
    axes: str
    layer: str
    input: str
    target: Target
    settings: Mapping[str, Any]
    seed: int
    title: str
    further: Mapping[str, np.ndarray] = field(default_factory=dict)
    note: str = ""

    @property
    def score(self) -> float:
        """The number explained: of a class, what goes into the softmax."""
        return self.target.score

    @property
    def signed(self) -> bool:
        """Whether it says of some that they speak against the target."""
        return bool(self.array.size and np.nanmin(self.array) < 0)


def settings_text(settings: Any) -> str:
    """``patch 16, stride 8``."""
    return ", ".join(
        f"{one.name} {_short(getattr(settings, one.name))}"
        for one in fields(settings)
        if getattr(settings, one.name) != ""
    )


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
