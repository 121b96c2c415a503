"""Layer-CAM: a map as fine as the layer, for early layers too."""

from __future__ import annotations

import numpy as np

from explorer3d.attribution.grad_cam import layer_maps
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import NoSettings


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


def _explain(case: Case, settings: NoSettings) -> Found:
    activation, gradient, name, axes = layer_maps(case)
    return Found(layer_cam(activation, gradient), axes, name)


METHOD = Method(
    "layer_cam",
    "Layer-CAM",
    "Where the maps of a layer, each place weighed by its own positive gradient, speak for it.",
    _explain,
)
