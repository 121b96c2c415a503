"""What stands below a stage."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from explorer3d.compute.stages import Stage
from explorer3d.graph.model import Layer, Weight
from explorer3d.qt.stages.wording import drawn_text, operation_text, size_text


def layer(op: str, **attributes: Any) -> Layer:
    return Layer("a", op, (), (), (), attributes, 0, None)


def clip_by_tensors(low: float, high: float) -> Layer:
    weights = tuple(
        Weight(name, ir.tensor(np.array(value, np.float32))) for name, value in (("min", low), ("max", high))
    )
    return Layer("a", "Clip", (), (), weights, {}, 2, None)


def stage(maps: int = 32, **more: Any) -> Stage:
    channels, picture = more.pop("channels", (17,)), np.zeros((2, 2))
    return Stage("a", maps, 112, 96, channels, picture, (-4.0, 4.0), (-2.125, 3.5), **more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (layer("Conv", kernel_shape=[3, 3], strides=[1, 1]), "3×3 conv"),
        (layer("Conv", kernel_shape=[7, 5], strides=[2, 2], group=1), "7×5 conv, stride 2"),
        (layer("Conv", kernel_shape=[3, 3], strides=[2, 1], group=32), "3×3 depthwise conv, stride 2×1"),
        (layer("Conv2D", kernel_size=[5, 5], strides=[1, 1], activation="relu"), "5×5 conv, ReLU"),
        (layer("Conv2D", kernel_size=3, strides=1, activation="linear"), "3×3 conv"),
        (layer("MaxPooling2D", pool_size=[2, 2], strides=[2, 2]), "2×2 max pool, stride 2"),
        (layer("Relu"), "ReLU"),
        (layer("Clip", min=0.0, max=6.0), "ReLU6"),
        (layer("Clip", min=-1.0, max=2.5), "clip from −1 to 2.5"),
        (layer("Clip", max=2.5), "clip to 2.5"),
        (clip_by_tensors(0.0, 6.0), "ReLU6"),
        (layer("Activation", activation="relu"), "ReLU"),
        (layer("Activation", activation="gelu"), "gelu"),
        (layer("DepthToSpace", blocksize=2), "DepthToSpace"),
        (None, "input"),
    ],
)
def test_what_a_layer_does(given: Layer | None, expected: str) -> None:
    assert operation_text(given, stage()) == expected


def test_sizes_maps_and_range() -> None:
    assert size_text(stage()) == "32 maps, 112×96"
    assert size_text(stage(1)) == "1 map, 112×96"
    assert size_text(stage(3, is_input=True)) == "colour, 112×96"
    assert size_text(stage(1, is_input=True)) == "grey, 112×96"
    assert size_text(stage(4, is_input=True)) == "4 channels, 112×96"
    assert drawn_text(stage()) == "map 17 · −2.12 … 3.5"
    assert drawn_text(stage(channels=(0, 1, 31), clipped=True)) == "maps 0 1 31 (last) · −2.12 … 3.5"
    assert size_text(stage(patches=True)) == "32 features, 112×96 patches"
    assert size_text(stage(depth=12)) == "32 maps, 112×96, middle of 12 slices"
    assert drawn_text(stage(patches=True)) == "feature 17 · −2.12 … 3.5"
    assert drawn_text(stage(channels=())) == "norm of 32 maps · −2.12 … 3.5"
    assert drawn_text(stage(3, is_input=True)) == "−2.12 … 3.5"
