"""Guided backpropagation: what in the input would excite the target, details and all."""

from __future__ import annotations

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import NoSettings


def _explain(case: Case, settings: NoSettings) -> Found:
    """https://arxiv.org/abs/1412.6806: a ReLU passes back what is positive, where it was open."""
    gradient, _ = case.gradients(case.picture.value, flow="guided")
    return Found(gradient, case.picture_axes)


METHOD = Method(
    "guided_backprop",
    "Guided backpropagation",
    "What in the input excites the target: only what is positive goes back through a ReLU that was open.",
    _explain,
)
