"""Gradients of convolutions: onnxruntime's own answers to unit inputs are the referee."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.errors import GradientError
from tests.compute.gradient.referee import check_by_unit_inputs, noise, one_node, ours


def _sizes(random: np.random.Generator, low: int, high: int, rank: int) -> list[int]:
    return [int(size) for size in random.integers(low, high, rank, endpoint=True)]


def _windows(random: np.random.Generator, rank: int) -> tuple[list[int], list[int], dict[str, Any]]:
    """Kernel, its reach, and attributes."""
    kernel = _sizes(random, 1, 4 if rank < 3 else 2, rank)
    dilations = _sizes(random, 1, 3 if rank < 3 else 2, rank)
    attributes: dict[str, Any] = {"strides": _sizes(random, 1, 3, rank), "dilations": dilations}
    return kernel, [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)], attributes


@pytest.mark.parametrize("case", range(40))
def test_conv(tmp_path: Path, case: int) -> None:
    random = np.random.default_rng(case)
    rank = 1 + case % 3
    kernel, reach, attributes = _windows(random, rank)
    padding = random.choice(["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"], p=[0.55, 0.15, 0.15, 0.15])
    if padding == "NOTSET":
        # Also more than the kernel reaches: then whole places of the output see nothing but padding.
        attributes["pads"] = _sizes(random, 0, 3, 2 * rank)
    else:
        attributes["auto_pad"] = str(padding)
        if padding != "VALID":
            # onnxruntime takes no dilation there.
            attributes["dilations"], reach = [1] * rank, kernel
    groups, per_group, outputs = (int(n) for n in random.integers(1, 3, 3, endpoint=True))
    space = [r + int(random.integers(0, 4)) for r in reach]
    feeds = {
        "x": noise(1, int(random.integers(1, 4)), groups * per_group, *space),
        "w": noise(2, groups * outputs, per_group, *kernel),
        "b": noise(3, groups * outputs),
    }
    if case % 4 == 0:
        del feeds["b"]
    opset = int(random.choice([9, 11, 17, 22]))
    path = one_node(tmp_path, "Conv", feeds, opset, group=groups, **attributes)
    check_by_unit_inputs(path, feeds, list(feeds), (attributes, kernel, space, groups))


@pytest.mark.parametrize("case", range(40))
def test_conv_transpose(tmp_path: Path, case: int) -> None:
    random = np.random.default_rng(100 + case)
    rank = 1 + case % 3
    kernel, reach, attributes = _windows(random, rank)
    space = _sizes(random, 2, 4, rank)
    full = [s * (n - 1) + r for s, n, r in zip(attributes["strides"], space, reach, strict=True)]
    form = case % 4
    if form == 0:
        attributes["auto_pad"] = str(random.choice(["SAME_UPPER", "SAME_LOWER"]))
    elif form == 1:
        attributes["output_shape"] = [
            max(size - int(random.integers(0, 3)), n) for size, n in zip(full, space, strict=True)
        ]
        attributes["auto_pad"] = str(random.choice(["NOTSET", "SAME_UPPER"]))
    else:
        attributes["pads"] = [int(random.integers(0, max((size - 1) // 2, 0) + 1)) for size in full * 2]
        if form == 2:
            attributes["output_padding"] = [int(random.integers(0, s)) for s in attributes["strides"]]
    groups, per_group, outputs = (int(n) for n in random.integers(1, 3, 3, endpoint=True))
    feeds = {
        "x": noise(1, int(random.integers(1, 4)), groups * per_group, *space),
        "w": noise(2, groups * per_group, outputs, *kernel),
        "b": noise(3, groups * outputs),
    }
    opset = int(random.choice([9, 11, 17, 22]))
    path = one_node(tmp_path, "ConvTranspose", feeds, opset, group=groups, **attributes)
    check_by_unit_inputs(path, feeds, list(feeds), (attributes, kernel, space, groups))


def test_an_output_of_unknown_size_is_refused(tmp_path: Path) -> None:
    """onnx infers two axes instead of four where the output is told to be smaller than the input."""
    feeds = {"x": noise(1, 1, 2, 5, 5), "w": noise(2, 2, 3, 3, 3)}
    path = one_node(tmp_path, "ConvTranspose", feeds, 18, output_shape=[2, 2])
    with pytest.raises(GradientError, match="size of what it makes is not known"):
        ours(path, feeds, np.zeros((1, 3), np.float32), ["x"])


@pytest.mark.parametrize("batch", [1, 3])
def test_same_padding_by_hand(tmp_path: Path, batch: int) -> None:
    """1, 10, 100 over five places with stride 2: one zero before and one behind; each batch by itself."""
    feeds = {"x": noise(1, batch, 1, 5), "w": np.array([[[1, 10, 100]]], np.float32)}
    path = one_node(tmp_path, "Conv", feeds, 13, constants=["w"], auto_pad="SAME_UPPER", strides=[2])
    seed = np.array([[[1, 2, 3]]], np.float32) * np.arange(1, batch + 1).reshape(-1, 1, 1)
    # Outputs see places (-1 0 1), (1 2 3), (3 4 5).
    once = np.array([10, 100 + 2, 20, 200 + 3, 30])
    expected = np.stack([once * number for number in range(1, batch + 1)])[:, None]
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], expected)


@pytest.mark.parametrize(
    ("padding", "expected"), [("SAME_UPPER", [1, 12, 20, 0]), ("SAME_LOWER", [12, 20, 0, 0])]
)
def test_padding_on_one_side_by_hand(tmp_path: Path, padding: str, expected: list[int]) -> None:
    """1, 10 over four places: the first two outputs see places (0 1), (1 2), or else (-1 0), (0 1)."""
    feeds = {"x": noise(1, 1, 1, 4), "w": np.array([[[1, 10]]], np.float32)}
    path = one_node(tmp_path, "Conv", feeds, 13, constants=["w"], auto_pad=padding)
    seed = np.array([[[1, 2, 0, 0]]], np.float32)
    np.testing.assert_array_equal(ours(path, feeds, seed, ["x"])["x"], [[expected]])
