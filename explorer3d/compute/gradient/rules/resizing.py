"""Resizing, https://onnx.ai/onnx/operators/onnx__Resize.html

``Upsample`` becomes ``Resize`` where operators are brought to a newer version.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import first_only
from explorer3d.compute.gradient.rules.separable import back_along, unit
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp

_WAYS = (
    "mode",
    "coordinate_transformation_mode",
    "nearest_mode",
    "cubic_coeff_a",
    "exclude_outside",
    "antialias",
)


@vjp("Resize")
def resize(step: Step) -> list[ir.Value | None]:
    if step.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
        step.refuse("the sizes it is given are changed to keep the proportions")
    before, after = step.shape(step.x[0]), step.shape(step.y[0])
    scales = _by_axis(step, 2, 1, "its scales are")
    crops = step.attribute("coordinate_transformation_mode") == "tf_crop_and_resize"
    regions = _by_axis(step, 1, 2, "the region it cuts out is") if crops else {}
    ways = {name: step.attribute(name) for name in _WAYS if name in step.node.attributes}
    matrices = {}
    for axis, (old, new) in enumerate(zip(before, after, strict=True)):
        scale, region = scales.get(axis), regions.get(axis)
        if old == new and scale in (None, (1.0,)) and region in (None, (0.0, 1.0)):
            continue
        start, end = region or (0.0, 1.0)
        matrices[axis] = step.op(
            "Resize",
            unit(step, old),
            step.constant(np.array([0, start, 1, end], np.float32)) if crops else None,
            None if scale is None else step.constant(np.array([1, *scale], np.float32)),
            step.ints(old, new) if scale is None else None,
            **ways,
        )
    return first_only(step, back_along(step, step.dy[0], matrices))


def _by_axis(step: Step, at: int, per_axis: int, what: str) -> dict[int, tuple[float, ...]]:
    """What an input says of each axis; nothing if it is not given."""
    value = step.x[at] if at < len(step.x) else None
    if value is None or step.shape(value) == (0,):
        return {}
    numbers = step.constant_of(value)
    if numbers is None:
        step.refuse(f"{what} computed by the network itself")
    rank = len(step.shape(step.x[0]))
    axes = step.attribute("axes", list(range(rank)))
    columns = numbers.reshape(per_axis, len(axes)).T
    return {axis % rank: tuple(column) for axis, column in zip(axes, columns.tolist(), strict=True)}
