"""An explanation laid over what it is about, where that stands in the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from explorer3d.scene.heat import Heat, laid_over, tinted
from explorer3d.scene.mosaics import RIM, Mosaics
from explorer3d.scene.network import Network
from explorer3d.scene.panel import LIFT, Panel
from explorer3d.scene.parts import Parts
from explorer3d.scene.quads import fill, texture_of
from explorer3d.scene.standing import Standing

_HEIGHT = 0.012  # in front of a block, before its mosaic
_LINES = frozenset({"vector", "text"})
"""Kinds of pictures that are none of height and width."""
_DARK = 0.7
_NOWHERE = np.zeros((0, 4, 3), np.float32)


@dataclass(frozen=True, eq=False)
class Laid:
    """What is laid over what.

    Attributes
    ----------
    heat : Heat
    input : str
        The model input it is about.
    layer : str
        Whose maps it comes from; empty if from none.
    opacity, threshold : float
        As of `tinted`.
    """

    heat: Heat
    input: str
    layer: str
    opacity: float
    threshold: float


class Overlaid:
    """The same map over the input's block and over each opened picture of the input and of the layer.

    Attributes
    ----------
    shown : Laid or None
    """

    def __init__(self, parts: Parts) -> None:
        self.shown: Laid | None = None
        self._parts = parts
        # What is fed may have the colours of the map: it is drawn anew, grey. Maps are looked at through it.
        self._over_input, self._over_maps = _Sheets(), _Sheets()
        self._over_maps.actor.ForceTranslucentOn()

    @property
    def corners(self) -> np.ndarray:
        """(n, 4, 3) float array: bottom left, bottom right, top right, top left of each place it lies."""
        return np.concatenate([self._over_input.corners, self._over_maps.corners])

    def show(self, laid: Laid | None) -> None:
        """Lay something else there, or nothing; `follow` puts it in its places."""
        self.shown = laid
        if laid is not None:
            looks = laid.heat, laid.opacity, laid.threshold
            fill(self._over_input.texture, laid_over(*looks))
            # Maps have the colours of what is laid over them: they recede.
            fill(self._over_maps.texture, tinted(*looks, darkness=_DARK * laid.opacity))

    def follow(self, network: Network, mosaics: Mosaics, standing: Standing) -> None:
        """Lie where what is explained stands now."""
        over_input, over_maps = [_NOWHERE], [_NOWHERE]
        laid = self.shown
        if laid is not None:
            face, node = mosaics.faces.get(laid.input), network.index.get(laid.input)
            if face is not None and node is not None and _is_one_picture(face.shape, face.texels.ndim):
                over_input.append(_front(network, node))
            for name, opened in standing.layers.items():
                for panel in opened.panels:
                    if panel.picture.kind in _LINES:
                        continue
                    if name == laid.input or panel.tensor.value == laid.input:
                        one = panel.picture.count == 1
                        (over_input if one else over_maps).append(_in_front(panel))
                    elif name == laid.layer and panel.tensor.role == "output":
                        over_maps.append(_in_front(panel))
        for part, sheets, places in (
            ("laid over input", self._over_input, over_input),
            ("laid over maps", self._over_maps, over_maps),
        ):
            sheets.stand(np.concatenate(places).astype(np.float32))
            self._parts.replace(part, [sheets.actor] if len(sheets.corners) else [])


class _Sheets:
    """Rectangles that all show the whole of one texture."""

    def __init__(self) -> None:
        self.corners = _NOWHERE
        self._points, self._data = vtkPoints(), vtkPolyData()
        self._data.SetPoints(self._points)
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(self._data)
        # It would be quantised to where it was first.
        mapper.SetVBOShiftScaleMethod(0)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().LightingOff()
        self.texture = texture_of(np.zeros((1, 1, 4), np.uint8), smooth=True)
        self.actor.SetTexture(self.texture)

    def stand(self, corners: np.ndarray) -> None:
        """Put them somewhere: (n, 4, 3) float array, as of `Overlaid.corners`."""
        if np.array_equal(corners, self.corners):
            return
        self.corners, count = corners, len(corners)
        self._points.SetData(numpy_to_vtk(corners.reshape(-1, 3), deep=True))
        self._points.Modified()
        around = np.tile(np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32), (count, 1))
        self._data.GetPointData().SetTCoords(numpy_to_vtk(around, deep=True))
        faces = vtkCellArray()
        faces.SetData(4, numpy_to_vtkIdTypeArray(np.arange(4 * count, dtype=np.int64), deep=True))
        self._data.SetPolys(faces)


def _in_front(panel: Panel) -> np.ndarray:
    """(m, 4, 3) float array: places just before those tiles of a tensor that are drawn."""
    tiles = panel.quads.corners[panel.quads.seen]
    apart = abs(float(tiles[1, 0, 2] - tiles[0, 0, 2])) if len(tiles) > 1 else 0.0
    return np.asarray(tiles + [0.0, 0.0, min(2 * LIFT, apart / 2) if apart else 2 * LIFT])


def _is_one_picture(shape: tuple[int, ...], rank: int) -> bool:
    """Whether a face shows all channels in one: in colour, or since there is only one."""
    sizes = sorted(shape[1:])
    return rank == 3 or int(np.prod(sizes)) == int(np.prod(sizes[-2:]))


def _front(network: Network, node: int) -> np.ndarray:
    """(1, 4, 3) float array: where the mosaic of a block stands."""
    centre, size = network.placement.centres[node, :2], network.placement.sizes[node, :2]
    flat = centre + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (size - RIM) / 2
    return np.concatenate([flat, np.full((4, 1), _HEIGHT)], axis=1)[None]
