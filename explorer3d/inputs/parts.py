"""Inputs of which each comes from somewhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from explorer3d.inputs.bitmap import Bitmap
from explorer3d.inputs.excerpt import Excerpt
from explorer3d.inputs.generated import Generated
from explorer3d.inputs.typed import Typed


@dataclass(frozen=True, eq=False)
class Held:
    """An array that came out of the network, and goes in again.

    Attributes
    ----------
    array : ndarray
    name : str
    """

    array: NDArray[Any]
    name: str


Part = Path | Generated | Bitmap | Excerpt | Typed | Held
"""What one input comes from."""


@dataclass(frozen=True)
class Parts:
    """What some of the inputs come from, and all others.

    Attributes
    ----------
    named : mapping of str to Part
        By input name.
    rest : Path, Generated, Bitmap, Excerpt or None
        As for a model that has the others only; None: a bundled picture, noise, zeros for states.
    """

    named: Mapping[str, Part]
    rest: Path | Generated | Bitmap | Excerpt | None = None

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return ", ".join(f"{name}: {part.name}" for name, part in self.named.items())
