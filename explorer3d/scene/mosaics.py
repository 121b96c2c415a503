"""The feature maps of all layers at once, as mosaics on the fronts of their blocks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer3d.compute.faces import Face
from explorer3d.scene import fading, mesh
from explorer3d.scene.atlas import Atlas, atlas, faces_of
from explorer3d.scene.blueprint import Blueprint
from explorer3d.scene.camera import Projection
from explorer3d.scene.network import Network
from explorer3d.scene.palette import Theme
from explorer3d.scene.parts import Parts
from explorer3d.scene.placement import Placement
from explorer3d.scene.quads import Quads
from explorer3d.scene.seen import Drawn, Spots

RIM = 0.06  # world units of a block's front around its mosaic
_HEIGHT, _NEARER = 0.008, 0.0095  # before the fronts of blocks, and of what is drawn finer
_SMALLEST = 14.0  # pixels from corner to corner below which the family says more than a mosaic
_FINE = 1.3  # pixels per texel from which on a mosaic is drawn finer, if it can be
_MOST_NEAR = 1_500_000  # texels of all that are
_MARGIN = 0.15  # share of the picture around it in which that is done as well


class Mosaics:
    """The mosaics of what is seen.

    Attributes
    ----------
    faces : mapping of str to Face
        Of all layers.
    atlas : Atlas or None
        What is shown of them, as large as all can be together.
    """

    def __init__(self, parts: Parts) -> None:
        self.faces: Mapping[str, Face] = {}
        self.atlas: Atlas | None = None
        self._colormap = ""
        self._by_node: dict[int, Face] = {}
        self._all: _Fronts | None = None
        self._near: _Fronts | None = None
        self._parts = parts
        # Mosaics are textured and so cannot be recoloured.
        self._veil = mesh.Polygons()
        self._covered, self._ground = np.zeros(0, bool), np.zeros(3)

    def colour(self, plan: Blueprint | None, colormap: str, known: Painted | None = None) -> None:
        """Colour the mosaics of all that is seen.

        Parameters
        ----------
        plan : Blueprint or None
        colormap : str
        known : Painted, optional
            That work, if it has been done.
        """
        self._colormap = colormap
        if known is None or not known.fits(plan, self.faces, colormap):
            known = Painted(plan, self.faces, colormap)
        self._by_node, self.atlas = known.by_node, known.atlas

    def build(self, network: Network, hidden: bool) -> None:
        """Put them on their blocks.

        Parameters
        ----------
        network : Network
        hidden : bool
            They would hide the colours of the blocks.
        """
        self._near = None
        self._parts.replace("near faces", [])
        self._covered = np.zeros(len(network.index), bool)
        self._cover(network.placement)
        self._all = _Fronts(self.atlas, network.placement, _HEIGHT) if self.atlas and not hidden else None
        self._parts.replace("faces", [self._all.quads.actor] if self._all else [])

    def follow(self, network: Network) -> None:
        """Move them along with their blocks."""
        if self._all is not None:
            self._all.follow(network.placement)
        self._near = None
        self._parts.replace("near faces", [])
        self._cover(network.placement)

    def see(self, network: Network, projection: Projection, still: bool) -> None:
        """Draw what is seen from somewhere.

        Parameters
        ----------
        network : Network
        projection : Projection
        still : bool
            Nothing moves: draw finer what is seen large.
        """
        if self._all is None or self.atlas is None:
            return
        self._all.see(projection)
        if still and self.atlas.step > 1:
            self._draw_finer(network, projection, self._all, self.atlas)
        if self._near is not None:
            self._near.see(projection)

    def _draw_finer(self, network: Network, projection: Projection, fronts: _Fronts, coarse: Atlas) -> None:
        depths = fronts.spots.depths(projection)
        # Their diagonals take so many pixels for each texel.
        across = np.hypot(*(coarse.cells[:, 2:] - coarse.cells[:, :2]).T)
        coarsely = fronts.spots.diameters(projection, depths) > _FINE * across
        wanted = coarse.nodes[fronts.spots.inside(projection, depths) & coarsely]
        if not len(wanted) or (self._near and np.isin(wanted, self._near.nodes).all()):
            return
        around = coarse.nodes[fronts.spots.inside(projection, depths, _MARGIN) & coarsely]
        most = max(1, _MOST_NEAR // coarse.largest)
        chosen = around if len(around) <= most else wanted[:most]
        finer = atlas({node: self._by_node[node] for node in chosen.tolist()}, self._colormap, step=1)
        if finer is not None:
            self._near = _Fronts(finer, network.placement, _NEARER)
            self._parts.replace("near faces", [self._near.quads.actor])

    def fade(self, network: Network, which: np.ndarray, share: float, hidden: bool, theme: Theme) -> None:
        """Let some of them fade.

        Parameters
        ----------
        network : Network
        which : (n,) bool array
        share : float
            As in `fading.faded`.
        hidden : bool
        theme : Theme
        """
        covered = np.zeros(len(which), bool)
        if self.atlas is not None and not hidden:
            covered[self.atlas.nodes] = which[self.atlas.nodes]
        self._covered, self._ground = covered, fading.ground(theme)
        self._veil.actor.GetProperty().SetOpacity(share)
        self._cover(network.placement)

    def _cover(self, placement: Placement) -> None:
        shown = bool(self._covered.any())
        if shown:
            self._veil.show(*fading.fronts(placement, self._covered), self._ground)
        self._parts.show("veil", [self._veil.actor], shown)


class Painted:
    """The mosaics of what is seen, coloured; on whatever thread.

    Parameters
    ----------
    plan : Blueprint or None
    faces : mapping of str to Face
        Of all layers.
    colormap : str
        Empty for the one that fits each.
    """

    def __init__(self, plan: Blueprint | None, faces: Mapping[str, Face], colormap: str) -> None:
        self._made_for = plan and plan.layout, faces, colormap
        self.by_node = faces_of(plan.layout.names, plan.shown, faces) if plan else {}
        self.atlas = atlas(self.by_node, colormap)

    def fits(self, plan: Blueprint | None, faces: Mapping[str, Face], colormap: str) -> bool:
        """Whether it is of the same nodes, faces and colours."""
        layout, known, colours = self._made_for
        return layout is (plan and plan.layout) and known is faces and colours == colormap


class _Fronts:
    """Rectangles on the fronts of blocks."""

    def __init__(self, shown: Atlas, placement: Placement, height: float) -> None:
        self.nodes, self._height = shown.nodes, height
        self.quads = Quads(shown.texels, shown.cells, self._stand(placement), whole=shown.whole)

    def follow(self, placement: Placement) -> None:
        """Move along with the blocks."""
        self.quads.move(self._stand(placement))

    def _stand(self, placement: Placement) -> np.ndarray:
        """(m, 4, 3) float array: their corners, in the order that `Quads` wants."""
        half = (placement.sizes[self.nodes, :2] - RIM) / 2
        rim = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        flat = placement.centres[self.nodes, None, :2] + rim * half[:, None]
        corners = np.concatenate([flat, np.full((len(self.nodes), 4, 1), self._height)], axis=2)
        self.spots = Spots(corners[:, 0], corners[:, 2])
        self._drawn = Drawn(self.spots)
        return corners

    def see(self, projection: Projection) -> None:
        depths = self.spots.depths(projection)
        seen = self.spots.diameters(projection, depths)[self.spots.inside(projection, depths)]
        # Where most are drawn, those of a far corner are as well: else it would look as if they had none.
        most = len(seen) and np.median(seen) >= _SMALLEST
        if self._drawn.see(projection, _SMALLEST / 2 if most else _SMALLEST):
            self.quads.draw_only(self._drawn.chosen)
