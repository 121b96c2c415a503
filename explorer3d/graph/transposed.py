"""Values that are others with their axes in another order, as readers of Keras files write them."""

from __future__ import annotations

from collections.abc import Collection

import onnx_ir as ir

from explorer3d.graph.skeleton import STANDARD


def stored(value: ir.Value, known: Collection[str]) -> tuple[ir.Value, tuple[int, ...] | None]:
    """Find the value that one only shows with its axes in another order.

    Operators behind a layer may read either, so that all that depends on the layer depends on this one only.

    Parameters
    ----------
    value : onnx_ir.Value
    known : collection of str
        Values that are layers' own results: these are not looked behind.

    Returns
    -------
    onnx_ir.Value
        The value itself where it shows no other.
    tuple of int or None
        Its axes in the order in which `value` has them; None for the value itself.
    """
    node = value.producer()
    source = node.inputs[0] if node is not None and node.inputs else None
    if node is None or node.op_type != "Transpose" or node.domain not in STANDARD:
        return value, None
    order = tuple(node.attributes.get_ints("perm", ()))
    if source is None or source.producer() is None or source.name in known or not order:
        return value, None
    return source, order
