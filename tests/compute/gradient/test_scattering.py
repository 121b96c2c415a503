"""Gradients of operators that put parts into a tensor, and of those that ONNX defines by others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from explorer3d.errors import GradientError
from tests.compute.gradient.referee import TOLERANCE, noise, one_node, ours
from tests.compute.gradient.reference import opsets, worst_error


@pytest.mark.parametrize("reduction", ["none", "add"])
@pytest.mark.parametrize("opset", opsets("ScatterElements", 11))
def test_scatter_elements(tmp_path: Path, opset: int, reduction: str) -> None:
    attributes = {"reduction": reduction} if opset >= 16 else {}
    feeds = {"x": noise(1, 3, 4), "i": np.array([[1, -1, 2], [0, 3, 1]]), "u": noise(2, 2, 3)}
    error = worst_error(tmp_path, "ScatterElements", opset, feeds, ["x", "u"], ["i"], axis=1, **attributes)
    assert error <= TOLERANCE


@pytest.mark.parametrize("reduction", ["none", "add"])
@pytest.mark.parametrize("opset", opsets("ScatterND", 11))
def test_scatter_nd(tmp_path: Path, opset: int, reduction: str) -> None:
    attributes = {"reduction": reduction} if opset >= 16 else {}
    feeds = {"x": noise(1, 3, 4, 2), "i": np.array([[1, 2], [0, 3], [2, 0]]), "u": noise(2, 3, 2)}
    error = worst_error(tmp_path, "ScatterND", opset, feeds, ["x", "u"], ["i"], **attributes)
    assert error <= TOLERANCE


def test_other_ways_to_put_parts_in_are_refused(tmp_path: Path) -> None:
    feeds = {"x": noise(1, 3), "i": np.array([1]), "u": noise(2, 1)}
    path = one_node(tmp_path, "ScatterElements", feeds, 18, ["i", "u"], reduction="mul")
    with pytest.raises(GradientError, match="does not overwrite, but takes the mul"):
        ours(path, feeds, noise(3, 3), ["x"])


def test_max_unpool(tmp_path: Path) -> None:
    """The two numbers are put at the places 3 and 0 of four."""
    feeds = {"x": noise(1, 1, 1, 1, 2), "i": np.array([[[[3, 0]]]])}
    path = one_node(tmp_path, "MaxUnpool", feeds, 11, ["i"], kernel_shape=[2, 1], strides=[2, 1])
    found = ours(path, feeds, np.array([[[[1, 2], [3, 4]]]], np.float32), ["x"])["x"]
    assert found.tolist() == [[[[4, 1]]]]


def _attention(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    weights = np.exp(q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1]))
    return weights / weights.sum(axis=-1, keepdims=True) @ v


@pytest.mark.parametrize("opset", opsets("Attention"))
def test_attention(tmp_path: Path, opset: int) -> None:
    feeds = {"q": noise(1, 2, 3, 4, 5), "k": noise(2, 2, 3, 6, 5), "v": noise(3, 2, 3, 6, 7)}
    error = worst_error(tmp_path, "Attention", opset, feeds, ["q", "k", "v"], formula=_attention)
    assert error <= TOLERANCE


def test_attention_of_what_was_computed(tmp_path: Path) -> None:
    """The shapes of what goes in are nowhere written. In a single place all is looked at: v goes through."""
    path = tmp_path / "attention.onnx"
    text = """<ir_version: 10, opset_import: ["": 23]>
        g (float[N, 1, 1, 2] x) => (float[N, 1, 1, 2] y) <float two = {2.0}>
        { q = Relu(x) v = Mul(x, two) y = Attention(q, q, v) }"""
    path.write_bytes(onnx.parser.parse_model(text).SerializeToString())
    found = ours(path, {"x": noise(1, 3, 1, 1, 2)}, np.full((3, 1, 1, 2), 5, np.float32), ["x"])["x"]
    assert found.tolist() == np.full((3, 1, 1, 2), 10).tolist()


def _rotated(x: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    one, other = np.split(x, 2, axis=-1)
    cos, sin = cos[:, None], sin[:, None]
    return np.concatenate([cos * one - sin * other, sin * one + cos * other], axis=-1)


def test_rotary_embedding(tmp_path: Path) -> None:
    feeds = {"x": noise(1, 2, 3, 4, 6), "cos": noise(2, 2, 4, 3), "sin": noise(3, 2, 4, 3)}
    error = worst_error(tmp_path, "RotaryEmbedding", 23, feeds, ["x"], ["cos", "sin"], formula=_rotated)
    assert error <= TOLERANCE
