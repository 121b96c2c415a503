"""Where things stand: from the grid of the layout to world units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model, Port

PITCH = 2.7
LABEL_ROOM = 1.3  # below a block: name, operator, shape
LANE_GAP = 0.45
ROW_GAP = 0.5
ARCH_ROOM = 0.55
LARGEST = 2.2
SMALLEST_CARD, CARD_DEPTH = 1.7, 0.14  # of a folded block
OPENED_GAP = 0.7


@dataclass(frozen=True, eq=False)
class Placement:
    """World coordinates of every node.

    Attributes
    ----------
    names : tuple of str
    centres : (n, 3) float array
        Middle of each block's front face; the front faces lie in z = 0.
    sizes : (n, 3) float array
        Width, height, depth of each block.
    floors : (n,) float array
        Height (y) below which a node's lane ends, its labels above it.
    row_tops, row_floors : (rows,) float array
        Height at which each row of nodes begins, arches included, and below which it ends; opened
        layers hang there.
    bands : (n,) int array
        Row of each node.
    text : float
        Size of all writing, 1 as designed.
    """

    names: tuple[str, ...]
    centres: np.ndarray
    sizes: np.ndarray
    floors: np.ndarray
    row_tops: np.ndarray
    row_floors: np.ndarray
    bands: np.ndarray
    text: float = 1.0

    @property
    def pitch(self) -> float:
        return pitch_of(self.text)

    @property
    def label_room(self) -> float:
        """Longest line below a block.

        Perspective brings columns closer on the side that is further away; more so where a single row
        is looked at along its length.
        """
        return (0.68 if len(self.row_floors) == 1 else 0.85) * self.pitch

    def bounds(self) -> np.ndarray:
        """(m, 3) float array: points that enclose all blocks and their labels."""
        half = self.sizes[:, 0] / 2
        x, y = self.centres[:, 0], self.centres[:, 1]
        top, depth = y + self.sizes[:, 1] / 2, -self.sizes[:, 2]
        reach = np.maximum(half, self.label_room / 2)
        corners = [
            np.stack([px, py, pz], axis=1)
            for px in (x - reach, x + reach)
            for py, pz in ((top, depth), (self.floors, np.zeros_like(x)))
        ]
        return np.concatenate(corners)


def block_size(port: Port | None) -> tuple[float, float, float]:
    """Width, height and depth of the block that stands for a tensor, growing with the log of its axes.

    Parameters
    ----------
    port : Port or None
        None, or without a shape: a small cube.

    Returns
    -------
    (float, float, float)
        World units.
    """
    if port is None or port.shape is None:
        return 0.9, 0.9, 0.35
    sizes = [size or 1 for size in port.shape]
    axes = port.axes if len(port.axes) == len(sizes) else ""
    if axes.startswith("N") or (not axes and len(sizes) > 1):
        sizes, axes = sizes[1:], axes[1:]
    if len(sizes) <= 1:
        # A vector's cells fill a square, so that its face has room for them.
        side = _extent(np.sqrt(sizes[0] if sizes else 1))
        return side, side, 0.22
    if len(sizes) == 2:
        rows, columns = sizes if not axes.startswith("C") else sizes[::-1]
        return _extent(columns), _extent(rows), 0.22
    channel = axes.index("C") if "C" in axes else 0
    rest = [size for axis, size in enumerate(sizes) if axis != channel]
    slices = sizes[channel] * int(np.prod(rest[:-2], dtype=np.int64))
    return _extent(rest[-1]), _extent(rest[-2]), 0.16 + 0.085 * float(np.log2(max(1, slices)))


def _extent(size: float) -> float:
    """Side of a face: 1 → 0.8, 7 → 1.32, 28 → 1.69, 224 → 2.25 → `LARGEST`, world units."""
    return float(min(LARGEST, 0.8 + 0.186 * np.log2(max(1.0, size))))


def place(
    model: Model, layout: Layout, opened: Mapping[int, float] | None = None, text: float = 1.0
) -> Placement:
    """Give every node its place.

    Parameters
    ----------
    model : Model
    layout : Layout
    opened : mapping of row to float, optional
        Height that opened layers take below each row.
    text : float
        Size of all writing, 1 as designed.

    Returns
    -------
    Placement
    """
    opened = opened or {}
    ports: dict[str, Port | None] = {port.value: port for port in model.inputs}
    ports.update({layer.name: layer.outputs[0] if layer.outputs else None for layer in model.layers})
    sizes = np.array([block_size(ports.get(name)) for name in layout.names], float).reshape(-1, 3)
    folded = {layer.name for layer in model.layers if isinstance(layer, FoldedBlock)}
    if folded:
        cards = np.array([name in folded for name in layout.names])
        sizes[cards] = np.maximum(sizes[cards], [SMALLEST_CARD, SMALLEST_CARD, 0.0])
        sizes[cards, 2] = CARD_DEPTH
    rows = int(layout.row.max()) + 1 if len(layout.names) else 0
    arches = np.zeros(rows, bool)
    for edge in layout.edges:
        if edge.kind == "skip":
            arches[layout.row[edge.source]] = True
    y = np.zeros(len(layout.names))
    floors = np.zeros(len(layout.names))
    row_tops, row_floors = np.zeros(rows), np.zeros(rows)
    top = 0.0
    for row in range(rows):
        members = layout.row == row
        lanes = layout.lane[members]
        tallest = float(sizes[members, 1].max())
        lane_height = tallest + LABEL_ROOM * text + LANE_GAP
        depths = (lanes - lanes.min()) * lane_height
        row_tops[row] = top
        top -= ARCH_ROOM if arches[row] else 0.0
        y[members] = top - depths - tallest / 2
        floors[members] = y[members] - tallest / 2 - LABEL_ROOM * text
        row_floors[row] = floors[members].min()
        top = row_floors[row] - ROW_GAP
        if row in opened:
            top -= opened[row] + OPENED_GAP
    centres = np.stack([layout.column * pitch_of(text), y, np.zeros_like(y)], axis=1)
    return Placement(layout.names, centres, sizes, floors, row_tops, row_floors, layout.row, text)


def pitch_of(text: float) -> float:
    """Distance between columns: wider for larger type."""
    return PITCH * (1 + 0.6 * (text - 1))
