"""Methods carried out on a small network, beside what is worked out by hand or in a plain loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.attribution import METHODS, attribute, correspondence
from explorer3d.attribution.request import Attribute
from explorer3d.compute import requests
from explorer3d.compute.runner import Runner
from explorer3d.errors import Cancelled, RequestError, RunError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import feeds_for
from tests.attribution.conftest import BIAS, KERNEL, LOGITS, WEIGHTS, Small, X

Make = Callable[..., Model]

FIRST, SECOND = np.maximum(X, 0), np.maximum(-2 * X, 0)


def _logits(picture: np.ndarray) -> np.ndarray:
    """The small network once more."""
    maps = np.maximum(picture * KERNEL.reshape(2, 1, 1), 0)
    return np.asarray(maps.mean(axis=(1, 2)) @ WEIGHTS + BIAS)


def _explained(small: Small, method: str, **given: Any) -> Any:
    return attribute(small.runner, small.feeds, method, **given)


def test_class_activation_maps(small: Small) -> None:
    # The derivative of class 0 by a place is a sixth of its weight: 1/6 and 3/6; of class 1 2/6 and -1/6.
    found = _explained(small, "grad_cam")
    assert found.array == pytest.approx((FIRST + 3 * SECOND) / 6)
    assert (found.layer, found.axes, found.input) == ("relu", "HW", "x")
    assert found.title == "Grad-CAM: class 0 · layer relu · score 4.333"
    assert _explained(small, "layer_cam", target=1).array == pytest.approx(FIRST / 3)
    # Before the ReLU the derivative is zero where it is shut: 2 of 6 places of the first map are open, which
    # gives a mean of 2/6 · 1/6, and as many of the second.
    before = _explained(small, "grad_cam", layer="conv")
    assert before.array == pytest.approx(np.maximum(X * (3 / 36) - 2 * X * (2 / 6 * 3 / 6), 0))


def test_grad_cam_of_a_neuron(small: Small) -> None:
    found = _explained(small, "grad_cam", target="relu[1, 1, 2]", layer="conv")
    # Only the second map has a derivative, 1 at one of six places.
    assert found.array == pytest.approx(np.maximum(-2 * X / 6, 0))
    assert (found.target.index, found.score) == ((1, 1, 2), 2)


def test_gradients_by_the_input(small: Small) -> None:
    # Where the picture is positive the first map passes 1/6, where it is negative the second -2 · 3/6.
    slope = np.where(X > 0, 1 / 6, np.where(X < 0, -1, 0))
    assert _explained(small, "saliency").array == pytest.approx(np.abs(slope)[None, None])
    signed = _explained(small, "saliency", settings={"absolute": "no"})
    assert signed.array == pytest.approx(slope[None, None])
    assert signed.signed
    assert _explained(small, "gradient_x_input").array == pytest.approx((slope * X)[None, None])
    # The network is a plane along the way from zero, but for its bias, so that this is the same.
    integrated = _explained(small, "integrated_gradients", settings={"steps": 4})
    assert integrated.array == pytest.approx((slope * X)[None, None], rel=0.2)
    assert integrated.array.sum() == pytest.approx(LOGITS[0], rel=0.01)


def test_ranked_activations(small: Small) -> None:
    found = _explained(small, "ranked_activations", target=1)
    assert found.array == pytest.approx([8 / 6 * 2, -1])
    assert found.further["order"].tolist() == [0, 1]
    strength = _explained(small, "ranked_activations", settings={"by": "strength"}, layer="conv")
    assert strength.array == pytest.approx([11 / 6, 22 / 6])


def test_score_cam(small: Small) -> None:
    masks = [FIRST / 4, SECOND / 4]
    scores = np.array([_logits(X * mask)[0] for mask in masks])
    weights = np.exp(scores) / np.exp(scores).sum()
    found = _explained(small, "score_cam")
    assert found.further["scores"] == pytest.approx(scores)
    assert found.array == pytest.approx(weights[0] * FIRST + weights[1] * SECOND)
    # The second varies most.
    few = _explained(small, "score_cam", settings={"maps": 1})
    chosen = int(few.further["maps"][0])
    assert chosen == int(np.argmax([FIRST.std(), SECOND.std()]))
    assert few.array == pytest.approx((FIRST, SECOND)[chosen])


@pytest.mark.parametrize(("patch", "stride", "value"), [(1, 1, 0.0), (2, 1, 0.5), (2, 2, -3.0)])
def test_occlusion_is_a_plain_loop(small: Small, patch: int, stride: int, value: float) -> None:
    settings = {"patch": patch, "stride": stride, "value": value}
    found = _explained(small, "occlusion", settings=settings)
    scores, classes, sums = [], [], []
    for row in range(0, max(2 - patch, 0) + stride, stride):
        for column in range(0, max(3 - patch, 0) + stride, stride):
            hidden = X.copy()
            hidden[row : row + patch, column : column + patch] = value
            alone = small.runner.predict({"x": hidden[None, None]}, ["logits", "relu", "y"])
            scores.append(float(alone["logits"][0, 0]))
            classes.append(int(alone["y"].argmax()))
            sums.append(float(alone["relu"][0, 0].sum()))
    shape = found.array.shape
    assert shape == (len(found.further["rows"]), len(found.further["columns"]))
    assert (found.further["scores"] == np.reshape(scores, shape)).all()
    assert (found.further["most_probable"] == np.reshape(classes, shape)).all()
    # Its sum, 8, is larger than that of the other, 6.
    assert (found.further["strongest_map"] == np.reshape(sums, shape)).all()
    whole = small.runner.predict(small.feeds, ["logits", "relu", "y"])["logits"]
    assert (found.array == float(whole[0, 0]) - found.further["scores"]).all()


def test_occlusion_one_by_one_where_the_batch_is_fixed(make: Make, small: Small) -> None:
    nodes = [
        make_node("Reshape", ["x", "shape"], ["flat"], name="flat"),
        make_node("Reshape", ["flat", "back"], ["same"], name="same"),
        make_node("Conv", ["same", "kernel"], ["y"], name="conv"),
    ]
    # The input is open, what follows is not.
    model = make(
        nodes, {"x": ["N", 1, 2, 3]}, ["y"], kernel=KERNEL, shape=np.array([6]), back=np.array([1, 1, 2, 3])
    )
    settings = {"patch": 1, "stride": 1}
    found = attribute(Runner(model), small.feeds, "occlusion", target="y[0]", settings=settings)
    assert found.array.tolist() == X.tolist()


def test_invariance(small: Small) -> None:
    found = _explained(
        small, "invariance", settings={"sweep": "shift_x", "low": 0, "high": 2 / 3, "steps": 3}
    )
    assert found.further["layers"].tolist() == ["conv", "relu"]
    assert found.further["amounts"] == pytest.approx([0, 1 / 3, 2 / 3])
    # What comes in is the least number.
    shifted = np.array([[-2, 1, -2], [-2, 0, 4]])
    assert found.further["pictures"][1, 0] == pytest.approx(shifted)
    assert found.array[:, 0].tolist() == [0, 0]
    assert found.array[0, 1] == pytest.approx(np.linalg.norm(shifted - X) / np.linalg.norm(X))
    logits = _logits(shifted)
    assert found.further["scores"][1] == pytest.approx(logits[0])
    assert found.further["probabilities"][1] == pytest.approx((np.exp(logits) / np.exp(logits).sum())[0])
    one = _explained(small, "invariance", layer="relu", settings={"steps": 2})
    assert one.further["layers"].tolist() == ["relu"]


@pytest.mark.parametrize(
    ("settings", "means"),
    [
        ({"channel": 0}, [0, 1]),
        ({"channel": 1, "action": "boost", "factor": 3}, [8 / 6, 3]),
        ({"channel": 0, "action": "replace", "by": 1}, [1, 1]),
    ],
)
def test_channel_surgery(small: Small, settings: dict[str, Any], means: list[float]) -> None:
    found = _explained(small, "channel_surgery", layer="relu", settings=settings)
    expected = np.array(means) @ WEIGHTS + BIAS
    assert found.array == pytest.approx(expected - LOGITS, abs=1e-6)
    assert found.further["after"][0] == pytest.approx(np.exp(expected) / np.exp(expected).sum())
    assert found.further["layers"].tolist() == ["relu", "pool", "flat", "dense", "softmax"]
    apart = np.linalg.norm(np.array(means) - [8 / 6, 1]) / np.linalg.norm([8 / 6, 1])
    assert found.further["changes"][1] == pytest.approx(apart)


def test_activation_maximisation(small: Small) -> None:
    settings = {
        "steps": 40,
        "rate": 0.04,
        "scales": 1,
        "spectrum": 0,
        "smoothing": 0,
        "decay": 0,
        "jitter": 0,
    }
    found = _explained(small, "activation_maximisation", target="relu[0]", settings=settings)
    # The first map likes what is positive; nothing leaves the range of what is fed.
    assert found.array == pytest.approx(np.full((1, 1, 2, 3), 4.0))
    assert found.score == pytest.approx(4)
    assert len(found.further["scores"]) == 41
    one = {**settings, "steps": 1}
    first, again, other = (
        _explained(small, "activation_maximisation", target="relu[0]", settings=one, seed=seed).array
        for seed in (0, 0, 1)
    )
    assert (first == again).all() and (first != other).any()
    fed = _explained(small, "activation_maximisation", target="relu[1]", settings={**one, "start": "input"})
    # Of what is fed only what is negative moves the second map: two places of six, by the same slope.
    assert fed.array[0, 0, 1, 2] == pytest.approx(-1 - 0.04 * 6 / np.sqrt(2 / 6))


def test_correspondence(small: Small) -> None:
    pictures = [X, -X, X + 3]
    parts = [(0.0, 0.0, 1 / 3, 1.0), (0.0, 0.0, 1 / 3, 1.0), (1 / 3, 0.0, 1.0, 1.0)]
    found = correspondence(
        small.runner, [{"x": picture[None, None]} for picture in pictures], parts, ["conv", "relu"]
    )
    assert found.layers == ("conv", "relu")
    # Signs of what hiding takes away, of twelve places of both maps (the second has the other sign): the
    # first column of X is 1, 0; of -X it is -1, 0; without the first column X + 3 is 1, 6 and 7, 2.
    # First and second differ at 1 place of 6, first and third at 5, second and third at 5, in both maps.
    assert found.mean[0] == pytest.approx((1 + 5 + 5) / 18)
    assert found.spread[0] == pytest.approx(np.std([1 / 6, 5 / 6, 5 / 6]))
    # Behind the ReLU the first has a sign in the first map only, the second in the second only.
    assert found.mean[1] == pytest.approx((2 + 5 + 5) / 36)
    with pytest.raises(RequestError, match="two or more"):
        correspondence(small.runner, [small.feeds], parts[:1])


def test_a_deconvnet_feature_that_is_nowhere_active(small: Small) -> None:
    runner, feeds = small.runner, {"x": np.ones((1, 1, 2, 3), np.float32)}
    with pytest.raises(RequestError, match="Channel 1 of 'relu' is nowhere active"):
        attribute(runner, feeds, "deconvnet", layer="relu", settings={"channel": 1})
    found = attribute(runner, feeds, "deconvnet", layer="relu")
    assert found.target.index == (0, 0, 0)
    assert found.array[0, 0].tolist() == [[1, 0, 0], [0, 0, 0]]


def test_a_deconvnet_feature_that_answers_to_what_is_missing(make: Make) -> None:
    """4 = 5 - 1: through the negative kernel nothing positive goes back."""
    nodes = [
        make_node("Relu", ["x"], ["open"], name="open"),
        make_node("Conv", ["open", "kernel", "bias"], ["conv"], name="conv"),
        make_node("Relu", ["conv"], ["y"], name="relu"),
    ]
    kernel, bias = np.full((1, 1, 1, 1), -1, np.float32), np.array([5], np.float32)
    runner = Runner(make(nodes, {"x": ["N", 1, 2, 3]}, ["y"], kernel=kernel, bias=bias))
    feeds = {"x": np.ones((1, 1, 2, 3), np.float32)}
    found = attribute(runner, feeds, "deconvnet", layer="relu", target="relu[0]")
    assert (found.score, found.note) == (4, "strongest at 0, 0, of which nothing comes back to the input")
    assert not found.array.any()
    seen = attribute(runner, feeds, "deconvnet", layer="open", target="relu[0]")
    assert seen.note == "strongest at 0, 0"
    assert seen.array[0, 0].tolist() == [[1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("method", "given", "sentence"),
    [
        ("grad_camm", {}, "Did you mean 'grad_cam'?"),
        ("grad_cam", {"layer": "rellu"}, "Did you mean 'relu'?"),
        ("grad_cam", {"layer": "flat"}, "The layer 'flat' gives no maps"),
        ("grad_cam", {"layer": "pool", "target": "relu[0]"}, "does not depend on the layer 'pool'"),
        ("grad_cam", {"target": "relu[0]", "settings": {"patch": 2}}, "has no setting 'patch'"),
        ("occlusion", {"settings": {"patsh": 2}}, "Did you mean 'patch'?"),
        ("occlusion", {"settings": {"patch": "2.5"}}, "is a whole number, not '2.5'"),
        ("occlusion", {"settings": {"value": "nan"}}, "is a number, not 'nan'"),
        ("occlusion", {"settings": {"patch": -1}}, "lies between 0 and"),
        ("saliency", {"settings": {"absolute": "perhaps"}}, "is yes or no"),
        ("invariance", {"settings": {"sweep": "flip"}}, "is one of rotation, scale, shift_x, shift_y"),
        ("deconvnet", {"layer": "relu", "settings": {"channel": 2}}, "has 2 channels, from 0"),
        ("channel_surgery", {"layer": "relu", "settings": {"channel": 2}}, "no channel 2: there are 2"),
        ("channel_surgery", {"target": "relu[0]"}, "judged by a class"),
    ],
)
def test_what_cannot_be_asked(small: Small, method: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError) as raised:
        _explained(small, method, **given)
    assert sentence in str(raised.value)


def test_an_operator_without_derivative_is_named_and_the_rest_still_explains(make: Make) -> None:
    nodes = [
        make_node("Conv", ["x", "kernel"], ["conv"], name="conv"),
        make_node("Det", ["conv"], ["det"], name="det"),
        make_node("Softmax", ["det"], ["y"], name="softmax"),
    ]
    runner = Runner(make(nodes, {"x": ["N", 1, 2, 2]}, ["y"], kernel=KERNEL))
    feeds = {"x": np.array([[[[1, 2], [3, 5]]]], np.float32)}
    with pytest.raises(RunError) as raised:
        attribute(runner, feeds, "saliency")
    assert "Det" in str(raised.value) and "'det'" in str(raised.value)
    assert attribute(runner, feeds, "occlusion", settings={"patch": 1}).array.shape == (2, 2)


def test_the_request_answers_and_can_be_given_up(small: Small) -> None:
    key = requests.register(small.runner.model)
    try:
        found = Attribute(key, small.feeds, "grad_cam", target="1")()
        assert found.array == pytest.approx(_explained(small, "grad_cam", target=1).array)

        def give_up(share: float, text: str, /) -> None:
            told.append(share)
            if 0.4 < share < 1:
                raise Cancelled

        for method in ("smoothgrad", "integrated_gradients", "activation_maximisation"):
            told: list[float] = []
            with pytest.raises(Cancelled):
                Attribute(key, small.feeds, method)(give_up)
            assert told == sorted(told)
            assert len(told) > 3
    finally:
        requests.close(key)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_without_being_told_anything(small: Small, method: str) -> None:
    found = _explained(small, method)
    assert found.array.size and np.isfinite(found.array).all()
    assert found.title.startswith(METHODS[method].title)
    assert len(found.axes) == found.array.ndim


def test_the_first_of_a_batch_of_fixed_size(make: Make, small: Small) -> None:
    nodes = [make_node("Conv", ["x", "kernel"], ["conv"], name="conv")]
    model = make(nodes, {"x": [2, 1, 2, 3]}, ["conv"], kernel=KERNEL)
    feeds = {"x": np.concatenate([small.feeds["x"], small.feeds["x"] + 7])}
    settings = {"patch": 1, "stride": 1}
    found = attribute(Runner(model), feeds, "occlusion", target="conv[0]", settings=settings)
    assert found.array.tolist() == X.tolist()
    swept = attribute(
        Runner(model), feeds, "invariance", target="conv[0]", settings={"sweep": "shift_y", "steps": 3}
    )
    assert swept.further["scores"][1] == X.sum()
    assert swept.array[0, 1] == 0


def test_a_network_without_onnx_own_operators_and_one_without_pictures(tmp_path: Path) -> None:
    nodes = [make_node("Scaler", ["x"], ["y"], name="scaler", domain="ai.onnx.ml", offset=[1.0], scale=[2.0])]
    graph = make_graph(
        nodes, "g", [make_tensor_value_info("x", 1, [1, 3])], [make_tensor_value_info("y", 1, [1, 3])]
    )
    path = tmp_path / "ml.onnx"
    onnx.save(make_model(graph, opset_imports=[make_opsetid("ai.onnx.ml", 3)], ir_version=9), path)
    runner, feeds = Runner(read_model(path)), {"x": np.ones((1, 3), np.float32)}
    with pytest.raises(RunError, match="no rule for the operator Scaler"):
        attribute(runner, feeds, "saliency")
    for method in ("occlusion", "invariance", "score_cam", "guided_grad_cam"):
        with pytest.raises(RequestError, match="'x' is no picture, so that"):
            attribute(runner, feeds, method)


def test_an_infinite_gradient_on_the_way_is_said(make: Make) -> None:
    model = make([make_node("Sqrt", ["x"], ["y"], name="sqrt")], {"x": ["N", 2]}, ["y"])
    feeds = {"x": np.array([[4.0, 9.0]], np.float32)}
    with pytest.raises(RequestError, match="baseline of 0 the gradient is infinite"):
        attribute(Runner(model), feeds, "integrated_gradients")
    found = attribute(Runner(model), feeds, "integrated_gradients", settings={"baseline": 1})
    assert found.array == pytest.approx(np.array([[0, 2]]), rel=0.01)


def test_a_network_of_keras(samples: Path) -> None:
    runner = Runner(read_model(samples / "lenet_fashion.h5"))
    feeds = dict(feeds_for(runner.model, samples / "pictures" / "fashion_8_bag.png").arrays)
    # What is behind it only pools.
    assert attribute(runner, feeds, "grad_cam").layer == "conv2"
    # Its maps are made with channels first, and shown with channels last.
    before = runner.run(feeds, ["conv1"])["conv1"]
    settings = {"channel": 3, "action": "boost", "factor": 3}
    found = attribute(runner, feeds, "channel_surgery", layer="conv1", settings=settings)
    apart = np.linalg.norm(2 * before[..., 3]) / np.linalg.norm(before)
    assert found.further["changes"][0] == pytest.approx(apart)
    # Of its kernel muted, the bias is left.
    kernel = {"channel": 3, "kernel": "yes"}
    found = attribute(runner, feeds, "channel_surgery", layer="conv1", settings=kernel)
    (bias,) = (one.numpy()[3] for one in runner.model.layer_by_name["conv1"].weights if one.name == "bias")
    apart = np.linalg.norm(before[..., 3] - max(bias, 0)) / np.linalg.norm(before)
    assert found.further["changes"][0] == pytest.approx(apart)
    with pytest.raises(RequestError, match="no input channel 1: there are 1"):
        attribute(runner, feeds, "channel_surgery", layer="conv1", settings={"slice": 1})
    with pytest.raises(RequestError, match="'pool1' has no kernels"):
        attribute(runner, feeds, "channel_surgery", layer="pool1", settings=kernel)


def test_what_overflows_is_infinite(make: Callable[..., Model]) -> None:
    weight = np.full((2, 3), 1e25, np.float32)
    runner = Runner(make([make_node("MatMul", ["x", "w"], ["y"])], {"x": ["N", 2]}, ["y"], w=weight))
    found = attribute(runner, {"x": np.array([[1e25, 0]], np.float32)}, "gradient_x_input", target="1")
    assert found.array.tolist() == [[np.inf, 0]]


def test_words_are_explained_at_their_embedding(make: Callable[..., Model]) -> None:
    table = np.array([[0, 0], [1, 0], [0, 2], [3, 1]], np.float32)
    nodes = [
        make_node("Gather", ["table", "words"], ["embedded"], name="embedding"),
        make_node("ReduceMean", ["embedded"], ["mean"], axes=[1], keepdims=0),
        make_node("MatMul", ["mean", "w"], ["y"]),
    ]
    weights = {"table": table, "w": np.array([[1, 0], [-1, 4]], np.float32)}
    runner = Runner(make(nodes, {"words": (onnx.TensorProto.INT64, ["N", 4])}, ["y"], **weights))
    feeds = {"words": np.array([[1, 3, 0, 2]])}
    with pytest.raises(RequestError, match="Select a layer behind it, such as an embedding"):
        attribute(runner, feeds, "saliency")
    found = attribute(runner, feeds, "ranked_activations", layer="embedding", target=0)
    # A fourth of what each word's two numbers add and take away.
    assert found.array.tolist() == [0.25, 0.5, 0, -0.5]
