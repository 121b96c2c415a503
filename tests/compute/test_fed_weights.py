"""Large weights are fed with every run; what could need to know them beforehand keeps them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.helper import make_graph, make_node, make_tensor_value_info

from explorer3d.compute.fed_weights import FedSession
from explorer3d.compute.runner import NoTensorError, Runner
from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import skeleton

Make = Callable[..., Model]

SIDE = 640  # of a weight of 1.6 MB


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.fixture
def weights() -> SharedWeights:
    """They have to outlive the sessions."""
    return SharedWeights()


def _session(model: Model, weights: SharedWeights, optimised: bool = False) -> tuple[FedSession, set[str]]:
    """A session for all of a model, and the weights it does not hold."""
    cut = skeleton(model.ir, model.ir.graph.outputs)
    session = create_session(cut, weights, optimised=optimised)
    return session, {entry.name for entry in cut.proto.graph.input} - {port.value for port in model.inputs}


def test_a_large_weight_is_fed_and_a_small_one_held(make: Make, weights: SharedWeights) -> None:
    large, small, x = _noise(SIDE, SIDE), _noise(SIDE), _noise(2, SIDE)
    nodes = [make_node("MatMul", ["x", "large"], ["m"]), make_node("Add", ["m", "small"], ["y"])]
    model = make(nodes, {"x": ["N", SIDE]}, ["y"], large=large, small=small)
    session, fed = _session(model, weights)
    assert fed == {"large"}
    assert [entry.name for entry in session.get_inputs()] == ["x"]
    expected = x.astype(np.float64) @ large + small
    np.testing.assert_allclose(session.run(["y"], {"x": x})[0], expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(Runner(model).run({"x": x}, ["y"])["y"], expected, rtol=1e-4, atol=1e-3)
    # A fast session repacks its weights, so it has to hold them.
    assert _session(model, weights, optimised=True)[1] == set()


def test_whole_numbers_are_held(make: Make, weights: SharedWeights) -> None:
    table = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    model = make(
        [make_node("Gather", ["table", "x"], ["y"])], {"x": (TensorProto.INT64, ["N"])}, ["y"], table=table
    )
    session, fed = _session(model, weights)
    assert fed == set()
    np.testing.assert_array_equal(session.run(["y"], {"x": np.array([5, 2])})[0], table[[5, 2]])


def test_a_weight_read_in_an_inner_graph_is_held(make: Make, weights: SharedWeights) -> None:
    large, x = _noise(SIDE, SIDE), _noise(1, SIDE)
    taken, other = (
        make_graph([make_node(op, inputs, [name])], name, [], [make_tensor_value_info(name, 1, None)])
        for op, inputs, name in (("MatMul", ["x", "large"], "a"), ("Neg", ["x"], "b"))
    )
    nodes = [make_node("If", ["flag"], ["y"], then_branch=taken, else_branch=other)]
    model = make(nodes, {"x": ["N", SIDE], "flag": (TensorProto.BOOL, [])}, ["y"], large=large)
    session, fed = _session(model, weights)
    assert fed == set()
    (y,) = session.run(["y"], {"x": x, "flag": np.array(True)})
    np.testing.assert_allclose(y, x.astype(np.float64) @ large, rtol=1e-4, atol=1e-3)


def test_a_weight_read_by_an_operator_of_others_is_held(make: Make, weights: SharedWeights) -> None:
    large, x = _noise(SIDE, SIDE), _noise(1, SIDE)
    nodes = [make_node("FusedMatMul", ["x", "large"], ["y"], domain="com.microsoft", alpha=2.0)]
    model = make(nodes, {"x": ["N", SIDE]}, ["y"], domains=["com.microsoft"], large=large)
    session, fed = _session(model, weights)
    assert fed == set()
    expected = 2 * (x.astype(np.float64) @ large)
    np.testing.assert_allclose(session.run(["y"], {"x": x})[0], expected, rtol=1e-4, atol=1e-3)


def test_texts_scalars_and_sequences_go_in_and_out_beside_it(make: Make, weights: SharedWeights) -> None:
    large = _noise(SIDE, SIDE)
    nodes = [
        make_node("MatMul", ["x", "large"], ["m"]),
        make_node("Mul", ["m", "factor"], ["y"]),
        make_node("Identity", ["words"], ["said"]),
        make_node("SequenceConstruct", ["y", "m"], ["both"]),
    ]
    inputs = {"x": ["N", SIDE], "factor": [], "words": (TensorProto.STRING, ["K"])}
    model = make(nodes, inputs, ["y", "said", "both"], large=large)
    assert _session(model, weights)[1] == {"large"}
    # Columns first, as some arrays lie in memory.
    x = np.asfortranarray(_noise(3, SIDE))
    feeds = {"x": x, "factor": np.array(3, np.float32), "words": np.array(["größe", "b"])}
    found = Runner(model).run(feeds, ["y", "said"])
    np.testing.assert_allclose(found["y"], 3 * (x.astype(np.float64) @ large), rtol=1e-4, atol=1e-3)
    assert found["said"].tolist() == ["größe", "b"]
    with pytest.raises(NoTensorError):
        Runner(model).run(feeds, ["both"])


def test_files_that_list_their_weights_as_inputs(make: Make, tmp_path: Path) -> None:
    """As those before IR version 4 do."""
    from explorer3d.formats import read_model

    large, x = _noise(SIDE, SIDE), _noise(1, SIDE)
    graph = make_graph(
        [make_node("MatMul", ["x", "large"], ["y"])],
        "g",
        [make_tensor_value_info("x", 1, [1, SIDE]), make_tensor_value_info("large", 1, [SIDE, SIDE])],
        [make_tensor_value_info("y", 1, [1, SIDE])],
        [onnx.numpy_helper.from_array(large, "large")],
    )
    opset = onnx.helper.make_opsetid("", 8)
    path = tmp_path / "old.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=3), path)
    model = read_model(path)
    assert [port.value for port in model.inputs] == ["x"]
    found = Runner(model).run({"x": x}, ["y"])["y"]
    np.testing.assert_allclose(found, x.astype(np.float64) @ large, rtol=1e-4, atol=1e-3)
