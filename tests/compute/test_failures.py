"""onnxruntime's errors in a person's words. The errors are real ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx import TensorProto
from onnx.helper import make_node

from explorer3d.compute.failures import explain
from explorer3d.compute.runner import Runner
from explorer3d.errors import RunError
from explorer3d.graph.model import Model

Make = Callable[..., Model]


def _message(model: Model, **feeds: np.ndarray) -> str:
    with pytest.raises(RunError) as caught:
        Runner(model).run(feeds, [port.value for port in model.outputs])
    text = str(caught.value)
    assert "ONNXRuntimeError" not in text
    assert ".cc:" not in text
    assert ".h:" not in text
    assert "\n" not in text
    return text


def test_operator_of_no_opset(make: Make) -> None:
    model = make([make_node("Nonesuch", ["x"], ["y"], name="odd")], {"x": [1]}, ["y"])
    assert _message(model, x=np.zeros(1, np.float32)) == (
        "The layer 'odd' (Nonesuch) cannot run: onnxruntime knows no operator Nonesuch in opset 17."
    )


def test_unnamed_node_has_its_layers_name(make: Make) -> None:
    model = make([make_node("Relu", ["x"], ["r"]), make_node("Nonesuch", ["r"], ["y"])], {"x": [1]}, ["y"])
    assert "'Nonesuch_1' (Nonesuch)" in _message(model, x=np.zeros(1, np.float32))


def test_operator_of_an_unknown_domain(make: Make) -> None:
    node = make_node("Magic", ["x"], ["y"], name="odd", domain="my.own")
    model = make([node], {"x": [1]}, ["y"], domains=["my.own"])
    assert _message(model, x=np.zeros(1, np.float32)) == (
        "The layer 'odd' (Magic) cannot run: the operator Magic of the domain 'my.own' is an extension "
        "that onnxruntime does not have."
    )


def test_failure_while_running(make: Make) -> None:
    node = make_node("Reshape", ["x", "shape"], ["y"], name="resh")
    model = make([node], {"x": ["N", 4], "shape": (TensorProto.INT64, ["k"])}, ["y"])
    text = _message(model, x=np.zeros((3, 4), np.float32), shape=np.array([7, 7]))
    assert text.startswith("The layer 'resh' (Reshape) failed: ")
    assert "{3,4}" in text
    assert "{7,7}" in text


def test_type_an_operator_does_not_take(make: Make) -> None:
    node = make_node("Conv", ["x", "w"], ["y"], name="c")
    kind = TensorProto.INT16
    model = make([node], {"x": (kind, [1, 1, 4, 4]), "w": (kind, [1, 1, 2, 2])}, ["y"])
    text = _message(model, x=np.zeros((1, 1, 4, 4), np.int16), w=np.zeros((1, 1, 2, 2), np.int16))
    assert text.startswith("The layer 'c' (Conv) cannot run: ")


def test_newer_opset_and_format(make: Make) -> None:
    zeros = np.zeros(1, np.float32)
    text = _message(make([make_node("Relu", ["x"], ["y"])], {"x": [1]}, ["y"], opset=999), x=zeros)
    assert "opset 999" in text
    text = _message(make([make_node("Relu", ["x"], ["y"])], {"x": [1]}, ["y"], ir_version=99), x=zeros)
    assert "version 99 of the ONNX format" in text


def test_anything_else_is_passed_on_in_one_line(make: Make) -> None:
    model = make([make_node("Relu", ["x"], ["y"])], {"x": [1]}, ["y"])
    error = explain(RuntimeError("[ONNXRuntimeError] : 1 : FAIL : some\nthing\n  odd."), model)
    assert str(error) == "onnxruntime cannot run m.onnx: some thing odd."


def test_locale_that_is_not_there(make: Make) -> None:
    nodes = [
        make_node("Identity", ["x"], ["i"], name="before"),
        make_node("StringNormalizer", ["i"], ["y"], name="norm", locale="qq_QQ.UTF-8", stopwords=["a"]),
    ]
    model = make(nodes, {"x": (TensorProto.STRING, [2])}, ["y"])
    words = np.array(["a", "b"], object)
    assert _message(model, x=words) == (
        "The layer 'norm' (StringNormalizer) cannot run: it compares texts by the rules of the locale "
        "'qq_QQ.UTF-8', which this system does not have. Install that locale and start again."
    )
    assert Runner(model).attempt({"x": words}, ["i", "y"]).arrays["i"].tolist() == ["a", "b"]


def test_places_in_onnxruntimes_source_are_left_out(make: Make) -> None:
    """Which calls it passes through depends on how it was built, so its text is a recorded one."""
    model = make([make_node("Relu", ["x"], ["y"])], {"x": [1]}, ["y"])
    error = RuntimeError(
        "[ONNXRuntimeError] : 1 : FAIL : Exception during initialization: /onnxruntime_src/onnxruntime/core/"
        "providers/cpu/text/string_normalizer.cc:235 onnxruntime::StringNormalizer::Locale::Locale(const "
        "std::string&)::<lambda()> Something failed"
    )
    assert str(explain(error, model)) == (
        "onnxruntime cannot run m.onnx: Exception during initialization: Something failed."
    )


def test_attribute_an_operator_does_not_have(make: Make) -> None:
    node = make_node("LabelEncoder", ["x"], ["y"], name="e", domain="ai.onnx.ml", keys_int64s=[1])
    model = make([node], {"x": (TensorProto.INT64, [1])}, ["y"], domains=["ai.onnx.ml"])
    assert _message(model, x=np.zeros(1, np.int64)) == (
        "The layer 'e' (LabelEncoder) cannot run: "
        "Unrecognized attribute: keys_int64s for operator LabelEncoder."
    )
