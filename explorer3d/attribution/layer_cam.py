"""Layer-CAM: a map as fine as the layer, for early layers too."""

from __future__ import annotations

import numpy as np

from explorer3d.attribution.grad_cam import mapped
from explorer3d.attribution.method import Method


def layer_cam(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Weigh each place of a layer's feature maps by its own positive gradient (Layer-CAM).

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
    https://ieeexplore.ieee.org/document/9462463
    """
    return np.asarray(np.maximum((np.maximum(gradient, 0) * activation).sum(axis=0), 0))


METHOD = Method(
    "layer_cam",
    "Layer-CAM",
    "Where the maps of a layer, each place weighed by its own positive gradient, speak for it.",
    mapped(layer_cam),
)
