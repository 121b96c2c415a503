"""What is said of the number that is pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer3d.graph.model import Port
from explorer3d.qt.tensor.axis_names import axis_name
from explorer3d.qt.tensor.places import region_text
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.scene.figures import exact

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


def number_text(seen: Seen, cell: Cell) -> str:
    """Index and value: ``[0, 3, 12, 7] = 0.25``, or three values of a colour."""
    index, values = seen.index_of(cell), seen.value(cell)
    if not seen.colour:
        return f"{index_text(index)} = {exact(values[0])}"
    axis = seen.arrangement.stack[-1]
    places = [":" if at == axis else str(place) for at, place in enumerate(index)]
    shades = "  ".join(f"{name} {exact(value)}" for name, value in zip("RGB", values, strict=True))
    return f"[{', '.join(places)}] = {shades}"


def index_text(index: Sequence[int]) -> str:
    return f"[{', '.join(map(str, index))}]"


def channel_text(seen: Seen, cell: Cell, letters: str) -> str:
    """Which channel a cell belongs to; empty if there is one map only."""
    axis = seen.channel_axis
    if axis is None:
        return ""
    return f"{axis_name(seen.array.shape, letters, axis)} {int(seen.channels[cell.group])}"


def sees_text(field: ReceptiveField, inputs: Sequence[Port]) -> str:
    """Which part of the model's inputs a number depends on."""
    parts = []
    for port in inputs:
        region = field.regions.get(port.value)
        if region is not None:
            parts.append(f"{region_text(region, port.axes)} of {port.value}")
    return f"sees {', '.join(parts)}" if parts else ""
