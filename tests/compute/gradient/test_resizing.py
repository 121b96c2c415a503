"""Gradients of resizing: unit inputs tell what each place gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.errors import GradientError
from tests.compute.gradient.referee import check_by_unit_inputs, noise, one_node, ours

COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"]
ROUNDINGS = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


def _resize(
    folder: Path, opset: int, scales: list[float], sizes: list[int] | None = None, **attributes: Any
) -> None:
    feeds = {"x": noise(1, 2, 2, 5, 4), "roi": np.zeros(0, np.float32)}
    if sizes is None:
        feeds["scales"] = np.array(scales, np.float32)
    else:
        feeds |= {"-scales" if opset > 12 else "scales": np.zeros(0, np.float32), "sizes": np.array(sizes)}
    path = one_node(folder, "Resize", feeds, opset, constants=["roi", "scales", "sizes"], **attributes)
    check_by_unit_inputs(path, feeds, ["x"])


@pytest.mark.parametrize("opset", [11, 13, 19])
@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_resize(tmp_path: Path, opset: int, coordinates: str, mode: str) -> None:
    if coordinates == "half_pixel_symmetric" and opset < 19:
        coordinates = "half_pixel"
    ways = {"mode": mode, "coordinate_transformation_mode": coordinates}
    _resize(tmp_path, opset, [1, 1, 1.7, 0.6], **ways)
    _resize(tmp_path, opset, [], [2, 2, 7, 9], **ways)


@pytest.mark.parametrize("coordinates", COORDINATES[:4])
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_nearest(tmp_path: Path, coordinates: str, rounding: str) -> None:
    ways = {"mode": "nearest", "coordinate_transformation_mode": coordinates, "nearest_mode": rounding}
    _resize(tmp_path, 13, [1, 1, 2, 3], **ways)
    _resize(tmp_path, 13, [1, 2, 0.7, 1.3], **ways)
    _resize(tmp_path, 13, [], [2, 3, 4, 7], **ways)


@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_resize_that_blurs(tmp_path: Path, mode: str) -> None:
    _resize(tmp_path, 18, [1, 1, 0.5, 0.4], mode=mode, antialias=1)


def test_cubic_without_what_lies_outside(tmp_path: Path) -> None:
    _resize(tmp_path, 13, [1, 1, 1.7, 2], mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)


def test_axes(tmp_path: Path) -> None:
    _resize(tmp_path, 18, [1.7, 0.6], mode="linear", axes=[2, 3])
    _resize(tmp_path, 18, [], [9, 8], mode="nearest", axes=[-1, 2])


def test_other_ranks(tmp_path: Path) -> None:
    for shape, scales in (((5, 4), [2, 1.5]), ((2, 2, 3, 4, 2), [1, 1, 2, 1.5, 2])):
        feeds = {"x": noise(1, *shape), "-roi": np.zeros(0), "scales": np.array(scales, np.float32)}
        check_by_unit_inputs(
            one_node(tmp_path, "Resize", feeds, 13, constants=["scales"], mode="linear"), feeds, ["x"]
        )


def test_crop(tmp_path: Path) -> None:
    """Beyond the input there is a fixed value, which has no gradient."""
    roi = np.array([0, 0, 0.1, -0.3, 1, 1, 0.8, 1.1], np.float32)
    feeds = {"x": noise(1, 2, 2, 5, 4), "roi": roi, "-scales": np.zeros(0), "sizes": np.array([2, 2, 5, 6])}
    path = one_node(
        tmp_path,
        "Resize",
        feeds,
        13,
        constants=["roi", "sizes"],
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
        extrapolation_value=7.0,
    )
    check_by_unit_inputs(path, feeds, ["x"])


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_upsample(tmp_path: Path, mode: str) -> None:
    feeds = {"x": noise(1, 2, 2, 5, 4), "scales": np.array([1, 1, 2, 3], np.float32)}
    check_by_unit_inputs(
        one_node(tmp_path, "Upsample", feeds, 9, constants=["scales"], mode=mode), feeds, ["x"]
    )


def test_scales_of_the_network_itself_are_refused(tmp_path: Path) -> None:
    feeds = {"x": noise(1, 1, 1, 3, 3), "-roi": np.zeros(0), "scales": np.array([1, 1, 2, 2], np.float32)}
    path = one_node(tmp_path, "Resize", feeds, 13)
    with pytest.raises(GradientError, match="scales are computed by the network itself"):
        ours(path, feeds, noise(1, 1, 1, 6, 6), ["x"])
