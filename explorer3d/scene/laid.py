"""An explanation laid over what it is about, where that stands in the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.scene.grown import Grown
from explorer3d.scene.heat import Heat, laid_over, tinted
from explorer3d.scene.mosaics import RIM, Mosaics
from explorer3d.scene.network import Network
from explorer3d.scene.panel import LIFT, Panel, lift_before
from explorer3d.scene.parts import Parts
from explorer3d.scene.quads import fill
from explorer3d.scene.sheets import NOWHERE, WHOLE, Sheets
from explorer3d.scene.standing import Standing

_HEIGHT = 0.012  # in front of a block, before its mosaic
_LINES = frozenset({"vector", "text"})
"""Kinds of pictures that are none of height and width."""
_DARK = 0.7


@dataclass(frozen=True, eq=False)
class Laid:
    """What is laid over what.

    Attributes
    ----------
    what : Heat or Grown
    input : str
        The model input it is about.
    layer : str
        Whose maps it comes from; empty if from none.
    opacity, threshold : float
        As of `tinted`, for heat.
    growing : bool
        It is replaced soon.
    """

    what: Heat | Grown
    input: str
    layer: str
    opacity: float = 1.0
    threshold: float = 0.0
    growing: bool = False


class Overlaid:
    """The same map over the input's block and over each opened picture of the input and of the layer.

    A picture that has grown lies over the input, and over the map of its filter; those of a layer's filters
    lie each over its own map, and all together over the layer's block.

    Attributes
    ----------
    shown : Laid or None
    """

    def __init__(self, parts: Parts) -> None:
        self.shown: Laid | None = None
        self._parts = parts
        # What is fed may have the colours of the map: it is drawn anew, grey. Maps are looked at through it.
        self._over_input, self._over_maps = Sheets(), Sheets()
        self._over_maps.actor.ForceTranslucentOn()
        self._over_tiles = Sheets()
        self._cells = WHOLE

    @property
    def corners(self) -> np.ndarray:
        """(n, 4, 3) float array: bottom left, bottom right, top right, top left of each place it lies."""
        return np.concatenate([one.corners for one in (self._over_input, self._over_maps, self._over_tiles)])

    def show(self, laid: Laid | None) -> None:
        """Lay something else there, or nothing; `follow` puts it in its places."""
        self.shown = laid
        if laid is not None and isinstance(laid.what, Grown):
            texels, self._cells = laid.what.atlas
            if laid.what.single:
                fill(self._over_input.texture, texels)
            fill(self._over_tiles.texture, texels)
        elif laid is not None:
            looks = laid.what, laid.opacity, laid.threshold
            fill(self._over_input.texture, laid_over(*looks))
            # Maps have the colours of what is laid over them: they recede.
            fill(self._over_maps.texture, tinted(*looks, darkness=_DARK * laid.opacity))

    def follow(self, network: Network, mosaics: Mosaics, standing: Standing) -> None:
        """Lie where what is explained stands now."""
        over_input, over_maps = [NOWHERE], [NOWHERE]
        over_tiles, cells = [NOWHERE], [WHOLE[:0]]
        laid = self.shown
        grown = laid.what if laid is not None and isinstance(laid.what, Grown) else None
        if laid is not None:
            on_input = grown is None or grown.single
            face, node = mosaics.faces.get(laid.input), network.index.get(laid.input)
            if face is not None and node is not None and _is_one_picture(face.shape, face.texels.ndim):
                over_input += [_front(network, node)] * on_input
            node = network.index.get(laid.layer)
            if grown is not None and not grown.single and node is not None:
                over_tiles.append(_front(network, node))
                cells.append(WHOLE)
            for name, opened in standing.layers.items():
                for panel in opened.panels:
                    if panel.picture.kind in _LINES:
                        continue
                    if name == laid.input or panel.tensor.value == laid.input:
                        one = panel.picture.count == 1
                        if on_input and (one or grown is None):
                            (over_input if one else over_maps).append(_in_front(panel))
                    elif name == laid.layer and panel.tensor.role == "output":
                        if grown is None:
                            over_maps.append(_in_front(panel))
                        elif panel.picture.kind == "maps":
                            places, shown = _tiles(panel, grown)
                            over_tiles.append(places)
                            cells.append(self._cells[shown])
        for part, sheets, corners, parts in (
            ("laid over input", self._over_input, over_input, WHOLE),
            ("laid over maps", self._over_maps, over_maps, WHOLE),
            ("laid over tiles", self._over_tiles, over_tiles, np.concatenate(cells)),
        ):
            sheets.stand(np.concatenate(corners).astype(np.float32), parts)
            # What is translucent is drawn in the order in which it came: numbers over what lies there.
            self._parts.show(part, [sheets.actor], shown=len(sheets.corners) > 0)


def _tiles(panel: Panel, grown: Grown) -> tuple[np.ndarray, np.ndarray]:
    """Where the pictures of filters lie, and which of them: those that have begun, before drawn maps."""
    drawn = panel.quads.seen.tolist()
    channels = np.asarray(grown.channels, np.int64)
    shown = np.flatnonzero(grown.begun[: len(channels)] & np.isin(channels, drawn))
    order = {tile: place for place, tile in enumerate(drawn)}
    places = [order[channel] for channel in channels[shown].tolist()]
    return _in_front(panel)[places], shown


def _in_front(panel: Panel) -> np.ndarray:
    """(m, 4, 3) float array: places just before those tiles of a tensor that are drawn."""
    tiles = panel.quads.corners[panel.quads.seen]
    return np.asarray(tiles + [0.0, 0.0, lift_before(tiles, 2 * LIFT, 1 / 2)])


def _is_one_picture(shape: tuple[int, ...], rank: int) -> bool:
    """Whether a face shows all channels in one: in colour, or since there is only one."""
    sizes = sorted(shape[1:])
    return rank == 3 or int(np.prod(sizes)) == int(np.prod(sizes[-2:]))


def _front(network: Network, node: int) -> np.ndarray:
    """(1, 4, 3) float array: where the mosaic of a block stands."""
    centre, size = network.placement.centres[node, :2], network.placement.sizes[node, :2]
    flat = centre + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (size - RIM) / 2
    return np.concatenate([flat, np.full((4, 1), _HEIGHT)], axis=1)[None]
