"""Saliency: how much each number of the input moves the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.method import Case, Found, Method


@dataclass(frozen=True)
class Saliency:
    """What becomes of the gradient.

    Attributes
    ----------
    absolute : bool
        Show how much, whatever the sign.
    """

    absolute: bool = True


def saliency(gradient: np.ndarray, absolute: bool = True) -> np.ndarray:
    """Take the size of the gradient (saliency).

    Parameters
    ----------
    gradient : array
        Derivative of the score by the input.
    absolute : bool
        Otherwise it is the gradient itself.

    Returns
    -------
    array
        Of the same shape.

    References
    ----------
    https://arxiv.org/abs/1312.6034
    """
    return np.abs(gradient) if absolute else gradient


def _explain(case: Case, settings: Saliency) -> Found:
    gradient, _ = case.gradients(case.picture.value)
    return Found(saliency(gradient, settings.absolute), case.picture_axes)


METHOD = Method(
    "saliency", "Saliency", "How much each number of the input moves the score.", _explain, Saliency
)
