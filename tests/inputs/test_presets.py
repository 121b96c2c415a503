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
