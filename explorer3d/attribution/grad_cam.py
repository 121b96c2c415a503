"""Grad-CAM: where a layer's maps speak for the target, each map weighed as a whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer3d.attribution.maps import maps_first, places
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import NoSettings
from explorer3d.compute.behind import read_behind


def grad_cam(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Weigh a layer's feature maps by their mean gradient (Grad-CAM).

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
    https://arxiv.org/abs/1610.02391
    """
    weights = gradient.reshape(len(gradient), -1).mean(axis=1)
    return np.maximum(np.tensordot(weights, activation, axes=1), 0)


def layer_maps(case: Case) -> tuple[np.ndarray, np.ndarray, str, str]:
    """A layer's maps and the derivative of the target by them.

    Returns
    -------
    activation, gradient : (C, …) float array
    name : str
        Of the layer.
    axes : str
        Of one map.
    """
    name, port, axes = case.maps
    value, order = read_behind(case.runner, port)
    gradient, values = case.gradients(value, values=[value])
    maps, slope = (array.transpose(order) for array in (values[value], gradient))
    return maps_first(maps, axes), maps_first(slope, axes), name, places(axes)


def mapped(
    weigh: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Callable[[Case, NoSettings], Found]:
    """Explain by one map of a layer, made of its maps and the derivatives by them."""

    def explain(case: Case, settings: NoSettings) -> Found:
        activation, gradient, name, axes = layer_maps(case)
        return Found(weigh(activation, gradient), axes, name)

    return explain


METHOD = Method(
    "grad_cam",
    "Grad-CAM",
    "Where the maps of a layer, weighed by their mean gradient, speak for it.",
    mapped(grad_cam),
)
