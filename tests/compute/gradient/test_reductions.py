"""Gradients of operators that make one number of several, and of softmax."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.compute.gradient.referee import TOLERANCE, noise, one_node, ours
from tests.compute.gradient.reference import opsets, worst_error

REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"]
REDUCTIONS += ["ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"]

AXES_ARE_AN_INPUT = {"ReduceSum": 13}


@pytest.mark.parametrize(("axes", "keepdims"), [(None, 0), ((1,), 1), ((-1, 0), 0)])
@pytest.mark.parametrize(
    ("operator", "opset"), [(name, opset) for name in REDUCTIONS for opset in opsets(name)]
)
def test_reduction(
    tmp_path: Path, operator: str, opset: int, axes: Sequence[int] | None, keepdims: int
) -> None:
    if opset < 11 and axes is not None:
        # Counting from the end came with opset 11.
        axes = [axis % 3 for axis in axes]
    x = np.random.default_rng(1).uniform(0.3, 2, (2, 3, 4)).astype(np.float32)
    feeds, attributes = {"x": x}, {"keepdims": keepdims}
    if axes is not None and opset >= AXES_ARE_AN_INPUT.get(operator, 18):
        feeds["axes"] = np.array(axes, np.int64)
    elif axes is not None:
        attributes["axes"] = list(axes)  # type: ignore[assignment]
    assert worst_error(tmp_path, operator, opset, feeds, ["x"], ["axes"], **attributes) <= TOLERANCE


def test_no_axes_may_mean_none(tmp_path: Path) -> None:
    feeds = {"x": noise(2, 2, 3)}
    path = one_node(tmp_path, "ReduceSum", feeds, 18, noop_with_empty_axes=1)
    seed = noise(3, 2, 3)
    assert np.array_equal(ours(path, feeds, seed, ["x"])["x"], seed)


def test_a_product_with_zeros(tmp_path: Path) -> None:
    """Of one zero, the product of the others flows to it; of two, nothing flows to any."""
    feeds = {"x": np.array([[2, 3, 4], [2, 0, 4], [0, 0, 4]], np.float32), "axes": np.array([1])}
    path = one_node(tmp_path, "ReduceProd", feeds, 18, ["axes"], keepdims=0)
    found = ours(path, feeds, np.array([1, 10, 100], np.float32), ["x"])["x"]
    assert found.tolist() == [[12, 8, 6], [0, 80, 0], [0, 0, 0]]


def test_equal_ones_share_a_maximum(tmp_path: Path) -> None:
    feeds = {"x": np.array([[1, 5, 5], [7, 2, 1]], np.float32), "axes": np.array([1])}
    path = one_node(tmp_path, "ReduceMax", feeds, 18, ["axes"], keepdims=0)
    found = ours(path, feeds, np.array([3, 4], np.float32), ["x"])["x"]
    assert found.tolist() == [[0, 1.5, 1.5], [4, 0, 0]]


def test_the_length_of_nothing_has_no_direction(tmp_path: Path) -> None:
    feeds = {"x": np.zeros((2, 3), np.float32)}
    path = one_node(tmp_path, "ReduceL2", feeds, 18)
    assert np.array_equal(ours(path, feeds, np.ones((1, 1), np.float32), ["x"])["x"], np.zeros((2, 3)))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize(
    ("operator", "opset"), [(name, opset) for name in ("Softmax", "LogSoftmax") for opset in opsets(name, 13)]
)
def test_softmax(tmp_path: Path, operator: str, opset: int, axis: int) -> None:
    assert worst_error(tmp_path, operator, opset, {"x": noise(4, 2, 3, 4)}, ["x"], axis=axis) <= TOLERANCE


def _flat_softmax(axis: int, log: bool) -> Any:
    def formula(x: np.ndarray) -> np.ndarray:
        rows = x.reshape(int(np.prod(x.shape[:axis])), -1)
        shares = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
        return (np.log(shares) if log else shares).reshape(x.shape)

    return formula


@pytest.mark.parametrize("opset", [9, 11, 12])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax"])
def test_softmax_flattened_at_its_axis(tmp_path: Path, operator: str, axis: int, opset: int) -> None:
    """Below opset 13 all axes from that one on are one."""
    formula = _flat_softmax(axis, operator == "LogSoftmax")
    feeds = {"x": noise(5, 2, 3, 4)}
    error = worst_error(tmp_path, operator, opset, feeds, ["x"], formula=formula, axis=axis)
    assert error <= TOLERANCE


def test_softmax_below_opset_13_by_hand(tmp_path: Path) -> None:
    """Of four equal numbers, 2 x 2, each has a quarter: y(g - Σ g·y) with g = 4 for the first alone."""
    feeds = {"x": np.zeros((1, 2, 2), np.float32)}
    path = one_node(tmp_path, "Softmax", feeds, 9, axis=1)
    found = ours(path, feeds, np.array([[[4, 0], [0, 0]]], np.float32), ["x"])["x"]
    assert found.tolist() == [[[0.75, -0.25], [-0.25, -0.25]]]


@pytest.mark.parametrize("exclusive", [0, 1])
@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("opset", opsets("CumSum"))
def test_cumsum(tmp_path: Path, opset: int, reverse: int, exclusive: int) -> None:
    feeds = {"x": noise(6, 2, 4), "axis": np.array(1, np.int64)}
    error = worst_error(
        tmp_path, "CumSum", opset, feeds, ["x"], ["axis"], reverse=reverse, exclusive=exclusive
    )
    assert error <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("TopK", 10))
def test_topk(tmp_path: Path, opset: int) -> None:
    """Of 5 4 9, the largest two: the seed goes back to where they were."""
    feeds = {"x": np.array([[5, 4, 9], [1, 8, 3]], np.float32), "k": np.array([2], np.int64)}
    path = one_node(tmp_path, "TopK", feeds, opset, ["k"], axis=-1, outputs=2)
    found = ours(path, feeds, np.array([[10, 20], [30, 40]], np.float32), ["x"])["x"]
    assert found.tolist() == [[20, 0, 10], [0, 30, 40]]
