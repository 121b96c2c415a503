"""How each operator passes a gradient back: one rule per operator.

A rule is a vector-Jacobian product: from the gradient of a node's outputs it makes that of its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import onnx_ir as ir

if TYPE_CHECKING:
    from explorer3d.compute.gradient.step import Step

Parts = Sequence["ir.Value | None"]
"""The gradient of each input of a node; None where nothing flows or nobody wants it."""

Rule = Callable[["Step"], Parts]

VJPS: dict[str, Rule] = {}
"""By operator type, of ONNX' own domain."""


def vjp(*operators: str) -> Callable[[Rule], Rule]:
    """Register the rule of one or more operators.

    Parameters
    ----------
    *operators : str

    Raises
    ------
    ValueError
        An operator has a rule already.
    """

    def register(rule: Rule) -> Rule:
        for operator in operators:
            if operator in VJPS:
                raise ValueError(f"There are two rules for {operator}.")
            VJPS[operator] = rule
        return rule

    return register
