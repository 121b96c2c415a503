"""Any value of a model, exactly as its operator returns it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.helper import make_function, make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array
from onnx.reference import ReferenceEvaluator

from explorer3d.compute.runner import Runner
from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.errors import Cancelled, InputError, RequestError, RunError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import skeleton

Make = Callable[..., Model]


@pytest.fixture
def network(make: Make) -> Model:
    """Conv 3→5, 3x2 · BatchNormalization · Relu · two branches · MaxPool · Gemm, all with noise."""
    random = np.random.default_rng(1)

    def noise(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    nodes = [
        make_node("Conv", ["x", "kernel", "bias"], ["conv"], name="conv"),
        make_node("BatchNormalization", ["conv", "gamma", "beta", "mean", "variance"], ["bn"], name="bn"),
        make_node("Relu", ["bn"], ["relu"], name="relu"),
        make_node("Sigmoid", ["conv"], ["gate"], name="gate"),
        make_node("Mul", ["relu", "gate"], ["gated"], name="gated"),
        make_node("MaxPool", ["gated"], ["pool"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        make_node("Flatten", ["pool"], ["flat"], name="flat"),
        make_node("Gemm", ["flat", "w"], ["y"], name="dense"),
    ]
    return make(
        nodes,
        {"x": ["N", 3, 12, 9]},
        ["y"],
        kernel=noise(5, 3, 3, 2),
        bias=noise(5),
        gamma=noise(5),
        beta=noise(5),
        mean=noise(5),
        variance=np.abs(noise(5)) + 0.5,
        w=noise(100, 31),
    )


@pytest.fixture
def feeds() -> dict[str, np.ndarray]:
    return {"x": np.random.default_rng(2).normal(size=(2, 3, 12, 9)).astype(np.float32)}


INNER = ("conv", "bn", "relu", "gate", "gated", "pool", "flat", "y")


def _referee(model: Model, feeds: dict[str, np.ndarray], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    proto = onnx.load(model.path)
    del proto.graph.output[:]
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    return dict(zip(names, ReferenceEvaluator(proto).run(None, feeds), strict=True))


def _relative_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)))


def test_every_value_is_the_referees(network: Model, feeds: dict[str, np.ndarray]) -> None:
    expected = _referee(network, feeds, INNER)
    found = Runner(network).run(feeds, INNER)
    assert list(found) == list(INNER)
    for name in INNER:
        assert found[name].shape == expected[name].shape
        assert _relative_error(found[name], expected[name]) < 1e-5, name


def test_prediction_is_the_referees(network: Model, feeds: dict[str, np.ndarray]) -> None:
    found = Runner(network).predict(feeds)
    assert list(found) == ["y"]
    assert _relative_error(found["y"], _referee(network, feeds, ("y",))["y"]) < 1e-5


def test_prediction_of_values_within(network: Model, feeds: dict[str, np.ndarray]) -> None:
    runner = Runner(network)
    wanted = ["gated", "y", "x", "w"]
    found = runner.predict(feeds, wanted)
    assert list(found) == wanted
    for name, array in runner.run(feeds, wanted).items():
        assert found[name] == pytest.approx(array, rel=1e-5, abs=1e-5)
    held = runner.held
    runner.predict(feeds, ["relu"])
    assert runner.held == held
    with pytest.raises(RequestError, match="'nowhere'"):
        runner.predict(feeds, ["nowhere"])


def test_inputs_and_constants_come_back_as_they_are(network: Model, feeds: dict[str, np.ndarray]) -> None:
    found = Runner(network).run(feeds, ["x", "kernel"])
    assert found["x"] is feeds["x"]
    np.testing.assert_array_equal(found["kernel"], network.layers[0].weights[0].numpy())


def test_second_time_nothing_is_run(
    network: Model, feeds: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(network)
    first = runner.run(feeds, ["conv", "relu"])
    monkeypatch.setattr(runner, "execute", None)
    again = runner.run({"x": feeds["x"].copy()}, ["relu"])
    assert again["relu"] is first["relu"]
    assert not again["relu"].flags.writeable


def test_other_input_is_run_again(network: Model, feeds: dict[str, np.ndarray]) -> None:
    runner = Runner(network)
    first = runner.run(feeds, ["conv"])["conv"]
    other = {"x": feeds["x"] + 1}
    assert (
        _relative_error(runner.run(other, ["conv"])["conv"], _referee(network, other, ("conv",))["conv"])
        < 1e-5
    )
    assert runner.run(feeds, ["conv"])["conv"] is first


def test_sessions_are_kept_for_the_values_last_asked_for(
    network: Model, feeds: dict[str, np.ndarray]
) -> None:
    runner = Runner(network, budget=0)
    runner.run(feeds, ["conv"])
    (session,) = runner._sessions.values()
    runner.run(feeds, ["conv"])
    assert list(runner._sessions.values()) == [session]
    for name in INNER:
        for other in INNER:
            runner.run(feeds, [name, other])
    assert len(runner._sessions) == 8


def test_values_beyond_the_budget_are_made_in_several_passes(
    network: Model, feeds: dict[str, np.ndarray]
) -> None:
    # at batch one: conv, bn, relu, gate and gated hold 5 * 10 * 8 floats, pool and flat 100, y 31
    one = 5 * 10 * 8 * 4
    runner = Runner(network, budget=2 * one)
    assert runner.passes(INNER) == [["conv", "bn"], ["relu", "gate"], ["gated", "pool", "flat", "y"]]
    seen: list[float] = []
    found = runner.run(feeds, INNER, lambda fraction, message: seen.append(fraction))
    assert seen == [0, 1 / 3, 2 / 3]
    expected = _referee(network, feeds, INNER)
    assert all(_relative_error(found[name], expected[name]) < 1e-5 for name in INNER)
    assert runner._activations.nbytes <= 2 * one


def test_work_is_given_up_between_passes(network: Model, feeds: dict[str, np.ndarray]) -> None:
    runner = Runner(network, budget=1600)

    def give_up(fraction: float, message: str) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        runner.run(feeds, INNER, give_up)
    assert runner.run(feeds, ["conv"])["conv"].shape == (2, 5, 10, 8)


def test_weights_are_shared_between_sessions_and_with_the_file(
    tmp_path: Path, feeds: dict[str, np.ndarray]
) -> None:
    """An external weight is mapped from its file: onnxruntime reads the very same memory."""
    from explorer3d.formats import read_model

    kernel = np.random.default_rng(3).normal(size=(50, 3, 3, 2)).astype(np.float32)
    tensor = onnx.numpy_helper.from_array(kernel, "kernel")
    graph = onnx.helper.make_graph(
        [make_node("Conv", ["x", "kernel"], ["c"]), make_node("Relu", ["c"], ["y"])],
        "g",
        [make_tensor_value_info("x", TensorProto.FLOAT, [2, 3, 12, 9])],
        [make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [tensor],
    )
    proto = onnx.helper.make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9)
    path = tmp_path / "m.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="m.data", size_threshold=0)
    model = read_model(path)
    runner = Runner(model)
    c = runner.run(feeds, ["c"])["c"]
    kernel = {"kernel": model.ir.graph.initializers["kernel"].const_value}
    address = runner.weights.take(kernel)["kernel"].data_ptr()
    assert address == model.layers[0].weights[0].numpy().ctypes.data
    y = runner.predict(feeds)["y"]
    assert runner.weights.take(kernel)["kernel"].data_ptr() == address
    np.testing.assert_allclose(np.maximum(c, 0), y, rtol=1e-5, atol=1e-5)


def test_small_weights_of_other_types_are_handed_over(make: Make) -> None:
    random = np.random.default_rng(4)
    table = random.integers(-100, 100, size=(40, 30)).astype(np.int8)
    scale = np.float32(0.25)
    model = make(
        [make_node("DequantizeLinear", ["table", "scale"], ["t"]), make_node("Gather", ["t", "x"], ["y"])],
        {"x": (TensorProto.INT64, ["N"])},
        ["y"],
        table=table,
        scale=np.array(scale),
    )
    index = np.array([3, 1, 39])
    np.testing.assert_array_equal(Runner(model).run({"x": index}, ["y"])["y"], table[index] * scale)


def test_values_of_many_types(make: Make) -> None:
    kinds = {"double": 11, "float16": 10, "int8": 3, "uint8": 2, "int64": 7, "bool": 9}
    nodes = [make_node("Cast", ["x"], [name], to=kind) for name, kind in kinds.items()]
    model = make(nodes, {"x": [3]}, list(kinds))
    found = Runner(model).run({"x": np.array([0, 1.5, 3], np.float32)}, list(kinds))
    assert [found[name].dtype.name for name in kinds] == [
        "float64",
        "float16",
        "int8",
        "uint8",
        "int64",
        "bool",
    ]
    assert found["int8"].tolist() == [0, 1, 3]


def test_part_before_an_unknown_operator_runs(make: Make) -> None:
    nodes = [
        make_node("Relu", ["x"], ["r"], name="before"),
        make_node("Mystery", ["r"], ["m"], name="odd", domain="far.away"),
        make_node("Neg", ["m"], ["y"], name="behind"),
    ]
    model = make(nodes, {"x": [2]}, ["y"], domains=["far.away"])
    runner = Runner(model)
    feeds = {"x": np.array([-1, 2], np.float32)}
    assert runner.run(feeds, ["r"])["r"].tolist() == [0, 2]
    for call in (lambda: runner.run(feeds, ["y"]), lambda: runner.predict(feeds)):
        with pytest.raises(RunError, match=r"'odd' \(Mystery\).*'far.away'"):
            call()


def test_layer_without_nodes_says_why_it_cannot_run(network: Model, feeds: dict[str, np.ndarray]) -> None:
    from dataclasses import replace

    odd = replace(
        network.layers[0],
        name="odd",
        outputs=(replace(network.layers[0].outputs[0], value="odd:0"),),
        reason="The class of 'odd' is unknown.",
    )
    runner = Runner(replace(network, layers=(*network.layers, odd)))
    with pytest.raises(RunError, match="class of 'odd' is unknown"):
        runner.run(feeds, ["odd:0"])


def test_unknown_value(network: Model, feeds: dict[str, np.ndarray]) -> None:
    with pytest.raises(RequestError, match="no value named 'nothing'"):
        Runner(network).run(feeds, ["nothing"])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, "'x' is missing"),
        ({"z": np.zeros(1, np.float32)}, "no input 'z'; its inputs are 'x'"),
        ({"x": np.zeros((1, 3, 12, 9))}, r"takes float32 \['any', 3, 12, 9\], but was given float64"),
        ({"x": np.zeros((1, 9, 12, 3), np.float32)}, r"was given float32 \[1, 9, 12, 3\]"),
        ({"x": np.zeros((3, 12, 9), np.float32)}, r"was given float32 \[3, 12, 9\]"),
    ],
)
def test_feeds_that_do_not_fit(network: Model, wrong: dict[str, Any], sentence: str) -> None:
    for call in (
        lambda: Runner(network).run(wrong, ["conv"]),
        lambda: Runner(network).run(wrong, ["x", "conv"]),
        lambda: Runner(network).predict(wrong),
    ):
        with pytest.raises(InputError, match=sentence):
            call()


def test_only_inputs_that_matter_are_needed(make: Make) -> None:
    nodes = [make_node("Relu", ["a"], ["r"]), make_node("Add", ["r", "b"], ["y"])]
    runner = Runner(make(nodes, {"a": [1], "b": [1]}, ["y"]))
    assert runner.run({"a": np.array([3], np.float32)}, ["r"])["r"].tolist() == [3]


def test_sequences_are_refused_by_name(make: Make) -> None:
    nodes = [make_node("SplitToSequence", ["x"], ["s"]), make_node("SequenceLength", ["s"], ["y"])]
    runner = Runner(make(nodes, {"x": [3]}, ["y"]))
    feeds = {"x": np.zeros(3, np.float32)}
    assert runner.run(feeds, ["y"])["y"] == 3
    with pytest.raises(RunError, match="'s' is a sequence"):
        runner.run(feeds, ["s"])


def test_unoptimised_sessions_keep_every_operator(network: Model) -> None:
    """In an optimised session Conv and BatchNormalization would be one: rounding would differ."""
    values = {value.name: value for node in network.ir.graph for value in node.outputs}
    cut = skeleton(network.ir, [values["relu"]])
    weights = SharedWeights()
    plain, optimised = (create_session(cut, weights, optimised=flag) for flag in (False, True))
    level = type(plain.get_session_options().graph_optimization_level)
    assert plain.get_session_options().graph_optimization_level == level.ORT_DISABLE_ALL
    assert optimised.get_session_options().graph_optimization_level == level.ORT_ENABLE_ALL
    for session, spins in ((plain, "1"), (optimised, "0")):
        config = session.get_session_options().get_session_config_entry
        assert config("session.intra_op.allow_spinning") == spins
        assert config("session.force_spinning_stop") == "1"


def test_nodes_of_one_name_run(make: Make) -> None:
    """onnxruntime refuses them; some exporters name all nodes alike, inside branches too."""
    inner = [make_node("Neg", ["s"], ["t"], name="twin"), make_node("Abs", ["t"], ["u"], name="twin")]
    branch = make_graph(inner, "branch", [], [make_tensor_value_info("u", TensorProto.FLOAT, [2])])
    nodes = [
        make_node("Constant", [], ["one"], name="twin", value_floats=[1.0]),
        make_node("Add", ["x", "one"], ["r"], name="twin"),
        make_node("Neg", ["r"], ["s"], name="twin"),
        make_node("If", ["flag"], ["y"], name="twin", then_branch=branch, else_branch=branch),
    ]
    model = make(nodes, {"x": [2]}, ["y"], flag=np.array(True))
    found = Runner(model).run({"x": np.array([-4, 2], np.float32)}, ["r", "s", "y"])
    assert {name: array.tolist() for name, array in found.items()} == {
        "r": [-3, 3],
        "s": [3, -3],
        "y": [3, 3],
    }


def test_nodes_of_one_name_in_a_function_run(make: Make) -> None:
    inner = [make_node("Neg", ["a"], ["t"], name="twin"), make_node("Abs", ["t"], ["b"], name="twin")]
    calls = [
        make_node("Magic", ["x"], ["r"], name="n", domain="d"),
        make_node("Neg", ["r"], ["s"], name="n"),
        make_node("Magic", ["s"], ["y"], name="n", domain="d"),
    ]
    path = make(calls, {"x": [2]}, ["y"], domains=["d"]).path
    proto = onnx.load(path)
    proto.functions.append(make_function("d", "Magic", ["a"], ["b"], inner, [make_opsetid("", 17)]))
    onnx.save(proto, path)
    found = Runner(read_model(path)).run({"x": np.array([-4, 2], np.float32)}, ["r", "s", "y"])
    assert [found[name].tolist() for name in "rsy"] == [[4, 2], [-4, -2], [4, 2]]


def test_a_long_run_can_be_interrupted(tmp_path: Path) -> None:
    size, steps = 700, 400
    nodes = [make_node("MatMul", [f"t{step}", "w"], [f"t{step + 1}"]) for step in range(steps)]
    weight = from_array(np.full((size, size), 1 / size, np.float32), "w")
    infos = [
        make_tensor_value_info(name, onnx.TensorProto.FLOAT, [size, size]) for name in ("t0", f"t{steps}")
    ]
    graph = make_graph(nodes, "g", infos[:1], infos[1:], [weight])
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=8), tmp_path / "long.onnx")
    runner = Runner(read_model(tmp_path / "long.onnx"))
    feeds = {"t0": np.ones((size, size), np.float32)}
    raised: list[BaseException] = []

    def run() -> None:
        try:
            runner.run(feeds, [f"t{steps}"])
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not runner._running:
        pass
    runner.interrupt()
    thread.join()
    assert [type(error) for error in raised] == [Cancelled]
    np.testing.assert_allclose(runner.run(feeds, ["t1"])["t1"], 1.0, rtol=1e-5)
