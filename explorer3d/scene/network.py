"""A laid out network in the scene: its blocks, their handles and labels, and the edges between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer3d.scene import fading, nodes
from explorer3d.scene.blueprint import Blueprint
from explorer3d.scene.camera import Projection
from explorer3d.scene.edge_lines import EdgeLines
from explorer3d.scene.handles import Handles
from explorer3d.scene.look import Look
from explorer3d.scene.node_labels import NodeLabels
from explorer3d.scene.paint import Paint
from explorer3d.scene.parts import Parts


class Network:
    """What stands for the layers of one model, some of them folded into blocks.

    Parameters
    ----------
    parts : Parts
    plan : Blueprint
    heights : mapping of row to float
        Room for opened layers below each row, in world units.
    look : Look

    Attributes
    ----------
    plan : Blueprint
        Of everything where it will stand.
    placement : Placement
    courses : (edges, points, 3) float array
        Both as they are now: the nodes may be on their way.
    handles : Handles or None
    labels : NodeLabels or None
        Both None while the nodes move.
    """

    def __init__(self, parts: Parts, plan: Blueprint, heights: Mapping[int, float], look: Look) -> None:
        self.model, self.layout, self.flow = plan.model, plan.layout, plan.flow
        self.index, self.node_of, self.folded = plan.index, plan.node_of, plan.folded
        self.handles: Handles | None = None
        self.labels: NodeLabels | None = None
        self._parts = parts
        self._lines = EdgeLines()
        self._faded = 0.0
        self._colours: tuple[Paint | None, np.ndarray] = None, plan.colours
        self._stand(plan, heights, look)

    def place(self, heights: Mapping[int, float], look: Look) -> None:
        """Let everything stand elsewhere, or look otherwise; `build` shows it."""
        self._stand(self.plan, heights, look)

    def _stand(self, plan: Blueprint, heights: Mapping[int, float], look: Look) -> None:
        self.plan = plan if plan.fits(heights, look.text) else plan.placed(heights, look.text)
        self._look = look
        self.placement, self.courses = self.plan.placement, self.plan.courses

    def build(self, paint: Paint | None) -> None:
        """Show everything but the edges, each node in its own colour."""
        self._faded = 0.0
        self.build_blocks(paint)
        self.handles = Handles(self.plan.handles, self.placement, self._look.theme)
        self._parts.replace("handles", [self.handles.quads.actor])
        self.labels = NodeLabels(self.plan, self._look, self._parts.type)
        self._parts.replace("labels", [self.labels.writing.actor])

    def build_blocks(self, paint: Paint | None) -> None:
        colours = self.body_colours(paint)
        self._blocks = nodes.blocks(self.placement, colours)
        self._parts.replace("blocks", self._blocks.actors)
        self._cards = nodes.cards(self.placement, colours, self.folded)
        self._parts.replace("cards", self._cards.actors if self.folded.any() else [])

    def tell(self, plan: Blueprint) -> None:
        """Let other words be written at the nodes."""
        self.plan = plan
        if self.labels is not None:
            self.labels.tell(plan)

    def follow(self) -> None:
        """Show everything but the edges where it stands now, in the colours that it has."""
        self._blocks.move(self.placement.centres, self.placement.sizes)
        self._cards.move(*nodes.card_places(self.placement, self.folded))
        if self.handles is not None:
            self.handles.stand(self.placement)
        if self.labels is not None:
            self.labels.stand(self.plan)

    def build_edges(self, frames: Sequence[np.ndarray]) -> None:
        """Show the edges.

        Parameters
        ----------
        frames : sequence of (4, 3) float array
            Corners of opened layers; edges pass behind them.
        """
        if len(self.courses):
            still = self.courses is self.plan.courses
            spots = self.plan.spots if still else None
            self._lines.stand(self.courses, self.plan.weights, frames, spots)
        self._parts.replace("edges", self._parts.stroked([self._lines.actor] if len(self.courses) else []))
        self._colour_edges()

    def hide_writing(self) -> None:
        """Show nothing but blocks, faces and edges: what is written could not be read on its way."""
        self.labels, self.handles = None, None
        for part in ("labels", "handles"):
            self._parts.replace(part, [])

    def fade(self, which: np.ndarray, share: float, paint: Paint | None) -> None:
        """Let some nodes fade, and all edges as many of the nodes do.

        Parameters
        ----------
        which : (n,) bool array
        share : float
            As in `fading.faded`.
        paint : Paint or None
        """
        colours = fading.faded(self.body_colours(paint), which, self._look.theme, share)
        self._blocks.recolour(colours)
        self._cards.recolour(nodes.card_shades(colours[self.folded]))
        if self.labels is not None:
            self.labels.fade(which, share)
        if self.handles is not None:
            self.handles.fade(which, share)
        self._faded = share * float(which.mean()) if len(which) else 0.0
        self._colour_edges()

    def _colour_edges(self) -> None:
        theme = self._look.theme
        colour = fading.faded(np.array([theme.edge]), np.array([True]), theme, self._faded)[0]
        self._lines.recolour(colour, fading.ground(theme))

    def see(self, projection: Projection) -> None:
        """Draw what is seen from somewhere, no finer than can be seen in a picture of that size."""
        self._blocks.see(projection)
        self._cards.see(projection)
        if self.handles is not None:
            self.handles.see(projection)
        if len(self.courses):
            self._lines.see(projection)

    def surroundings(self, index: int) -> np.ndarray:
        """(3, 3) float array: points that enclose a block and what is written below it."""
        x, y, _ = self.placement.centres[index]
        width, height, depth = self.placement.sizes[index]
        floor = self.placement.floors[index]
        return np.array(
            [[x - width, y + height / 2, -depth], [x + width, y + height / 2, 0], [x, floor, 0.0]]
        )

    def body_colours(self, paint: Paint | None) -> np.ndarray:
        """(n, 3) uint8 array: RGB of every node, none of them faded."""
        if self._colours[0] is not paint:
            colours = paint.colours(self.model, self.layout.names) if paint else self.plan.colours
            self._colours = paint, colours
        return self._colours[1]
