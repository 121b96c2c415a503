"""Receptive fields of ``Resize`` and ``Upsample``, https://onnx.ai/onnx/operators/onnx__Resize.html"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.receptive.indices import Indices, array, indices
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.step import Rule, Seen, Step, Unmapped, axes_of, replaced

Floats = NDArray[np.float32]

# onnxruntime reckons in single precision, and where a place falls between two others that tells.
_ONE, _HALF = np.float32(1), np.float32(0.5)


def _half_pixel(place: Floats, scale: np.float32, before: int, after: int) -> Floats:
    return (place + _HALF) / scale - _HALF


def _pytorch_half_pixel(place: Floats, scale: np.float32, before: int, after: int) -> Floats:
    return _half_pixel(place, scale, before, after) if after > 1 else np.zeros_like(place)


def _half_pixel_symmetric(place: Floats, scale: np.float32, before: int, after: int) -> Floats:
    adjustment = np.float32(after) / (scale * np.float32(before))
    offset = np.float32(before) / np.float32(2) * (_ONE - adjustment)
    return offset + _half_pixel(place, scale, before, after)


def _align_corners(place: Floats, scale: np.float32, before: int, after: int) -> Floats:
    if after == 1:
        return np.zeros_like(place)
    return place * np.float32(before - 1) / np.float32(after - 1)


def _asymmetric(place: Floats, scale: np.float32, before: int, after: int) -> Floats:
    return place / scale


COORDINATES: dict[str, Callable[[Floats, np.float32, int, int], Floats]] = {
    "half_pixel": _half_pixel,
    "pytorch_half_pixel": _pytorch_half_pixel,
    "half_pixel_symmetric": _half_pixel_symmetric,
    "align_corners": _align_corners,
    "asymmetric": _asymmetric,
}

ROUNDING: dict[str, Callable[[Floats], Floats]] = {
    "round_prefer_floor": lambda place: np.ceil(place - _HALF),
    "round_prefer_ceil": lambda place: np.floor(place + _HALF),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _resize(step: Step, block: Block, output: int) -> Seen:
    attributes = step.node.attributes
    before, after = step.shape(), step.result()
    mode = attributes.get_string("mode", "nearest")
    way = attributes.get_string(
        "coordinate_transformation_mode",
        "half_pixel" if step.version >= 11 and step.node.op_type == "Resize" else "asymmetric",
    )
    transform = COORDINATES.get(way)
    if transform is None or mode not in _TAPS:
        raise Unmapped
    scales = _scales(step, before, after)
    found: dict[int, Indices] = {}
    for axis, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new and scales[axis] == 1:
            continue
        scale = np.float32(scales[axis])
        places = transform(array(axes_of(block)[axis]).astype(np.float32), scale, old, new)
        shrinks = scale < 1 and bool(attributes.get_int("antialias", 0))
        taps = _blurred(places, scale, mode) if shrinks else _TAPS[mode](step, places)
        found[axis] = indices(np.clip(taps, 0, old - 1).astype(np.int64).reshape(-1))
    yield 0, replaced(block, found)


def _scales(step: Step, before: tuple[int, ...], after: tuple[int, ...]) -> list[float]:
    """By axis; where the result's sizes are given, their ratio."""
    scales: list[float] = [new / max(old, 1) for old, new in zip(before, after, strict=True)]
    at = 2 if step.node.op_type == "Resize" and step.version >= 11 else 1
    given = None
    if step.given(at):
        given = step.numbers(at)
    elif step.node.op_type == "Upsample" and "scales" in step.node.attributes:
        given = np.asarray(step.node.attributes.get_floats("scales", ()))
    if given is not None and given.size:
        axes = step.node.attributes.get_ints("axes", range(len(before)))
        for axis, scale in zip(axes, given.reshape(-1), strict=True):
            scales[axis % len(before)] = float(scale)
    elif step.node.attributes.get_string("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise Unmapped
    return scales


def _nearest(step: Step, places: Floats) -> Floats:
    usual = "round_prefer_floor" if step.version >= 11 and step.node.op_type == "Resize" else "floor"
    rounding = step.node.attributes.get_string("nearest_mode", usual)
    if rounding not in ROUNDING:
        raise Unmapped
    return ROUNDING[rounding](places)


def _linear(step: Step, places: Floats) -> Floats:
    """Two neighbours, of which one counts for nothing where a place falls on the other."""
    return np.concatenate([np.floor(places), np.ceil(places)])


def _cubic(step: Step, places: Floats) -> Floats:
    low = np.floor(places)
    between = places != low
    return np.concatenate([low, *(low[between] + away for away in (-1, 1, 2))])


def _blurred(places: Floats, scale: np.float32, mode: str) -> Floats:
    """All within the reach of a kernel that is as much wider as the picture is made smaller."""
    if mode == "nearest":
        raise Unmapped
    reach = np.float32(1 if mode == "linear" else 2) / scale
    steps = np.arange(-int(np.ceil(reach)), int(np.ceil(reach)) + 1, dtype=np.float32)
    found: Floats = np.floor(places)[:, None] + steps
    near: Floats = found[np.abs(found - places[:, None]) < reach]
    return near


_TAPS: dict[str, Callable[[Step, Floats], Floats]] = {
    "nearest": _nearest,
    "linear": _linear,
    "cubic": _cubic,
}

RESIZING: dict[str, Rule] = {"Resize": _resize, "Upsample": _resize}
