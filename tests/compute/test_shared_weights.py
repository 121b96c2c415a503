"""Weights that sessions share, by name and by what they are."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import helper

from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.graph.skeleton import Skeleton


def scaled_by(weight: ir.Tensor) -> Skeleton:
    """A graph that multiplies what it is given by a weight called w, which lies beside it."""
    declared = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=weight.shape.numpy())
    declared.data_location = onnx.TensorProto.EXTERNAL
    declared.external_data.add(key="location", value="beside")
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None])],
        [declared],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return Skeleton(model, ("x",), {"w": weight})


@pytest.mark.parametrize("optimised", [True, False])
@pytest.mark.parametrize("size", [2, 3])
def test_another_tensor_of_the_same_name_is_not_taken_for_the_first(optimised: bool, size: int) -> None:
    weights = SharedWeights()
    first = ir.Tensor(np.array([2, 3], np.float32), name="w")
    second = ir.Tensor(np.arange(5, 5 + size, dtype=np.float32), name="w")
    sessions = [
        create_session(scaled_by(one), weights, optimised=optimised) for one in (first, second, first)
    ]
    ones = (np.ones(count, np.float32) for count in (2, size, 2))
    found = [one.run(["y"], {"x": x})[0].tolist() for one, x in zip(sessions, ones, strict=True)]
    assert found == [[2, 3], [5, 6, 7][:size], [2, 3]]


def test_the_same_tensor_is_made_once() -> None:
    weights = SharedWeights()
    tensor = ir.Tensor(np.array([2, 3], np.float32), name="w")
    assert weights.take({"w": tensor})["w"] is weights.take({"w": tensor})["w"]
