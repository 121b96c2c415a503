"""The opened layers: where each stands below its row, between stack and tiles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer3d.compute.colour_range import Ranges
from explorer3d.compute.redraw import DrawBetween, Redrawn
from explorer3d.compute.refine import Detail, RefineTensor
from explorer3d.compute.show import ShownLayer
from explorer3d.graph.layout import Layout
from explorer3d.manners import MANNERS, STACK
from explorer3d.scene import mesh
from explorer3d.scene.camera import Projection
from explorer3d.scene.flight import eased
from explorer3d.scene.look import Look
from explorer3d.scene.network import Network
from explorer3d.scene.opened import OpenedLayer
from explorer3d.scene.palette import Theme
from explorer3d.scene.panel import Panel
from explorer3d.scene.parts import Parts
from explorer3d.scene.placement import OPENED_GAP
from explorer3d.scene.spare import Spare
from explorer3d.scene.text import Label

MORPH = 0.6  # seconds
_LITTLE = 1 << 19  # numbers of a tensor that is drawn anew in less time than anybody sees


class Standing:
    """All layers that are laid open.

    Attributes
    ----------
    layers : dict of str to OpenedLayer
    mode : str
        Key in `MANNERS`.
    spread : float
        Distance between the slices of a stack, 1 as designed.
    colormap : str
        Empty for the one that fits each tensor.
    ranges : Ranges
        What the colours of each tensor are to span.
    """

    def __init__(self, parts: Parts) -> None:
        self.layers: dict[str, OpenedLayer] = {}
        self.mode = STACK
        self.spread = 1.0
        self.colormap = ""
        self.ranges = Ranges()
        self._parts = parts
        self._spare, self._frames = Spare(), mesh.Lines()
        self._morph = 0.0  # 0 stacked, 1 tiled

    def open(self, shown: ShownLayer, roles: frozenset[str], look: Look) -> None:
        self.close(shown.name)
        opened = OpenedLayer(shown, roles, self.spread, look.theme, look.text, self._spare)
        self.layers[shown.name] = opened
        for panel in opened.panels:
            self._want(shown.name, panel)
            request = panel.outdated()
            if request is not None and panel.tensor.array.size <= _LITTLE:
                # Or with every input it would be seen in other colours first.
                panel.redraw(request, request())

    def _want(self, name: str, panel: Panel) -> None:
        panel.wanted = self.ranges.of(name, panel.tensor.name, panel.tensor.role)
        panel.colour(self.colormap)

    def set_ranges(self, ranges: Ranges) -> None:
        """Let the colours of the tensors span something else."""
        self.ranges = ranges
        for name, opened in self.layers.items():
            for panel in opened.panels:
                self._want(name, panel)

    def renew(self, shown: ShownLayer, roles: frozenset[str]) -> bool:
        """Take over what is now known of an open layer, if all of it is drawn already."""
        opened = self.layers.get(shown.name)
        return opened is not None and opened.roles == roles and opened.renew(shown)

    def close(self, name: str) -> bool:
        """Close a layer; say whether it was open."""
        opened = self.layers.pop(name, None)
        for panel in opened.panels if opened else ():
            self._spare.give(panel.quads)
        return opened is not None

    def lay_again(self, look: Look) -> None:
        """Lay everything open anew, after a change of the look or the spread."""
        for opened in list(self.layers.values()):
            self.open(opened.shown, opened.roles, look)

    def keep(self, names: Mapping[str, int]) -> None:
        """Close all layers but these."""
        for name in self.layers.keys() - names.keys():
            self.close(name)

    @property
    def panels(self) -> list[Panel]:
        """All tensors."""
        return [panel for opened in self.layers.values() for panel in opened.panels]

    @property
    def frames(self) -> list[np.ndarray]:
        """(4, 3) float arrays: corners of each opened layer."""
        return [opened.bounds() for opened in self.layers.values()]

    def labels(self) -> list[Label]:
        return [label for opened in self.layers.values() for label in opened.labels()]

    def heights(self, layout: Layout, index: Mapping[str, int]) -> dict[int, float]:
        """Height that opened layers take below each row."""
        rows = len(layout.row_center)
        heights: dict[int, float] = {}
        for name, opened in self.layers.items():
            row = int(layout.row[index[name]])
            if row < rows - 1:
                # Below the last row there is room for anything.
                heights[row] = max(heights.get(row, 0.0), opened.height)
        return heights

    def stand(self, network: Network) -> None:
        """Put the layers below their rows, side by side, and their tensors between stack and tiles."""
        share = eased(self._morph)
        placement = network.placement
        right: dict[int, float] = {}
        for name, opened in sorted(self.layers.items(), key=lambda entry: network.index[entry[0]]):
            index = network.index[name]
            row = int(placement.bands[index])
            left = placement.centres[index, 0] - opened.width / 2
            left = max(left, right.get(row, -np.inf))
            right[row] = left + opened.width + 0.8
            opened.stand(float(left), float(placement.row_floors[row] - OPENED_GAP * 0.6), share)

    # Between stack and tiles

    @property
    def moving(self) -> bool:
        return self._morph != self._goal

    def advance(self, seconds: float) -> None:
        """Let the tensors go on unfolding, or stacking; `stand` moves them."""
        step, way = seconds / MORPH, self._goal - self._morph
        self._morph = self._goal if abs(way) <= step else self._morph + np.sign(way) * step

    def arrive(self) -> None:
        self._morph = self._goal

    @property
    def _goal(self) -> float:
        return 0.0 if MANNERS[self.mode].stack else 1.0

    # Showing

    def build(self) -> None:
        """Show the tensors where they stand."""
        self._parts.replace("tensors", [*(panel.quads.actor for panel in self.panels), *self._spare.actors])
        self.build_details()
        self.colour()

    def build_details(self) -> None:
        """Show what has been drawn finer."""
        details = [panel.detail.actor for panel in self.panels if panel.detail is not None]
        if details != self._parts.props.get("details", []):
            self._parts.replace("details", details)
            self.colour()

    def build_frames(self, network: Network, selected: str | None, theme: Theme) -> None:
        sides, colours = [np.zeros((0, 2, 3))], [np.zeros((0, 3))]
        for name, opened in self.layers.items():
            index = network.index[name]
            stem = np.array([network.placement.centres[index, 0], network.placement.floors[index], -0.03])
            outline = opened.outline(stem)
            sides.append(outline)
            colours.append(np.tile(theme.edge_active if name == selected else theme.frame, (len(outline), 1)))
        points = np.concatenate(sides).reshape(-1, 3)
        self._frames.show(points, np.arange(len(points)).reshape(-1, 2), np.concatenate(colours))
        self._parts.show("frames", self._parts.stroked([self._frames.actor]), shown=bool(self.layers))

    def colour(self) -> None:
        for panel in self.panels:
            panel.colour(self.colormap)

    # Finer where it is seen large

    def coarse(self, projection: Projection) -> list[tuple[str, Panel, RefineTensor]]:
        """See `Stage.coarse`."""
        found = []
        for name, opened in self.layers.items():
            for panel in opened.panels:
                panel.quads.drawn()
                request = panel.coarse(projection)
                if request is not None:
                    found.append((name, panel, request))
        self.build_details()
        return found

    def sharpen(self, panel: Panel, detail: Detail, look: Look) -> None:
        """See `Stage.sharpen`."""
        if any(panel is one for one in self.panels) and panel.sharpen(detail, look.theme):
            self.build_details()

    # Between other limits

    def outdated(self, at_once: bool) -> list[tuple[str, Panel, DrawBetween]]:
        """See `Stage.outdated`."""
        return [
            (name, panel, request)
            for name, opened in self.layers.items()
            for panel in opened.panels
            if not (at_once and panel.nearly_right) and (request := panel.outdated()) is not None
        ]

    def redraw(self, panel: Panel, request: DrawBetween, redrawn: Redrawn) -> None:
        """See `Stage.redraw`."""
        if any(panel is one for one in self.panels) and panel.redraw(request, redrawn):
            panel.colour(self.colormap)
