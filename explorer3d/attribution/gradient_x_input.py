"""Gradient × input: what each number of the input adds to the score, were the network a plane."""

from __future__ import annotations

import numpy as np

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import NoSettings


def gradient_x_input(gradient: np.ndarray, fed: np.ndarray) -> np.ndarray:
    """Multiply the gradient by the input.

    Parameters
    ----------
    gradient, fed : array
        Derivative of the score by the input, and the input.

    Returns
    -------
    array
        Of the same shape; positive where it speaks for the target.

    References
    ----------
    https://arxiv.org/abs/1605.01713
    """
    return np.asarray(gradient * fed)


def _explain(case: Case, settings: NoSettings) -> Found:
    gradient, _ = case.gradients(case.picture.value)
    return Found(gradient_x_input(gradient, case.fed), case.picture_axes)


METHOD = Method(
    "gradient_x_input",
    "Gradient × input",
    "What each number of the input adds to the score, as far as the gradient tells.",
    _explain,
)
