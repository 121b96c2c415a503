"""Gradients of pools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.compute.gradient.referee import (
    TOLERANCE,
    by_central_differences,
    by_unit_inputs,
    forward,
    noise,
    one_node,
    ours,
    relative_error,
)


def _windows(random: np.random.Generator, rank: int, dilated: bool) -> tuple[list[int], dict[str, Any]]:
    """Sizes of the input, and attributes of a pool."""
    kernel = [int(size) for size in random.integers(1, 4, rank)]
    attributes: dict[str, Any] = {
        "kernel_shape": kernel,
        "strides": [int(size) for size in random.integers(1, 4, rank)],
    }
    dilations = [1] * rank
    padding = str(random.choice(["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"], p=[0.55, 0.15, 0.15, 0.15]))
    if padding == "NOTSET":
        attributes["pads"] = [int(random.integers(0, size)) for size in kernel * 2]
        attributes["ceil_mode"] = int(random.integers(0, 2))
        if dilated:
            dilations = [int(size) for size in random.integers(1, 3, rank)]
            attributes["dilations"] = dilations
    else:
        attributes["auto_pad"] = padding
    # As large as the kernel reaches, so that no window is all padding.
    least = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
    return [size + int(random.integers(0, 5)) for size in least], attributes


def _older(opset: int, attributes: dict[str, Any], case: int) -> int:
    """Of every fifth case make one of opset 9, which knows neither dilated windows nor rounding up."""
    if case % 5:
        return opset
    for name in ("dilations", "ceil_mode"):
        attributes.pop(name, None)
    # onnxruntime takes no stride beyond the kernel there, where padding is automatic.
    attributes["strides"] = np.minimum(attributes["strides"], attributes["kernel_shape"]).tolist()
    return 9


def _shuffled(seed: int, *shape: int) -> np.ndarray:
    """Numbers of which no two are equal or close, so that the largest stays so under small changes."""
    return np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape).astype(np.float32) / 7


@pytest.mark.parametrize("case", range(30))
def test_max_pool(tmp_path: Path, case: int) -> None:
    """Steps of half the least difference change no choice, and between choices the pool is linear."""
    random = np.random.default_rng(case)
    rank = 1 + case % 3
    opset = int(random.choice([10, 12, 18, 22]))
    space, attributes = _windows(random, rank, dilated=True)
    opset = _older(opset, attributes, case)
    feeds = {"x": _shuffled(case, int(random.integers(1, 4)), 2, *space)}
    path = one_node(tmp_path, "MaxPool", feeds, opset, **attributes)
    run = forward(path)
    seed = noise(1, *run(feeds).shape)
    found = ours(path, feeds, seed, ["x"])["x"]
    expected = np.zeros(found.shape)
    for place in np.ndindex(found.shape):
        moved = feeds["x"].copy()
        moved[place] += 1 / 16
        # Exact in float32: moved by a power of two, or not at all.
        changed = np.rint((run({"x": moved}) - run(feeds)) * 16)
        expected[place] = np.sum(seed * changed)
    assert relative_error(found, expected) <= TOLERANCE, (attributes, space)


@pytest.mark.parametrize("case", range(40))
def test_average_pool(tmp_path: Path, case: int) -> None:
    random = np.random.default_rng(200 + case)
    opset = int(random.choice([10, 11, 19, 22]))
    space, attributes = _windows(random, 1 + case % 3, dilated=opset >= 19)
    opset = _older(opset, attributes, case)
    attributes["count_include_pad"] = int(random.integers(0, 2))
    feeds = {"x": noise(case, int(random.integers(1, 4)), 2, *space)}
    path = one_node(tmp_path, "AveragePool", feeds, opset, **attributes)
    run = forward(path)
    seed = noise(1, *run(feeds).shape)
    expected = by_unit_inputs(run, feeds, "x", seed)
    assert relative_error(ours(path, feeds, seed, ["x"])["x"], expected) <= TOLERANCE, (attributes, space)


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("padding", ["VALID", "SAME_UPPER"])
def test_norms_of_windows(tmp_path: Path, power: int, padding: str) -> None:
    feeds = {"x": noise(1, 2, 3, 5, 6)}
    path = one_node(
        tmp_path, "LpPool", feeds, 18, p=power, kernel_shape=[3, 2], strides=[1, 2], auto_pad=padding
    )

    def formula(x: np.ndarray) -> np.ndarray:
        around = [(0, 0), (0, 0), (1, 1), (0, 0)] if padding == "SAME_UPPER" else [(0, 0)] * 4
        wide = np.pad(np.abs(x) ** power, around)
        windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 2), (2, 3))[:, :, :, ::2]
        return np.asarray(windows.sum((-2, -1)) ** (1 / power))

    seed = noise(2, *formula(feeds["x"]).shape)
    assert relative_error(forward(path)(feeds), formula(feeds["x"])) < TOLERANCE
    expected = by_central_differences(formula, feeds, "x", seed)
    assert relative_error(ours(path, feeds, seed, ["x"])["x"], expected) <= TOLERANCE


FORMULAS = {
    "GlobalAveragePool": lambda x: x.mean((2, 3), keepdims=True),
    "GlobalMaxPool": lambda x: x.max((2, 3), keepdims=True),
    "GlobalLpPool": lambda x: np.sum(np.abs(x) ** 3, (2, 3), keepdims=True) ** (1 / 3),
}


@pytest.mark.parametrize("operator", FORMULAS)
def test_pools_of_whole_maps(tmp_path: Path, operator: str) -> None:
    feeds = {"x": _shuffled(1, 2, 3, 4, 5) - 9}
    path = one_node(tmp_path, operator, feeds, 13, **({"p": 3} if operator == "GlobalLpPool" else {}))
    seed = noise(2, 2, 3, 1, 1)
    expected = by_central_differences(FORMULAS[operator], feeds, "x", seed)
    assert relative_error(ours(path, feeds, seed, ["x"])["x"], expected) <= TOLERANCE


def test_where_all_is_zero_a_norm_has_no_slope(tmp_path: Path) -> None:
    feeds = {"x": np.zeros((1, 1, 2, 2), np.float32)}
    for operator, attributes in (("GlobalLpPool", {}), ("LpPool", {"kernel_shape": [2, 2]})):
        path = one_node(tmp_path, operator, feeds, 18, **attributes)
        np.testing.assert_array_equal(
            ours(path, feeds, np.ones((1, 1, 1, 1), np.float32), ["x"])["x"], feeds["x"]
        )


def test_overlapping_windows_by_hand(tmp_path: Path) -> None:
    """3x3 with stride 2 over 5x5: the 9 in the middle is the largest of all four windows."""
    image = np.array(
        [[1, 2, 3, 4, 5], [2, 3, 4, 5, 6], [3, 4, 9, 6, 7], [4, 5, 6, 7, 8], [5, 6, 7, 8, 8.5]], np.float32
    )
    feeds = {"x": image[None, None]}
    path = one_node(tmp_path, "MaxPool", feeds, 12, kernel_shape=[3, 3], strides=[2, 2])
    expected = np.zeros((1, 1, 5, 5))
    expected[0, 0, 2, 2] = 1 + 10 + 100 + 1000
    seed = np.array([[[[1, 10], [100, 1000]]]], np.float32)
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], expected)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    ("padding", "largest", "average"),
    [
        # Windows (0 1), (1 2), (2 3), (3 -), or else (- 0), (0 1), (1 2), (2 3); padding counts for nothing.
        ("SAME_UPPER", [2, 0, 4 + 8, 16], [1, 1 + 2, 2 + 4, 4 + 16]),
        ("SAME_LOWER", [2 + 4, 0, 8 + 16, 0], [2 + 2, 2 + 4, 4 + 8, 8]),
    ],
)
def test_padding_on_one_side_by_hand(
    tmp_path: Path, padding: str, largest: list[int], average: list[int], batch: int
) -> None:
    """Windows of 2 over 3, 1, 4, 1; each of a batch by itself."""
    numbers = np.arange(1, batch + 1, dtype=np.float32).reshape(-1, 1, 1)
    feeds = {"x": np.array([[[3, 1, 4, 1]]], np.float32) * numbers}
    seed = np.array([[[2, 4, 8, 16]]], np.float32) * numbers
    for operator, expected in (("MaxPool", largest), ("AveragePool", average)):
        path = one_node(tmp_path, operator, feeds, 12, kernel_shape=[2], auto_pad=padding)
        np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], np.array([[expected]]) * numbers)


def test_rounding_up_by_hand(tmp_path: Path) -> None:
    """Windows of 2 with stride 2 over five places: rounding up adds one that sees the last place only."""
    feeds = {"x": np.array([[[3, 1, 4, 1, 5]]], np.float32)}
    seed = np.array([[[10, 20, 30]]], np.float32)
    windows = {"kernel_shape": [2], "strides": [2], "ceil_mode": 1}
    path = one_node(tmp_path, "MaxPool", feeds, 12, **windows)
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], [[[10, 0, 20, 0, 30]]])
    path = one_node(tmp_path, "AveragePool", feeds, 19, **windows)
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], [[[5, 5, 10, 10, 30]]])


@pytest.mark.parametrize(
    ("counts", "expected"), [(0, [6 + 4, 6 + 4, 4 + 9, 9]), (1, [4 + 4, 4 + 4, 4 + 6, 6])]
)
def test_padding_counts_or_not_by_hand(tmp_path: Path, counts: int, expected: list[int]) -> None:
    """Windows of 3 over four places, a zero on each side: the first and the last see two places."""
    feeds = {"x": noise(1, 1, 1, 4)}
    path = one_node(
        tmp_path, "AveragePool", feeds, 11, kernel_shape=[3], pads=[1, 1], count_include_pad=counts
    )
    seed = np.array([[[12, 12, 0, 18]]], np.float32)
    np.testing.assert_allclose(ours(path, feeds, seed, ["x"])["x"], [[expected]], rtol=1e-6)
