"""``keras.ops.image`` against Keras: batches and single pictures, both orders of axes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops
from keras.ops import image

from tests.formats.keras_operations import Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET


def _pictures(
    d: Draw, channels: int = 3, dtype: str = "float32", low: float = 0, high: float = 1
) -> tuple[Any, str]:
    """Pictures and the order of their axes; at times a single one."""
    order = d.of("channels_last", "channels_first")
    height, width = d.of((7, 10), (12, 9), (11, 8))
    shape = (height, width, channels) if order == "channels_last" else (channels, height, width)
    x = d.source(*shape, dtype=dtype, low=low, high=high)
    if dtype.startswith("float") and d.number(0, 3) == 0:
        return ops.max(x, axis=0), order
    return x, order


def _resize(d: Draw) -> Any:
    way = d.of("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area")
    # Between whole numbers lie too many halves, which are rounded either way.
    x, order = _pictures(
        d, dtype=d.of("float32", "float32", "uint8" if way == "nearest" else "float32"), high=9
    )
    more = d.of(
        {},
        {},
        {"antialias": True},
        {"crop_to_aspect_ratio": True},
        {"pad_to_aspect_ratio": True, "fill_value": 0.5},
    )
    if x.dtype == "uint8" and "pad_to_aspect_ratio" in more:
        more = {}
    size = (d.number(3, 20), d.number(3, 20))
    return image.resize(x, size, interpolation=way, data_format=order, **more)


def _grayscale(d: Draw) -> Any:
    x, order = _pictures(d, d.of(3, 3, 1), d.of("float32", "float32", "uint8"), high=9)
    return image.rgb_to_grayscale(x, data_format=order)


def _colours(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x, order = _pictures(d, dtype=d.of("float32", "float64"))
        # Grey ones and black ones are special.
        x = x if d.maybe() else ops.round(x)
        return function(x, data_format=order)

    return draw


def _pad(d: Draw) -> Any:
    x, order = _pictures(d)
    top, left = d.number(0, 4), d.number(0, 4)
    more = d.of(
        {"bottom_padding": 2, "right_padding": 1},
        {"target_height": 18, "target_width": 19},
        {"bottom_padding": 0, "target_width": 19},
    )
    return image.pad_images(x, top_padding=top, left_padding=left, data_format=order, **more)


def _crop(d: Draw) -> Any:
    x, order = _pictures(d)
    top, left = d.number(0, 3), d.number(0, 3)
    more = d.of(
        {"bottom_cropping": 2, "right_cropping": 1},
        {"target_height": 4, "target_width": 3},
        {"bottom_cropping": 0, "target_width": 2},
    )
    return image.crop_images(x, top_cropping=top, left_cropping=left, data_format=order, **more)


def _patches(d: Draw) -> Any:
    x, order = _pictures(d)
    size = d.of(2, 3, (2, 3))
    # TensorFlow takes steps or gaps between places, not both; and a CPU no channels first with padding.
    more = d.of({}, {"strides": (1, 1)}, {"strides": (2, 2)}, {"strides": (1, 1), "dilation_rate": 2})
    padding = d.of("valid", "same") if order == "channels_last" else "valid"
    if order == "channels_first":
        x, order = ops.moveaxis(x, -3, -1), "channels_last"
    return image.extract_patches(x, size, padding=padding, data_format=order, **more)


def _blur(d: Draw) -> Any:
    x, order = _pictures(d, d.number(1, 4))
    return image.gaussian_blur(
        x, kernel_size=d.of((3, 3), (5, 3), (4, 2)), sigma=d.of((1.0, 1.0), (0.7, 1.6)), data_format=order
    )


def _sobel(d: Draw) -> Any:
    order = d.of("channels_last", "channels_first")
    shape = (7, 10, 2)
    x = d.source(*shape)
    return image.sobel_edges(x if order == "channels_last" else ops.moveaxis(x, -1, 1), data_format=order)


def _ssim(d: Draw) -> Any:
    order = d.of("channels_last", "channels_first")
    shape = (13, 15, 2) if order == "channels_last" else (2, 13, 15)
    x = d.source(*shape, low=0, high=1)
    # Not too unlike, which gives numbers near zero.
    y = 0.7 * x + 0.3 * d.source(*shape, low=0, high=1)
    if d.maybe():
        x, y = ops.max(x, axis=0), ops.max(y, axis=0)
    return image.ssim(
        x, y, max_val=d.of(1.0, 2.0), filter_size=d.of(11, 4), filter_sigma=d.of(1.5, 0.8), data_format=order
    )


def _affine(d: Draw) -> Any:
    way = d.of("bilinear", "nearest")
    # What is cut off between whole numbers is a matter of the last bit.
    x, order = _pictures(d, 2, dtype=d.of("float32", "uint8" if way == "nearest" else "float32"), high=9)
    if len(x.shape) == 4 and d.maybe():
        # One for each picture.
        transform = d.source(8, low=-0.2, high=0.2) + np.array([1, 0, 0.7, 0, 1, -1.3, 0, 0], "float32")
    else:
        transform = np.array([1.1, 0.2, -2.3, -0.3, 0.8, 3.1, 0, 0], "float32") + d.noise.uniform(
            0, 0.01, 8
        ).astype("float32")
    return image.affine_transform(
        x,
        transform,
        interpolation=way,
        fill_mode=d.of("constant", "nearest", "wrap", "reflect"),
        fill_value=d.of(0, 0.5) if x.dtype == "float32" else 3,
        data_format=order,
    )


def _coordinates(d: Draw) -> Any:
    shape = d.of((6,), (6, 5), (4, 6, 5))
    x = ops.max(d.source(*shape, dtype=d.of("float32", "int32"), low=-9, high=9), axis=0)
    count = d.number(3, 9)
    inside = d.maybe()
    places = [
        ops.max(d.source(count, low=0 if inside else -size, high=size - 1 if inside else 2 * size), axis=0)
        for size in shape
    ]
    mode = d.of("constant", "nearest", "wrap", "reflect")
    return image.map_coordinates(
        x, ops.stack(places), order=d.number(0, 2), fill_mode=mode, fill_value=d.of(0, 2)
    )


def _scaled(d: Draw) -> Any:
    x = d.source(7, 9, 2, dtype=d.of("float32", "float32"), low=-9, high=9)
    scale, shift = d.noise.uniform(0.5, 2, 2).astype("float32"), d.noise.uniform(-2, 2, 2).astype("float32")
    return image.scale_and_translate(
        ops.max(x, axis=0),
        (d.number(4, 12), d.number(4, 12), 2),
        scale,
        shift,
        spatial_dims=(0, 1),
        method=d.of("linear", "bilinear", "cubic", "lanczos3", "lanczos5"),
        antialias=d.maybe(),
    )


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "AffineTransform": _affine,
    "CropImages": _crop,
    "ExtractPatches": _patches,
    "GaussianBlur": _blur,
    "HSVToRGB": _colours(image.hsv_to_rgb),
    "MapCoordinates": _coordinates,
    "PadImages": _pad,
    "RGBToGrayscale": _grayscale,
    "RGBToHSV": _colours(image.rgb_to_hsv),
    "Resize": _resize,
    "SSIM": _ssim,
    "ScaleAndTranslate": _scaled,
    "SobelEdges": _sobel,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_images(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"images.{suffix}", seed=len(suffix))
