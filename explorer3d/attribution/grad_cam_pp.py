"""Grad-CAM++: Grad-CAM that does not lose what is there several times, or small."""

from __future__ import annotations

import numpy as np

from explorer3d.attribution.grad_cam import mapped
from explorer3d.attribution.method import Method


def grad_cam_pp(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Weigh a layer's feature maps by their positive gradients, place by place (Grad-CAM++).

    The explained number is the exponential of the score, whose own factor, the same everywhere, is left out.

    Parameters
    ----------
    activation, gradient : (C, H, W) float array
        Output of the chosen layer for one image, and the derivative of the class score by it.

    Returns
    -------
    (H, W) float array
        Non-negative map at the layer's own resolution, not rescaled.

    References
    ----------
    https://arxiv.org/abs/1710.11063, equations 10 and 19
    """
    # In float64: cubes of small gradients would vanish.
    slope = gradient.reshape(len(gradient), -1).astype(np.float64)
    total = activation.reshape(len(activation), -1).sum(axis=1, keepdims=True, dtype=np.float64)
    below = 2 * slope**2 + total * slope**3
    alpha = np.divide(slope**2, below, out=np.zeros_like(slope), where=below != 0)
    weights = (alpha * np.maximum(slope, 0)).sum(axis=1)
    return np.maximum(np.tensordot(weights, activation, axes=1), 0).astype(activation.dtype)


METHOD = Method(
    "grad_cam_pp",
    "Grad-CAM++",
    "Where the maps of a layer, weighed by their positive gradients place by place, speak for it.",
    mapped(grad_cam_pp),
)
