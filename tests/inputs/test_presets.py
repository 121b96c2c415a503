"""The usual preprocessings, against the functions that define them."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from explorer3d.inputs import PRESETS, Preprocessing, prepare

# keras.applications.imagenet_utils and torchvision.transforms.Normalize, of one orange pixel.
EXPECTED = {
    "0 … 1": [200 / 255, 100 / 255, 50 / 255],
    "−1 … 1": [200 / 127.5 - 1, 100 / 127.5 - 1, 50 / 127.5 - 1],
    "0 … 255": [200, 100, 50],
    "ImageNet mean and std": [
        (200 / 255 - 0.485) / 0.229,
        (100 / 255 - 0.456) / 0.224,
        (50 / 255 - 0.406) / 0.225,
    ],
    "ImageNet mean, BGR": [50 - 103.939, 100 - 116.779, 200 - 123.68],
}


@pytest.mark.parametrize("name", PRESETS)
def test_presets(net: SimpleNamespace, name: str) -> None:
    fields = asdict(PRESETS[name])
    del fields["tip"]
    picture = Image.new("RGB", (8, 8), (200, 100, 50))
    array, _ = prepare(picture, Preprocessing(**fields), net.port("x", (1, 8, 8, 3)))
    np.testing.assert_allclose(array[0, 0, 0], EXPECTED[name], rtol=1e-5)
    assert PRESETS[name].channels == (3 if name.startswith("ImageNet") else None)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("ImageNet mean, BGR", "caffe"), ("−1 … 1", "tf"), ("ImageNet mean and std", "torch")],
)
@pytest.mark.parametrize("order", ["channels_last", "channels_first"])
def test_presets_are_those_of_keras(net: SimpleNamespace, name: str, mode: str, order: str) -> None:
    # Only here: whoever runs the other tests of inputs need not wait for TensorFlow.
    from keras.applications.imagenet_utils import preprocess_input

    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    last = order == "channels_last"
    expected = preprocess_input(
        (pixels if last else pixels.transpose(2, 0, 1)).astype(np.float32), data_format=order, mode=mode
    )
    fields = asdict(PRESETS[name])
    del fields["tip"]
    port = net.port("x", (1, 12, 16, 3) if last else (1, 3, 12, 16))
    array, _ = prepare(Image.fromarray(pixels), Preprocessing(**fields), port)
    np.testing.assert_allclose(array[0], expected, rtol=1e-5, atol=1e-5)
