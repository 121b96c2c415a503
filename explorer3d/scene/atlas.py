"""The mosaics of many layers side by side in one picture, no larger than can be drawn in an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.faces import Face
from explorer3d.compute.picture import grid_columns
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.pyramid import pyramid

MOST_TEXELS = 1_500_000
_AT_ONCE = 1_000_000  # texels coloured in one go: other threads wait for each


@dataclass(frozen=True, eq=False)
class Atlas:
    """Mosaics of some nodes.

    Attributes
    ----------
    texels : (H, W, 3) uint8 array
        RGB; a part of `whole`.
    whole : uint8 array
        The `pyramid` of that: made here, on whatever thread.
    cells : (m, 4) int array
        Left, top, right, bottom of each mosaic in it, in texels.
    nodes : (m,) int array
        Whose they are.
    step : int
        Texels of a mosaic, along each axis, that one of the picture stands for.
    largest : int
        Texels of the largest mosaic.
    """

    texels: np.ndarray
    whole: np.ndarray
    cells: np.ndarray
    nodes: np.ndarray
    step: int
    largest: int

    def image(self, node: int) -> np.ndarray | None:
        """(h, w, 3) uint8 array: the mosaic of a node, if it has one."""
        for left, top, right, bottom in self.cells[self.nodes == node].tolist():
            return self.texels[top:bottom, left:right]
        return None


def atlas(
    faces: Mapping[int, Face], colormap: str, most: int = MOST_TEXELS, step: int | None = None
) -> Atlas | None:
    """Colour mosaics and put them side by side.

    Parameters
    ----------
    faces : mapping of int to Face
        By node.
    colormap : str
        Empty for the one that fits each.
    most : int
        Texels of the picture.
    step : int, optional
        See `Atlas`; so large that the picture keeps to its size if not given.

    Returns
    -------
    Atlas or None
        None without any mosaic.
    """
    if not faces:
        return None
    nodes = np.fromiter(faces, np.intp, len(faces))
    largest = max(max(face.texels.shape[:2]) for face in faces.values())
    if step is None:
        step = max(1, int(np.ceil(largest * np.sqrt(len(faces) / most))))
    side = -(-largest // step)
    across = grid_columns(len(faces))
    rows = -(-len(faces) // across)
    texels = np.zeros((rows * side, across * side, 3), np.uint8)
    cells = np.zeros((len(faces), 4), np.intp)
    # Those of the same kind are coloured and reduced together.
    alike: dict[tuple[object, ...], list[int]] = {}
    given = list(faces.values())
    for place, face in enumerate(given):
        alike.setdefault((face.texels.shape, face.diverging), []).append(place)
    for (_, diverging), places in alike.items():
        table = lookup(colormap or default_map(bool(diverging)))
        batch = max(1, _AT_ONCE // given[places[0]].texels.size)
        for first in range(0, len(places), batch):
            some = places[first : first + batch]
            stacked = np.stack([given[place].texels for place in some])
            coloured = _reduced(table[stacked] if stacked.ndim == 3 else stacked, step)
            height, width = coloured.shape[1:3]
            for place, image in zip(some, coloured, strict=True):
                row, column = divmod(place, across)
                top, left = row * side, column * side
                texels[top : top + height, left : left + width] = image
                cells[place] = left, top, left + width, top + height
    area = max(face.texels.shape[0] * face.texels.shape[1] for face in given)
    whole = pyramid(texels)
    return Atlas(whole[: rows * side, : across * side], whole, cells, nodes, step, area)


def _reduced(images: np.ndarray, step: int) -> np.ndarray:
    """(m, h, w, 3) uint8 images, each `step` by `step` texels become their mean."""
    if step == 1:
        return images
    height, width = (max(1, extent // step) for extent in images.shape[1:3])
    step_down, step_across = min(step, images.shape[1]), min(step, images.shape[2])
    whole = images[:, : height * step_down, : width * step_across]
    blocks = whole.reshape(len(images), height, step_down, width, step_across, 3)
    return np.asarray(np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)), np.uint8)


def faces_of(names: Sequence[str], shown: Mapping[str, str], faces: Mapping[str, Face]) -> dict[int, Face]:
    """The mosaic of every node that has one.

    Parameters
    ----------
    names : sequence of str
    shown : mapping of str to str
        The layer whose mosaic stands for a node of another name.
    faces : mapping of str to Face
        By layer.
    """
    found = ((node, faces.get(shown.get(name, name))) for node, name in enumerate(names))
    return {node: face for node, face in found if face is not None}
