"""Blocks that stand for layers, with their handles, faces and labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer3d.compute.picture import grid_columns
from explorer3d.scene.boxes import Boxes
from explorer3d.scene.palette import FAMILIES, Colour, family_of
from explorer3d.scene.placement import Placement
from explorer3d.scene.quads import Quads

CARDS, CARD_STEP = 4, (0.07, 0.07, -0.24)


def blocks(placement: Placement, colours: np.ndarray) -> Boxes:
    """All blocks, of (n, 3) RGB colours."""
    return Boxes(placement.centres, placement.sizes, colours)


def cards(placement: Placement, colours: np.ndarray, folded: np.ndarray) -> Boxes:
    """What of a stack of cards is seen behind each folded block: its edges.

    Parameters
    ----------
    placement : Placement
    colours : (n, 3) uint8 array
        RGB of all blocks.
    folded : (n,) bool array
    """
    steps = np.arange(1, CARDS)[:, None, None] * np.array(CARD_STEP)
    return Boxes(
        (placement.centres[folded] + steps).reshape(-1, 3),
        np.tile(placement.sizes[folded], (CARDS - 1, 1)),
        card_shades(colours[folded]),
    )


def card_shades(colours: np.ndarray) -> np.ndarray:
    """RGB of the cards behind folded blocks of given colours, every other one darker.

    Parameters
    ----------
    colours : (n, 3) uint8 array

    Returns
    -------
    ((CARDS - 1) n, 3) uint8 array
    """
    shares = [1.0 - 0.22 * (card % 2) for card in range(1, CARDS)]
    return np.concatenate([np.asarray(colours * share, np.uint8) for share in shares])


def body_colour(op: str) -> Colour:
    return FAMILIES[family_of(op)].colour


def faces(placement: Placement, images: Mapping[str, np.ndarray]) -> Quads | None:
    """The mosaics on the front faces of blocks, in one actor.

    Parameters
    ----------
    placement : Placement
    images : mapping of str to (H, W, 3) uint8 array
        RGB, by node.

    Returns
    -------
    Quads or None
        None if there is nothing to show.
    """
    shown = [index for index, name in enumerate(placement.names) if name in images]
    if not shown:
        return None
    side = max(max(image.shape[:2]) for image in images.values())
    across = grid_columns(len(shown))
    rows = -(-len(shown) // across)
    atlas = np.zeros((rows * side, across * side, 3), np.uint8)
    cells = []
    for place, index in enumerate(shown):
        row, column = divmod(place, across)
        left, top = column * side, row * side
        image = images[placement.names[index]]
        bottom, right = top + image.shape[0], left + image.shape[1]
        atlas[top:bottom, left:right] = image
        cells.append([left, top, right, bottom])
    return Quads(atlas, np.array(cells), face_corners(placement, images))


def face_corners(placement: Placement, images: Mapping[str, np.ndarray]) -> np.ndarray:
    """(m, 4, 3) float array: where the mosaics are, of those nodes that have one."""
    shown = [index for index, name in enumerate(placement.names) if name in images]
    half = (placement.sizes[shown, :2] - 0.06) / 2
    rim = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    flat = placement.centres[shown, None, :2] + rim * half[:, None]
    return np.concatenate([flat, np.full((len(shown), 4, 1), 0.008)], axis=2)
