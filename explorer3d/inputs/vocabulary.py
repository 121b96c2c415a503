"""How many words a model's tables hold: what its whole-number inputs may point at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx_ir as ir

    from explorer3d.graph.model import Model

# Operators that hand numbers on as they are.
_PASSING = frozenset({"Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten"})


def vocabularies(model: Model) -> dict[str, int]:
    """Rows of the smallest table that is looked up in, for each input that only looks up.

    Returns
    -------
    dict of str to int
        Inputs that are used for anything else as well are left out.

    References
    ----------
    https://onnx.ai/onnx/operators/onnx__Gather.html
    """
    found = {}
    for value in model.ir.graph.inputs:
        rows = list(_rows(value, set()))
        known = [count for count in rows if count is not None]
        if known and len(known) == len(rows):
            found[value.name or ""] = min(known)
    return found


def _rows(value: ir.Value, seen: set[int]) -> Iterator[int | None]:
    """Of each table the value is looked up in; None for another use that numbers may not fit."""
    if id(value) in seen:
        return
    seen.add(id(value))
    for node, place in value.uses():
        if node.op_type in _PASSING and place == 0:
            yield from _rows(node.outputs[0], seen)
        elif node.op_type == "Gather" and place == 1:
            yield _size(node)
        elif node.op_type not in _COMPARING:
            yield None


# What is asked of words besides: whether they are padding.
_COMPARING = frozenset({"Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Shape"})


def _size(node: ir.Node) -> int | None:
    table = node.inputs[0]
    if table is None or table.const_value is None:
        return None
    shape, axis = table.const_value.shape, node.attributes.get_int("axis", 0)
    size = shape[axis] if -len(shape) <= axis < len(shape) else None
    return size if isinstance(size, int) and size > 0 else None
