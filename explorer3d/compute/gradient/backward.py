"""The way back through a graph: from one value to those it depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import onnx_ir as ir

from explorer3d.compute.gradient.step import Flow, Step
from explorer3d.compute.gradient.tape import Tape
from explorer3d.compute.gradient.vjps import VJPS
from explorer3d.errors import GradientError
from explorer3d.graph.skeleton import STANDARD, read_values

Place = Callable[[ir.Node], str]
"""What people are told a node is."""

_ONLY_SIZES = ("Shape", "Size")

_QUANTISED_BYTES = 2
"""Whole numbers up to that size, on the way from a real one, stand for real numbers."""


def way(nodes: Sequence[ir.Node], wrt: Sequence[ir.Value]) -> list[ir.Node]:
    """Choose the nodes on a path from some values.

    Parameters
    ----------
    nodes : sequence of Node
        Those that the target needs, in the graph's order.
    wrt : sequence of Value

    Returns
    -------
    list of Node
        In the same order.
    """
    reached = set(wrt)
    found = []
    for node in nodes:
        if node.op_type in _ONLY_SIZES:
            continue
        if any(value in reached for value in read_values(node)):
            found.append(node)
            reached.update(node.outputs)
    return found


def lacking(nodes: Sequence[ir.Node]) -> list[ir.Node]:
    """Choose the nodes through which no rule leads back."""
    return [node for node in nodes if node.domain not in STANDARD or node.op_type not in VJPS]


def walk_back(
    nodes: Sequence[ir.Node],
    target: ir.Value,
    seed: ir.Value,
    wrt: Sequence[ir.Value],
    flow: Flow,
    tape: Tape,
    place: Place,
) -> dict[ir.Value, ir.Value]:
    """Write the nodes that compute gradients behind those of the graph.

    Parameters
    ----------
    nodes : sequence of Node
        Those on a path from the values to the target, in the graph's order; see `way`.
    target : Value
    seed : Value
        The gradient of what is looked for by the target.
    wrt : sequence of Value
        The values whose gradients are wanted.
    flow : {"gradient", "guided", "deconvnet"}
    tape : Tape
    place : callable

    Returns
    -------
    dict of Value to Value
        The gradient of each wanted value to which anything flows.

    Raises
    ------
    GradientError
        An operator on the way has no rule, or refuses; names the layer or node.
    """
    wanted = {*wrt, *(value for node in nodes for value in node.outputs)}
    flowing: dict[ir.Value, list[ir.Value]] = {target: [seed]}
    found: dict[ir.Value, ir.Value] = {}
    kept = set(wrt)

    def gathered(value: ir.Value) -> ir.Value | None:
        """The gradient of a value: the sum of all that flows to it."""
        parts = flowing.pop(value, [])
        if not parts:
            return None
        total = parts[0]
        if len(parts) > 1:
            (total,) = tape.op(value.name or "", "Sum", parts, 1, {})
            _know(tape, total, value)
        if value in kept:
            found[value] = total
        return total

    for node in reversed(nodes):
        dy = tuple(gathered(value) for value in node.outputs)
        if all(gradient is None for gradient in dy):
            continue
        if lacking([node]):
            raise GradientError(
                f"No gradient flows back through {place(node)}: there is no rule for the operator "
                f"{node.op_type}. Take a method that needs no gradients, such as occlusion."
            )
        step = Step(
            node=node,
            x=tuple(node.inputs),
            y=tuple(node.outputs),
            dy=dy,
            wanted=tuple(
                value is not None and value in wanted and _flows(tape, value) for value in node.inputs
            ),
            flow=flow,
            place=place(node),
            tape=tape,
        )
        for value, wants, gradient in zip(step.x, step.wanted, VJPS[node.op_type](step), strict=True):
            if value is None or not wants or gradient is None:
                continue
            _know(tape, gradient, value)
            flowing.setdefault(value, []).append(gradient)
    for value in wrt:
        gathered(value)
    return found


def _know(tape: Tape, gradient: ir.Value, value: ir.Value) -> None:
    """A gradient is of the shape and type of the value that it belongs to."""
    shape, dtype = tape.shape(value), tape.dtype(value)
    if shape is not None and dtype is not None and dtype.kind == "f":
        tape.know(gradient, shape, dtype)


def _flows(tape: Tape, value: ir.Value) -> bool:
    """Whether a value stands for real numbers, rather than for places, sizes or a choice.

    Where that is not sure the rules are asked, which refuse: nothing is left out unsaid.
    """
    dtype = tape.dtype(value)
    if dtype is None or dtype.kind not in "iub":
        return True
    return dtype.kind != "b" and dtype.itemsize <= _QUANTISED_BYTES
