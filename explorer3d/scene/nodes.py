"""Blocks that stand for layers, with their handles, faces and labels."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.boxes import Boxes
from explorer3d.scene.placement import Placement

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
    return Boxes(*card_places(placement, folded), card_shades(colours[folded]))


def card_places(placement: Placement, folded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((CARDS - 1) n, 3) float arrays: where these stand, and their sizes."""
    steps = np.arange(1, CARDS)[:, None, None] * np.array(CARD_STEP)
    centres = (placement.centres[folded] + steps).reshape(-1, 3)
    return centres, np.tile(placement.sizes[folded], (CARDS - 1, 1))


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
