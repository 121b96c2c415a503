"""Lets nodes fade into the ground, so that the others stand out."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.palette import Theme
from explorer3d.scene.placement import Placement

# How much of the ground's colour a faded node takes: beside what was looked for, and beside a flow.
STRONG, SLIGHT = 0.8, 0.4
_IN_FRONT = 0.016  # of faces and handles, behind the frame of what is selected


def faded(colours: np.ndarray, which: np.ndarray, theme: Theme, share: float = STRONG) -> np.ndarray:
    """Mix some of many colours with the ground.

    Parameters
    ----------
    colours : (n, 3) array
        RGB, 0..255.
    which : (n,) bool array
    theme : Theme
    share : float
        How much of the ground they take.

    Returns
    -------
    (n, 3) uint8 array
    """
    mixed = colours + (ground(theme) - colours) * (share * which[:, None])
    return np.asarray(np.rint(mixed).astype(np.uint8))


def ground(theme: Theme) -> np.ndarray:
    """(3,) float array: the background's colour, halfway down."""
    return np.asarray(np.mean([theme.top, theme.bottom], axis=0))


def fronts(placement: Placement, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (4 m, 3) and cells (m, 4) of what covers the fronts of some blocks.

    Parameters
    ----------
    placement : Placement
    which : (n,) bool array
    """
    centres, sizes = placement.centres[which], placement.sizes[which]
    rim = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    flat = centres[:, None, :2] + rim * sizes[:, None, :2]
    points = np.concatenate([flat, np.full((len(flat), 4, 1), _IN_FRONT)], axis=2).reshape(-1, 3)
    return points, np.arange(len(points)).reshape(-1, 4)
