"""The general road of recurrent layers: a graph for one step, which ONNX' ``Scan`` runs over all.

It takes any cell and any mask.

References
----------
https://onnx.ai/onnx/operators/onnx__Scan.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers.conditions import chosen, with_axes
from explorer3d.formats.keras.layers.recurrent.recurrence import Cell, Reading, Run
from explorer3d.formats.keras.settings import Unsupported


def scanned(
    scope: Scope,
    cell: Cell,
    x: Tensor,
    states: Sequence[Tensor] | None,
    mask: Tensor | None,
    reading: Reading,
) -> Run:
    """Go over all steps.

    Parameters
    ----------
    x : Tensor
        (N, T, …), or (T, N, …) if the reading says so.
    states : sequence of Tensor, or None
        Zeros if None.
    mask : Tensor (N, T) bool, or None
        Axes as in `x`; further ones tell places apart.
    """
    given = (
        [zeros(scope, x, 1 - reading.time, shape) for shape in cell.states] if states is None else [*states]
    )
    result_shape = cell.states[cell.output]
    if mask is not None:
        given.append(zeros(scope, x, 1 - reading.time, result_shape))
    steps = [cell.prepare(x)]
    if mask is not None:
        steps.append(wide(scope, mask, len(result_shape) + 1))
    carried = [scope.argument(f"state_{at}", one, one.shape) for at, one in enumerate(given)]
    current = [
        scope.argument(name, one, _one_step(one)) for name, one in zip(("x", "mask"), steps, strict=False)
    ]

    def body() -> list[Tensor]:
        before = carried[: len(cell.states)]
        after = [*cell.step(current[0], before)]
        output = after[cell.output]
        results = after
        if mask is not None:
            old = nothing(scope) if reading.zero_masked else carried[-1]
            output = chosen(scope, current[1], output, old)
            results = [chosen(scope, current[1], *pair) for pair in zip(after, before, strict=True)]
            results.append(output)
        # A graph names each of its results once.
        return [*results, scope.op("Identity", [output])] if reading.sequences else results

    every = [_all_steps(x, result_shape)] if reading.sequences else []
    axes: dict[str, Any] = {"scan_output_axes": [reading.time]} if every else {}
    made = scope.ops(
        "Scan",
        [*given, *steps],
        [*(one.shape for one in given), *every],
        body=scope.graph("body", [*carried, *current], body),
        num_scan_inputs=len(steps),
        scan_input_axes=[reading.time] * len(steps),
        scan_input_directions=[int(reading.backwards)] * len(steps),
        **axes,
    )
    final = tuple(made[: len(cell.states)])
    last = final[cell.output] if mask is None else made[len(cell.states)]
    return Run(made[-1] if reading.sequences else last, final)


def zeros(scope: Scope, x: Tensor, batch: int, shape: Shape) -> Tensor:
    """Zeros of a shape whose first axis is as long as one of `x`."""
    count = scope.op("Shape", [x], (1,), start=batch, end=batch + 1)
    count.value.type = ir.TensorType(ir.DataType.INT64)
    rest = scope.integers([size or 0 for size in shape[1:]], f"sizes_{'_'.join(map(str, shape[1:]))}")
    size = scope.op("Concat", [count, rest], (len(shape),), axis=0)
    made = scope.op("ConstantOfShape", [size], shape)
    made.value.type = ir.TensorType(ir.DataType.FLOAT)
    return made


def reversed_along(scope: Scope, x: Tensor, axis: int) -> Tensor:
    """The last first."""
    ends = [scope.integers([at], f"at_{at}") for at in (-1, -(2**63), axis, -1)]
    return scope.op("Slice", [x, *ends])


def wide(scope: Scope, mask: Tensor, rank: int) -> Tensor:
    """A mask (N, T), or (N, T, …) over some axes of space, over all other axes of what it belongs to."""
    if not 2 <= mask.rank <= rank:
        raise Unsupported(f"its mask has {mask.rank} axes")
    return with_axes(scope, mask, range(mask.rank, rank))


def nothing(scope: Scope) -> Tensor:
    return scope.constant(0.0, "nothing")


def _one_step(x: Tensor) -> Shape:
    return (None, *x.shape[2:])


def _all_steps(x: Tensor, shape: Shape) -> Shape:
    return (*x.shape[:2], *shape[1:])
