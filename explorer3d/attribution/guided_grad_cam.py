"""Guided Grad-CAM: the details that guided backpropagation finds, where Grad-CAM says they count."""

from __future__ import annotations

import numpy as np

from explorer3d.attribution.grad_cam import grad_cam, layer_maps
from explorer3d.attribution.maps import spread
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import NoSettings
from explorer3d.errors import RequestError


def guided_grad_cam(guided: np.ndarray, heat: np.ndarray, axes: str) -> np.ndarray:
    """Multiply guided backpropagation by a class activation map (guided Grad-CAM).

    Parameters
    ----------
    guided : array
        Of the input's shape.
    heat : (h, w) float array
        Enlarged bilinearly to the input's height and width.
    axes : str
        A letter for each of the input's axes.

    Returns
    -------
    array
        Of the input's shape.

    References
    ----------
    https://arxiv.org/abs/1610.02391, section 3.2
    """
    return np.asarray(guided * spread(heat, axes, guided.shape).astype(guided.dtype))


def _explain(case: Case, settings: NoSettings) -> Found:
    case.require_picture("no map can be laid over it")
    activation, gradient, name, axes = layer_maps(case)
    if axes != "HW":
        raise RequestError(f"'{name}' gives no maps of a picture. Choose a convolution of pictures.")
    heat = grad_cam(activation, gradient)
    guided, _ = case.gradients(case.picture.value, flow="guided")
    return Found(
        guided_grad_cam(guided, heat, case.picture_axes),
        case.picture_axes,
        further={"grad_cam": heat},
        note=f"Grad-CAM of {name}",
    )


METHOD = Method(
    "guided_grad_cam",
    "Guided Grad-CAM",
    "What in the input excites the target, where the maps of a layer speak for it.",
    _explain,
)
