"""Gradients go straight through rounding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model


def _runner(folder: Path, text: str) -> Runner:
    path = folder / "quantised.onnx"
    path.write_bytes(onnx.parser.parse_model(text).SerializeToString())
    return Runner(read_model(path))


@pytest.mark.parametrize("opset", [10, 13, 19, 21, 23])
def test_straight_through_within_the_range(tmp_path: Path, opset: int) -> None:
    """uint8 around 10 in steps of a half reaches from -5 to 122.5: beyond, nothing flows."""
    runner = _runner(
        tmp_path,
        f"""<ir_version: 8, opset_import: ["": {opset}]>
        g (float[5] x) => (float[5] y)
        <float s = {{0.5}}, uint8 z = {{10}}>
        {{ q = QuantizeLinear(x, s, z) d = DequantizeLinear(q, s, z) y = Mul(d, x) }}""",
    )
    x = np.array([-6, -4.9, 0.3, 122, 123], np.float32)
    found = gradients(runner, {"x": x}, "d", np.arange(1, 6, dtype=np.float32), ["x"])
    assert found.gradients["x"].tolist() == [0, 2, 3, 4, 0]
    assert found.notes == ("The network is quantised: gradients pass straight through the rounding.",)


def test_a_scale_for_each_channel(tmp_path: Path) -> None:
    """int8 in steps of 1, 0.1 and 0.01 reaches up to 127, 12.7 and 1.27."""
    runner = _runner(
        tmp_path,
        """<ir_version: 8, opset_import: ["": 13]>
        g (float[1, 3, 2] x) => (float[1, 3, 2] d)
        <float[3] s = {1.0, 0.1, 0.01}, int8[3] z = {0, 0, 0}>
        { q = QuantizeLinear<axis = 1>(x, s, z) d = DequantizeLinear<axis = 1>(q, s, z) }""",
    )
    x = np.array([[[100, 130], [10, 13], [1, 1.3]]], np.float32)
    found = gradients(runner, {"x": x}, "d", np.ones((1, 3, 2), np.float32), ["x"])
    np.testing.assert_allclose(found.gradients["x"], [[[1, 0], [1, 0], [1, 0]]], rtol=1e-6)


def test_quantised_numbers_may_be_moved_about(tmp_path: Path) -> None:
    runner = _runner(
        tmp_path,
        """<ir_version: 8, opset_import: ["": 13]>
        g (float[2, 3] x) => (float[3, 2] d)
        <float s = {0.25}, uint8 z = {0}>
        { q = QuantizeLinear(x, s, z) t = Transpose(q) d = DequantizeLinear(t, s, z) }""",
    )
    seed = np.arange(6, dtype=np.float32).reshape(3, 2)
    found = gradients(runner, {"x": np.ones((2, 3), np.float32)}, "d", seed, ["x"])
    assert np.array_equal(found.gradients["x"], seed.T)


@pytest.mark.parametrize(
    "chosen",
    [
        "{1} = MaxPool<kernel_shape = [1, 2]>({0})",
        "{1} = Slice({0}, last, first, axis, back)",
        "{1} = Gather<axis = 3>({0}, twice)",
        "{1} = GatherND({0}, corners)",
        "{1}, rest = Split<axis = 3>({0}, parts)",
        "{1} = ReduceMax({0}, axis)",
        '{1} = Resize<mode = "nearest">({0}, , , sizes)',
        '{1} = Pad<mode = "reflect">({0}, pads)',
    ],
)
def test_quantised_numbers_may_be_chosen_from(tmp_path: Path, chosen: str) -> None:
    """What flows back are real numbers all the same: as many as where nothing is quantised."""
    header = '<ir_version: 8, opset_import: ["": 18]> g (float[1, 1, 2, 4] x) => (float[A, B, C, D] y)'
    constants = """<float s = {0.5}, uint8 z = {0}, int64[1] last = {3}, int64[1] first = {0},
        int64[1] axis = {3}, int64[1] back = {-2}, int64[2] twice = {1, 1}, int64[2] parts = {3, 1},
        int64[1, 1, 1, 1, 4] corners = {0, 0, 1, 2}, int64[4] sizes = {1, 1, 4, 8},
        int64[8] pads = {0, 0, 0, 1, 0, 0, 0, 2}>"""
    quantised = (
        "{ q = QuantizeLinear(x, s, z) " + chosen.format("q", "m") + " y = DequantizeLinear(m, s, z) }"
    )
    plain = "{ " + chosen.format("x", "y") + " }"
    x = np.array([[[[1, 2.5, 3, 2], [4, 1.5, 2, 6]]]], np.float32)
    found = []
    for way in (quantised, plain):
        runner = _runner(tmp_path, header + constants + way)
        made = runner.run({"x": x}, ["y"])["y"]
        seed = np.arange(1, made.size + 1, dtype=np.float32).reshape(made.shape)
        found.append(gradients(runner, {"x": x}, "y", seed, ["x"]).gradients["x"])
    assert found[0].any()
    assert np.array_equal(*found)


def test_sixteen_bits(tmp_path: Path) -> None:
    """Beside a way that is not quantised: nothing of either is left out."""
    runner = _runner(
        tmp_path,
        """<ir_version: 10, opset_import: ["": 21]>
        g (float[2] x) => (float[2] y)
        <float s = {0.25}, int16 z = {0}>
        { q = QuantizeLinear(x, s, z) d = DequantizeLinear(q, s, z) y = Add(d, x) }""",
    )
    found = gradients(runner, {"x": np.ones(2, np.float32)}, "y", np.array([1, 3], np.float32), ["x"])
    assert found.gradients["x"].tolist() == [2, 6]


def test_scaled_back_by_hand(tmp_path: Path) -> None:
    """As some exporters write DequantizeLinear; beside the cast of a place, through which nothing flows."""
    runner = _runner(
        tmp_path,
        """<ir_version: 8, opset_import: ["": 13]>
        g (float[2] x) => (float[2] y)
        <float s = {0.5}, uint8 z = {10}, float ten = {10.0}>
        { q = QuantizeLinear(x, s, z) c = Cast<to = 1>(q) b = Sub(c, ten) d = Mul(b, s)
          i = ArgMax<axis = 0>(x) f = Cast<to = 1>(i) y = Mul(d, f) }""",
    )
    found = gradients(runner, {"x": np.array([1, 2], np.float32)}, "y", np.array([3, 4], np.float32), ["x"])
    assert found.gradients["x"].tolist() == [3, 4]
