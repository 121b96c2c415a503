"""Channels and kernels muted, boosted, replaced, behind a network's back."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx.helper import make_graph, make_node, make_tensor_value_info

from explorer3d.compute import requests
from explorer3d.compute import runner as running
from explorer3d.compute.edit_model import EditModel
from explorer3d.compute.edited import edited
from explorer3d.compute.edits import Edit
from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model

Make = Callable[..., Model]

# ReLU, sums over the channels with weights 1, 10, 100.
X = np.array([[1, -2], [3, 4], [-5, 6]], np.float32).reshape(1, 3, 2)
FEEDS = {"x": X}


@pytest.fixture
def small(make: Make) -> Runner:
    nodes = [
        make_node("Relu", ["x"], ["relu"], name="relu"),
        make_node("Mul", ["relu", "weights"], ["weighed"], name="weighed"),
        make_node("ReduceSum", ["weighed", "axes"], ["y"], name="sum", keepdims=0),
    ]
    weights = np.array([1, 10, 100], np.float32).reshape(3, 1)
    return Runner(make(nodes, {"x": ["N", 3, 2]}, ["y"], weights=weights, axes=np.array([1])))


def _sums(runner: Runner, *edits: Edit) -> Sequence[float]:
    return list(edited(runner, edits, FEEDS).run(FEEDS, ["y"])["y"].reshape(-1).tolist())


def test_channels(small: Runner) -> None:
    assert _sums(small) == [31, 640]
    assert _sums(small, Edit("relu", 1)) == [1, 600]
    assert _sums(small, Edit("relu", 1, 2.0)) == [61, 680]
    assert _sums(small, Edit("relu", 2, 1.0, 0)) == [131, 40]
    # Three times the second in the place of the third; what stands in is as it was without the first edit.
    assert _sums(small, Edit("relu", 1), Edit("relu", 2, 3.0, 1)) == [901, 1200]
    # Two layers, one behind the other.
    assert _sums(small, Edit("relu", 1, 2.0), Edit("weighed", 1, 0.5)) == [31, 640]


def test_what_went_in_stays_and_so_does_the_network(small: Runner) -> None:
    before = small.run(FEEDS, ["relu", "y"])
    changed = edited(small, [Edit("relu", 1)], FEEDS)
    found = changed.run(FEEDS, ["x", "relu", "y"])
    assert (found["x"] == X).all()
    assert found["relu"].tolist() == [[[1, 0], [0, 0], [0, 6]]]
    assert changed.predict(FEEDS)["y"].tolist() == [[1, 600]]
    # The very arrays: nothing has to be computed to undo it.
    assert all(small.run(FEEDS, [name])[name] is array for name, array in before.items())
    assert small.predict(FEEDS)["y"].tolist() == [[31, 640]]
    assert [value.name for value in small.model.ir.graph.inputs] == ["x"]


def test_another_factor_makes_no_session(small: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    _sums(small, Edit("relu", 1, 2.0))
    made = []
    monkeypatch.setattr(running, "create_session", lambda *_, **__: made.append(1))
    assert _sums(small, Edit("relu", 1, 3.0)) == [91, 720]
    assert _sums(small, Edit("relu", 0)) == [30, 640]
    assert not made


# 1×1 kernels: the first sums both channels, the second takes their difference.
KERNEL = np.array([[1, 1], [1, -1]], np.float32).reshape(2, 2, 1, 1)
PIXELS = {"x": np.array([3, 5], np.float32).reshape(1, 2, 1, 1)}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit("conv", 0, weight="kernel"), [10, -2]),
        (Edit("conv", 0, 3.0, weight="kernel"), [34, -2]),
        (Edit("conv", 1, 1.0, 0, weight="kernel"), [18, 8]),
        (Edit("conv", 1, weight="kernel", taken=0), [18, -5]),
        (Edit("conv", 1, 2.0, 0, weight="kernel", taken=1), [18, 13]),
    ],
)
def test_kernels(make: Make, edit: Edit, expected: Sequence[float]) -> None:
    # The bias, 10 for the first, is none of the kernel's.
    nodes = [make_node("Conv", ["x", "kernel", "bias"], ["y"], name="conv")]
    bias = np.array([10, 0], np.float32)
    runner = Runner(make(nodes, {"x": [1, 2, 1, 1]}, ["y"], kernel=KERNEL, bias=bias))
    changed = edited(runner, [edit], PIXELS)
    assert changed.run(PIXELS, ["y"])["y"].reshape(-1).tolist() == expected
    assert changed.predict(PIXELS)["y"].reshape(-1).tolist() == expected
    shown = {weight.name: weight.numpy() for weight in changed.model.layers[0].weights}
    assert shown["kernel"].reshape(2, 2) @ [3, 5] + bias == pytest.approx(expected)
    assert changed.run(PIXELS, ["kernel"])["kernel"].reshape(2, 2) @ [3, 5] + bias == pytest.approx(expected)
    twice = edited(changed, [Edit("conv", 0, 0.0, weight="kernel")], PIXELS)
    assert twice.run(PIXELS, ["y"])["y"].reshape(-1).tolist() == [10, expected[1]]
    assert (runner.model.layers[0].weights[0].numpy() == KERNEL).all()


def test_what_has_been_changed_is_changed_further(small: Runner) -> None:
    once = edited(small, [Edit("relu", 1, 2.0)], FEEDS)
    assert _sums(once) == [61, 680]
    assert _sums(once, Edit("relu", 2)) == [61, 80]
    assert _sums(once, Edit("relu", 1)) == [1, 600]
    assert _sums(once, Edit("weighed", 1, 0.5)) == [31, 640]


def test_what_is_kept_for_it_goes_with_the_network(make: Make) -> None:
    nodes = [make_node("Conv", ["x", "kernel"], ["y"], name="conv")]
    key = requests.register(make(nodes, {"x": [1, 2, 1, 1]}, ["y"], kernel=KERNEL))
    changed = EditModel(key, (Edit("conv", 0),), PIXELS)().key
    requests.runner(changed).run(PIXELS, ["y"])
    requests.limit(key, 1000)
    again = EditModel(key, (Edit("conv", 0, 2.0),), PIXELS)().key
    assert [requests.runner(one).budget for one in (key, changed, again)] == 3 * [1000]
    gone = weakref.ref(requests.runner(key))
    requests.close(key)
    # Without a search for what is unreachable, which may come late.
    assert gone() is None


def test_a_residual_network_is_what_onnxruntime_makes_of_an_edited_file(make: Make) -> None:
    lot = np.random.default_rng(3)
    weights = {
        "w1": lot.normal(size=(6, 3, 3, 3)).astype(np.float32),
        "w2": lot.normal(size=(6, 6, 3, 3)).astype(np.float32),
        "dense": lot.normal(size=(6, 4)).astype(np.float32),
    }
    nodes = [
        make_node("Conv", ["x", "w1"], ["c1"], name="c1", pads=[1, 1, 1, 1]),
        make_node("Relu", ["c1"], ["r1"], name="r1"),
        make_node("Conv", ["r1", "w2"], ["c2"], name="c2", pads=[1, 1, 1, 1]),
        make_node("Add", ["c2", "r1"], ["sum"], name="sum"),
        make_node("GlobalAveragePool", ["sum"], ["pool"], name="pool"),
        make_node("Flatten", ["pool"], ["flat"], name="flat"),
        make_node("MatMul", ["flat", "dense"], ["logits"], name="logits"),
        make_node("Softmax", ["logits"], ["y"], name="y"),
    ]
    model = make(nodes, {"x": [1, 3, 7, 5]}, ["y"], **weights)
    feeds = {"x": lot.normal(size=(1, 3, 7, 5)).astype(np.float32)}
    edits = [
        Edit("r1", 4, 2.5),
        Edit("c2", 1, weight="w2"),
        Edit("c2", 3, 1.0, 5, weight="w2"),
        Edit("c2", 2, -1.5, weight="w2", taken=4),
    ]
    values = [node.output[0] for node in nodes]
    found = edited(Runner(model), edits, feeds).run(feeds, values)

    # The same by hand: in the weights of the file, and with a node behind the ReLU.
    w2 = weights["w2"].copy()
    w2[1], w2[3] = 0, weights["w2"][5]
    w2[2, 4] *= np.float32(-1.5)
    factor = np.ones((1, 6, 1, 1), np.float32)
    factor[0, 4] = 2.5
    proto = onnx.load(model.path)
    graph = proto.graph
    graph.node[1].output[0] = "before"
    graph.node.insert(2, make_node("Mul", ["before", "factor"], ["r1"]))
    kept = [one for one in graph.initializer if one.name != "w2"]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in (("w2", w2), ("factor", factor)))
    for value, array in found.items():
        del graph.output[:]
        graph.output.append(onnx.ValueInfoProto(name=value))
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        # Weights packed otherwise are added up in another order.
        options.add_session_config_entry("session.disable_prepacking", "1")
        session = ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        assert np.array_equal(session.run([value], feeds)[0], array), value
    before = Runner(model).run(feeds, values)
    apart = [name for name in values if not np.array_equal(before[name], found[name])]
    assert apart == ["r1", "c2", "sum", "pool", "flat", "logits", "y"]


def test_a_map_that_a_branch_reads_from_outside(make: Make) -> None:
    branches = {
        name: make_graph(
            [make_node(op, ["relu"], [name], name=f"{name}_{op}")],
            name,
            [],
            [make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 2])],
        )
        for name, op in (("then_branch", "Neg"), ("else_branch", "Exp"))
    }
    nodes = [
        make_node("Relu", ["x"], ["relu"], name="relu"),
        make_node("If", ["condition"], ["y"], name="if", **branches),
    ]
    runner = Runner(make(nodes, {"x": [1, 2]}, ["y"], condition=np.array(True)))
    feeds = {"x": np.array([[3, 5]], np.float32)}
    assert edited(runner, [Edit("relu", 1, 2.0)], feeds).run(feeds, ["y"])["y"].tolist() == [[-3, -10]]
    assert runner.run(feeds, ["y"])["y"].tolist() == [[-3, -5]]


def test_a_weight_that_two_layers_share(make: Make) -> None:
    nodes = [
        make_node("Conv", ["x", "kernel"], ["first"], name="first"),
        make_node("Conv", ["first", "kernel"], ["second"], name="second"),
    ]
    runner = Runner(make(nodes, {"x": [1, 2, 1, 1]}, ["second"], kernel=KERNEL))
    edits = [Edit("second", 0, weight="kernel"), Edit("first", 1, 2.0, weight="kernel")]
    changed = edited(runner, edits, PIXELS)
    # 3, 5 → 0, −4 → 0, 8
    assert changed.run(PIXELS, ["second"])["second"].reshape(-1).tolist() == [0, 8]
    shown = [layer.weights[0].numpy().reshape(2, 2).tolist() for layer in changed.model.layers]
    assert shown == [[[0, 0], [2, -2]]] * 2


def test_a_kernel_that_a_constant_node_holds(make: Make) -> None:
    tensor = onnx.numpy_helper.from_array(KERNEL)
    nodes = [
        make_node("Constant", [], ["kernel"], value=tensor),
        make_node("Conv", ["x", "kernel"], ["y"], name="conv"),
    ]
    runner = Runner(make(nodes, {"x": [1, 2, 1, 1]}, ["y"]))
    changed = edited(runner, [Edit("conv", 1, 2.0, weight="kernel")], PIXELS)
    assert changed.run(PIXELS, ["y"])["y"].reshape(-1).tolist() == [8, -4]


def test_what_a_keras_file_stores_in_another_order(samples: Path) -> None:
    model = read_model(samples / "lenet_fashion.h5")
    runner, feeds = Runner(model), {}
    (port,) = model.inputs
    feeds[port.value] = np.random.default_rng(1).random((1, 28, 28, 1), np.float32)
    weights = {weight.name: weight.numpy() for weight in model.layer_by_name["conv1"].weights}
    before = runner.run(feeds, ["conv1"])["conv1"]
    edits = [
        Edit("conv1", 2, weight="kernel"),
        Edit("conv1", 4, 1.0, 1, weight="kernel"),
        Edit("conv1", 5, 3.0),
    ]
    changed = edited(runner, edits, feeds)
    after = changed.run(feeds, ["conv1"])["conv1"]
    # Of a kernel of zeros the bias is left; channels are the last axis here.
    assert (after[..., 2] == max(weights["bias"][2], 0)).all()
    apart = after[..., 4] - np.maximum(before[..., 1] - weights["bias"][1] + weights["bias"][4], 0)
    assert np.abs(apart[before[..., 1] > 0]).max() < 1e-6
    assert np.array_equal(after[..., 5], 3 * before[..., 5])
    assert np.array_equal(after[..., [0, 1, 3]], before[..., [0, 1, 3]])
    shown = next(one for one in changed.model.layer_by_name["conv1"].weights if one.name == "kernel")
    assert not shown.numpy()[..., 2].any() and shown.axes == "HWIO"


def test_gradients_are_those_of_the_edited_network(small: Runner) -> None:
    for factor in (2.0, 5.0):
        changed = edited(small, [Edit("relu", 1, factor)], FEEDS)
        found = gradients(changed, FEEDS, "y", np.ones((1, 2), np.float32), ["x"])
        assert found.gradients["x"].tolist() == [[[1, 0], [10 * factor, 10 * factor], [0, 100]]]


def _number(value: int, *sizes: int) -> np.ndarray:
    return np.full(sizes, value, np.int8)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (Edit("relu", 3), "no channel 3: there are 3"),
        (Edit("relu", 0, 1.0, -1), "no channel -1"),
        (Edit("relu", 0, output=1), "has no output 1"),
        (Edit("nowhere", 0), "no layer 'nowhere'"),
        (Edit("weighed", 0, weight="weights"), "has no kernels"),
        (Edit("weighed", 0, weight="kernel"), "its weights are 'weights'"),
    ],
)
def test_what_cannot_be_changed(small: Runner, edit: Edit, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        edited(small, [edit], FEEDS)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (Edit("conv", 2, weight="kernel"), "no kernel 2: there are 2"),
        (Edit("conv", 0, weight="kernel", taken=2), "no input channel 2: there are 2"),
        (Edit("quantised", 0, weight="whole"), "stored as int8"),
        (Edit("quantised", 0), "is of int32"),
        (Edit("scalar", 0), "has no channels"),
    ],
)
def test_kernels_that_cannot_be_changed(make: Make, edit: Edit, sentence: str) -> None:
    nodes = [
        make_node("Conv", ["x", "kernel"], ["conv"], name="conv"),
        make_node("Cast", ["conv"], ["cast"], name="cast", to=onnx.TensorProto.INT8),
        make_node("ConvInteger", ["cast", "whole"], ["y"], name="quantised"),
        make_node("ReduceSum", ["conv"], ["z"], name="scalar", keepdims=0),
    ]
    whole: Mapping[str, np.ndarray] = {"whole": _number(1, 2, 2, 1, 1)}
    runner = Runner(make(nodes, {"x": [1, 2, 1, 1]}, ["y", "z"], kernel=KERNEL, **whole))
    with pytest.raises(RequestError, match=sentence):
        edited(runner, [edit], PIXELS)


def test_operators_that_multiply_no_channels(make: Make) -> None:
    nodes = [make_node("Conv", ["x", "kernel"], ["y"], name="conv")]
    runner = Runner(make(nodes, {"x": [1, 2, 1, 1]}, ["y"], opset=6, ir_version=3, kernel=KERNEL))
    with pytest.raises(RequestError, match="before 7"):
        edited(runner, [Edit("conv", 0)], PIXELS)
    changed = edited(runner, [Edit("conv", 0, weight="kernel")], PIXELS)
    assert changed.run(PIXELS, ["y"])["y"].reshape(-1).tolist() == [0, -2]
