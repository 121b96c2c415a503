"""Settings of convolutions and pools that cannot be: a reason, never a traceback, and no memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.formats import read_model
from tests.formats.keras_files import layer, sequential, write_h5

HUGE = 2**30
CONVOLUTION = {"filters": 3, "kernel_size": [2, 2]}


@pytest.mark.parametrize(
    ("class_name", "config", "said"),
    [
        ("Conv1D", {"filters": 3, "kernel_size": 2}, "input has 4 axes, but 3 are needed"),
        ("Conv2D", CONVOLUTION | {"kernel_size": [2]}, "kernel_size is not made of 2"),
        ("Conv2D", CONVOLUTION | {"kernel_size": [2, 0]}, "kernel_size is not made of 2"),
        ("Conv2D", CONVOLUTION | {"filters": 0}, "must be positive"),
        ("Conv2D", CONVOLUTION | {"filters": HUGE}, "kernel is not in the file"),
        ("Conv2D", CONVOLUTION | {"kernel_size": [HUGE, HUGE]}, "kernel is not in the file"),
        ("Conv2D", CONVOLUTION | {"groups": 2}, "do not split into 2 groups"),
        ("Conv2D", CONVOLUTION | {"padding": "full"}, "padding 'full' is not known"),
        ("Conv2D", CONVOLUTION | {"data_format": "channels"}, "data_format 'channels' is not known"),
        ("DepthwiseConv2D", {"kernel_size": 2, "depth_multiplier": -1}, "must be positive"),
        ("SeparableConv2D", CONVOLUTION, "depthwise_kernel is not in the file"),
        ("Conv2DTranspose", CONVOLUTION, "kernel is not in the file"),
        ("Conv2DTranspose", CONVOLUTION | {"filters": HUGE}, "kernel is not in the file"),
        ("Conv2DTranspose", CONVOLUTION | {"groups": 3}, "in groups"),
        ("MaxPooling2D", {"pool_size": [8, 2]}, "window of 8 is larger than its input of 7"),
        ("MaxPooling2D", {"pool_size": HUGE, "padding": "same"}, ""),
        ("MaxPooling3D", {}, "input has 4 axes, but 5 are needed"),
        ("AveragePooling2D", {"strides": [1, 0]}, "strides is not made of 2"),
        ("GlobalMaxPooling1D", {}, "input has 4 axes, but 3 are needed"),
        ("AdaptiveMaxPooling2D", {}, "output_size is not made of 2"),
        ("AdaptiveMaxPooling2D", {"output_size": [0, 2]}, "output_size is not made of 2"),
        ("AdaptiveMaxPooling2D", {"output_size": HUGE}, f"output_size is {HUGE}"),
    ],
)
def test_settings_that_cannot_be(class_name: str, config: dict[str, Any], said: str, tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 7, 9, 5])
    model = sequential(source, layer(class_name, "one", **config))
    (one,) = read_model(write_h5(tmp_path / "model.h5", model, {})).layers
    assert said in str(one.reason)
    assert one.runnable == (not said)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"padding": "causal"}, "padding 'causal' is not known"),
        ({"strides": 2, "output_padding": 2}, "output_padding is not smaller than its strides"),
        ({"strides": 2, "output_padding": [0, -1]}, "output_padding is not made of 2"),
        ({"strides": HUGE}, "its result would be of shape"),
        ({"strides": 2, "output_padding": 0, "padding": "same"}, "nothing is left"),
    ],
)
def test_transposed_settings_that_cannot_be(config: dict[str, Any], said: str, tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 7, 1, 5])
    one = layer("Conv2DTranspose", "one", **(CONVOLUTION | config), use_bias=False)
    weights = {"one": {"kernel": np.ones((2, 2, 3, 5), np.float32)}}
    (found,) = read_model(write_h5(tmp_path / "model.h5", sequential(source, one), weights)).layers
    assert said in str(found.reason)


def test_pooling_to_places_needs_sizes(tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, None, 5])
    one = layer("AdaptiveAveragePooling1D", "one", output_size=2)
    (found,) = read_model(write_h5(tmp_path / "model.h5", sequential(source, one), {})).layers
    assert "is not in the file" in str(found.reason)


def test_the_axes_of_a_transposed_kernel(tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 7, 9, 5])
    weights = {"one": {"kernel": np.ones((2, 2, 3, 5), np.float32), "bias": np.ones(3, np.float32)}}
    model = sequential(source, layer("Conv2DTranspose", "one", **CONVOLUTION))
    (found,) = read_model(write_h5(tmp_path / "model.h5", model, weights)).layers
    assert [weight.axes for weight in found.weights] == ["HWOI", ""]
