"""Where things stand: from the grid of the layout to world units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model, Port

PITCH = 2.7
LABEL_ROOM = 1.3  # below a block: name, operator, shape
HANDLE_SIDE = 0.26
LANE_GAP = 0.45
ROW_GAP = 0.5
ARCH_ROOM = 0.55
LARGEST = 2.2
_MIDDLING = 28  # what a size counts that the model leaves open
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

    def bounds(self, right: Sequence[float] = (1.0, 0.0, 0.0)) -> np.ndarray:
        """Points that enclose all blocks and their labels.

        Parameters
        ----------
        right : (3,) floats
            Of the picture, in the world: labels face whoever looks.

        Returns
        -------
        (m, 3) float array
        """
        half = self.sizes[:, 0] / 2
        x, y = self.centres[:, 0], self.centres[:, 1]
        top, depth = y + self.sizes[:, 1] / 2, -self.sizes[:, 2]
        reach = np.maximum(half, self.label_room / 2)
        below = np.stack([x, self.floors, np.zeros_like(x)], axis=1)
        aside = reach[:, None] * np.asarray(right)
        above = [np.stack([px, top, depth], axis=1) for px in (x - reach, x + reach)]
        names = below + [0.0, LABEL_ROOM * self.text, 0.0]
        return np.concatenate([*above, names - aside, names + aside, below])

    @cached_property
    def box(self) -> np.ndarray:
        """(2, 3) float array: lowest and highest coordinates of the bounds."""
        bounds = self.bounds()
        return np.stack([bounds.min(axis=0), bounds.max(axis=0)])

    def lowered(self, rows: np.ndarray) -> Placement:
        """The same with each row further down, by the heights in a (rows,) float array."""
        nodes = rows[self.bands]
        centres = self.centres.copy()
        centres[:, 1] -= nodes
        return replace(
            self,
            centres=centres,
            floors=self.floors - nodes,
            row_tops=self.row_tops - rows,
            row_floors=self.row_floors - rows,
        )


def pushed(opened: Mapping[int, float], rows: int) -> np.ndarray:
    """(rows,) float array: how far opened layers, of given heights below rows, push each row down."""
    room = np.zeros(rows + 1)
    for row, height in opened.items():
        room[row + 1] = height + OPENED_GAP
    return np.cumsum(room)[:rows]


def block_size(port: Port | None) -> tuple[float, float, float]:
    """Width, height and depth of the block that stands for a tensor, growing with the log of its axes.

    A size that the model leaves open counts as a middling one.

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
    sizes = [_MIDDLING if size is None else size or 1 for size in port.shape]
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


def block_sizes(model: Model, layout: Layout) -> np.ndarray:
    """(n, 3) float array: width, height and depth of every node's block."""
    ports: dict[str, Port | None] = {port.value: port for port in model.inputs}
    ports.update({layer.name: layer.outputs[0] if layer.outputs else None for layer in model.layers})
    known: dict[object, tuple[float, float, float]] = {}
    found = []
    for name in layout.names:
        port = ports.get(name)
        key = (port.shape, port.axes) if port else None
        if key not in known:
            known[key] = block_size(port)
        found.append(known[key])
    sizes = np.array(found, float).reshape(-1, 3)
    folded = {layer.name for layer in model.layers if isinstance(layer, FoldedBlock)}
    if folded:
        cards = np.array([name in folded for name in layout.names])
        sizes[cards] = np.maximum(sizes[cards], [SMALLEST_CARD, SMALLEST_CARD, 0.0])
        sizes[cards, 2] = CARD_DEPTH
    return sizes


def place(
    model: Model,
    layout: Layout,
    opened: Mapping[int, float] | None = None,
    text: float = 1.0,
    sizes: np.ndarray | None = None,
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
    sizes : (n, 3) float array, optional
        As `block_sizes` gives them, where that has been done.

    Returns
    -------
    Placement
    """
    sizes = block_sizes(model, layout) if sizes is None else sizes
    rows = int(layout.row.max()) + 1 if len(layout.names) else 0
    arches = np.zeros(rows, bool)
    arches[layout.row[[edge.source for edge in layout.edges if edge.kind == "skip"]]] = True
    # Of each row: the highest block, the first lane and the last.
    tallest, first, last = np.zeros(rows), np.full(rows, np.inf), np.full(rows, -np.inf)
    np.maximum.at(tallest, layout.row, sizes[:, 1])
    np.minimum.at(first, layout.row, layout.lane)
    np.maximum.at(last, layout.row, layout.lane)
    lane_heights = tallest + LABEL_ROOM * text + LANE_GAP
    row_tops, starts, row_floors = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    top = 0.0
    for row in range(rows):
        row_tops[row] = top
        starts[row] = top - (ARCH_ROOM if arches[row] else 0.0)
        depth = (last[row] - first[row]) * lane_heights[row]
        row_floors[row] = starts[row] - depth - tallest[row] / 2 - tallest[row] / 2 - LABEL_ROOM * text
        top = row_floors[row] - ROW_GAP
    bands = layout.row
    y = starts[bands] - (layout.lane - first[bands]) * lane_heights[bands] - tallest[bands] / 2
    floors = y - tallest[bands] / 2 - LABEL_ROOM * text
    centres = np.stack([layout.column * pitch_of(text), y, np.zeros_like(y)], axis=1)
    level = Placement(layout.names, centres, sizes, floors, row_tops, row_floors, bands, text)
    return level.lowered(pushed(opened, rows)) if opened else level


def pitch_of(text: float) -> float:
    """Distance between columns: wider for larger type."""
    return PITCH * (1 + 0.6 * (text - 1))
