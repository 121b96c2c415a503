"""Which inputs take pictures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from explorer3d.inputs import image_axes, image_input, is_image_like


@pytest.mark.parametrize(
    ("shape", "axes", "dtype", "expected"),
    [
        ((None, 3, 224, 224), "", "float32", "NCHW"),
        ((None, 224, 224, 3), "", "float32", "NHWC"),
        ((1, 28, 28, 1), "", "float16", "NHWC"),
        ((1, 4, 64, 48), "", "uint8", "NCHW"),
        ((None, 3, None, None), "", "float32", "NCHW"),
        ((None, None, None, 3), "", "float32", "NHWC"),
        # Both orders would do: ONNX's own, unless the format knows better.
        ((1, 3, 40, 3), "NCHW", "float32", ""),
        ((1, 3, 8, 8), "", "float32", "NCHW"),
        ((1, 16, 16, 3), "NHWC", "float32", "NHWC"),
        ((3, 16, 16, 3), "HWNC", "float32", ""),
        ((16, 1, 16, 3), "HNWC", "float32", "HNWC"),
        ((None, 64, 32, 32), "", "float32", ""),
        ((None, 3, 7, 8), "", "float32", ""),
        ((None, 3, 32), "", "float32", ""),
        ((None, 3, 32, 32), "", "int8", ""),
        ((None, 3, 32, 32), "", "bfloat16", ""),
        (None, "", "float32", ""),
    ],
)
def test_image_axes(
    net: SimpleNamespace, shape: tuple[int | None, ...] | None, axes: str, dtype: str, expected: str
) -> None:
    port = net.port("x", shape, dtype, axes)
    assert image_axes(port) == expected
    assert is_image_like(port) == bool(expected)


def test_only_a_single_picture_input_counts(net: SimpleNamespace) -> None:
    picture = net.port("image", (None, 3, 32, 32))
    other = net.port("meta", (None, 10))
    assert image_input(net.model(picture, other)) is picture
    assert image_input(net.model(picture, net.port("second", (None, 1, 32, 32)))) is None
    assert image_input(net.model(other)) is None
