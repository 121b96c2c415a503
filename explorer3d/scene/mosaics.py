"""The feature maps of all layers at once, as mosaics on the fronts of their blocks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer3d.compute.show import Face
from explorer3d.graph.folded import FoldedBlock
from explorer3d.scene import fading, nodes
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.network import Network
from explorer3d.scene.palette import Theme
from explorer3d.scene.parts import Parts
from explorer3d.scene.quads import Quads


class Mosaics:
    """The mosaics of what is seen.

    Attributes
    ----------
    faces : mapping of str to Face
        Of all layers.
    images : dict of str to (H, W, 3) uint8 array
        RGB, by node.
    """

    def __init__(self, parts: Parts) -> None:
        self.faces: Mapping[str, Face] = {}
        self.images: dict[str, np.ndarray] = {}
        self._coloured: dict[str, np.ndarray] = {}
        self._quads: Quads | None = None
        self._parts = parts

    def colour(self, network: Network | None, colormap: str, again: bool = True) -> None:
        """Colour the mosaics of all that is seen.

        Parameters
        ----------
        network : Network or None
        colormap : str
        again : bool
            False: the colours of those that were seen before have not changed.
        """
        tables = {signed: lookup(colormap or default_map(signed)) for signed in (False, True)}
        layers = network.model.layers if network else ()
        shown = {layer.name: layer.face for layer in layers if isinstance(layer, FoldedBlock)}
        coloured = {} if again else self._coloured
        self.images = {}
        for node in network.index if network else ():
            name = shown.get(node, node)
            if name in self.faces and name not in coloured:
                face = self.faces[name]
                gray = face.texels.ndim == 2
                coloured[name] = tables[face.diverging][face.texels] if gray else face.texels
            if name in coloured:
                self.images[node] = coloured[name]
        self._coloured = coloured

    def build(self, network: Network, hidden: bool) -> None:
        """Put them on their blocks.

        Parameters
        ----------
        network : Network
        hidden : bool
            They would hide the colours of the blocks.
        """
        self._quads = nodes.faces(network.placement, {} if hidden else self.images)
        self._parts.replace("faces", [self._quads.actor] if self._quads else [])

    def follow(self, network: Network) -> None:
        """Move them along with their blocks."""
        if self._quads is not None:
            self._quads.move(nodes.face_corners(network.placement, self.images))

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
        names = network.placement.names
        covered = which & np.array([not hidden and name in self.images for name in names], bool)
        veils = [fading.veil(network.placement, covered, theme, share)] if covered.any() else []
        self._parts.replace("veil", veils)
