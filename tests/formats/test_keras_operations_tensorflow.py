"""What Keras 2 stores of TensorFlow's functions and operators, against TensorFlow itself."""

from __future__ import annotations

import base64
import inspect
import operator
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import node_def_pb2

from explorer3d.formats import read_model
from explorer3d.formats.keras.operations.tensorflow import TENSORFLOW_FUNCTIONS
from explorer3d.formats.keras.operations.tensorflow_nodes import TENSORFLOW_NODES
from tests.formats import keras_files
from tests.formats.keras_operations import run
from tests.formats.keras_referee import QUIET, TOLERANCE, difference
from tests.formats.tensorflow_calls import FUNCTIONS, NODES, VALUES, Given, X

pytestmark = QUIET


def _plain(value: Any) -> Any:
    """As TensorFlow takes it."""
    if isinstance(value, Given):
        return tf.constant(value.value)
    if isinstance(value, list) and any(isinstance(one, Given) for one in value):
        return [_plain(one) for one in value]
    if isinstance(value, list) and np.asarray(value).dtype.kind == "f":
        return np.array(value, "float32")
    return value


def _stored(value: Any) -> Any:
    """As a file of Keras 2 has it."""
    if isinstance(value, Given):
        return [value.name, 0, 0]
    return [_stored(one) for one in value] if isinstance(value, list) else value


def _first(value: Any, keywords: dict[str, Any]) -> Any:
    if isinstance(value, Given):
        return [value.name, 0, 0, keywords]
    if isinstance(value, list) and any(isinstance(one, Given) for one in value):
        return [_first(one, keywords) for one in value]
    return ["_CONSTANT_VALUE", -1, value, keywords]


def _called(name: str, first: Any, keywords: dict[str, Any]) -> Any:
    """What TensorFlow gives."""
    if name.startswith("__operators__"):
        function = {"add": operator.add, "eq": tf.equal, "ne": tf.not_equal}[name.rpartition(".")[2]]
        return function(_plain(first), _plain(keywords.get("y", keywords.get("other"))))
    module = tf.keras.backend if name.startswith("keras.backend.") else tf
    function = reduce(getattr, name.removeprefix("keras.backend.").split("."), module)
    given = {key: _plain(value) for key, value in keywords.items()}
    return function(_plain(first), **given)


def _model(layers: list[dict[str, Any]], outputs: list[list[Any]], path: Path) -> Any:
    """Layers after inputs with all values, and after one that gives a size of x."""
    inputs = [
        keras_files.layer(
            "InputLayer", name, batch_input_shape=[None, *value.shape[1:]], dtype=str(value.dtype)
        )
        | {"inbound_nodes": []}
        for name, value in VALUES.items()
        if name != "size"
    ]
    shape = keras_files.layer("TFOpLambda", "shape", dtype="float32", function="compat.v1.shape")
    size = keras_files.layer("SlicingOpLambda", "size", dtype="float32", function="__operators__.getitem")
    shape["inbound_nodes"] = [["x", 0, 0, {"name": None, "out_type": "int32"}]]
    size["inbound_nodes"] = [["shape", 0, 0, {"slice_spec": 2}]]
    config = {
        "class_name": "Functional",
        "config": {
            "name": "hand_made",
            "layers": [*inputs, shape, size, *layers],
            "input_layers": [[entry["name"], 0, 0] for entry in inputs],
            "output_layers": outputs,
        },
    }
    return read_model(keras_files.write_h5(path, config, {}, version="2.11.0"))


def _compare(opened: Any, expected: dict[tuple[str, int], np.ndarray], about: dict[str, Any]) -> None:
    assert not opened.notes
    ports = {place: opened.layer_by_name[place[0]].outputs[place[1]] for place in expected}
    feeds = {port.value: VALUES[port.value] for port in opened.inputs}
    found = run(opened, [port.value for port in ports.values()], feeds)
    wrong = []
    for place, theirs in expected.items():
        ours, port = found[ports[place].value], ports[place]
        finite = np.isfinite(theirs) if theirs.dtype.kind == "f" else np.ones(theirs.shape, bool)
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape or str(theirs.dtype) != port.dtype:
            wrong.append((about[place[0]], ours.dtype, ours.shape, theirs.dtype, theirs.shape))
        elif not np.array_equal(ours[~finite], theirs[~finite], equal_nan=True):
            wrong.append((about[place[0]], "not finite"))
        elif finite.any() and not difference(ours[finite], theirs[finite]) <= TOLERANCE:
            wrong.append((about[place[0]], difference(ours[finite], theirs[finite])))
    assert not wrong, wrong


def test_functions(tmp_path: Path) -> None:
    layers, outputs, expected, about = [], [], {}, {}
    for at, (function, first, keywords) in enumerate(FUNCTIONS):
        name = f"call_{at}"
        entry = keras_files.layer("TFOpLambda", name, dtype="float32", function=function)
        stored = {key: _stored(value) for key, value in keywords.items()}
        node = _first(first, stored)
        # A list of tensors stands in a node of its own.
        entry["inbound_nodes"] = [node]
        layers.append(entry)
        about[name] = (function, first, sorted(keywords))
        for place, result in enumerate(tf.nest.flatten(_called(function, first, keywords))):
            expected[name, place] = np.asarray(result)
            outputs.append([name, 0, place])
    opened = _model(layers, outputs, tmp_path / "functions.h5")
    _compare(opened, expected, about)
    assert opened.layer_by_name["call_0"].op == "tf.__operators__.add"
    assert opened.layer_by_name["call_1"].attributes == {"argument 1": 2.5}


def test_every_function_is_tried() -> None:
    words = {function.rpartition(".")[2] for function, _, _ in FUNCTIONS}
    assert set(TENSORFLOW_FUNCTIONS) - words == {"getitem"}


_TYPED = ("DstT", "output_type", "out_type")
_TYPES = {"int32": "DT_INT32", "int64": "DT_INT64", "float32": "DT_FLOAT"}


def _attribute(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": value}
    if isinstance(value, list):
        return {"list": {"i": [str(one) for one in value]} if value else {}}
    if key in _TYPED:
        return {"type": _TYPES[value]}
    return {"s": base64.b64encode(value.encode()).decode()}


def _nodes() -> tuple[
    list[dict[str, Any]], list[list[Any]], dict[tuple[str, int], np.ndarray], dict[str, Any]
]:
    layers: list[dict[str, Any]] = []
    outputs: list[list[Any]] = []
    expected: dict[tuple[str, int], np.ndarray] = {}
    about: dict[str, Any] = {}
    for at, (operator_name, inputs, attributes) in enumerate(NODES):
        flat = [one for given in inputs for one in (given if _holds_tensors(given) else [given])]
        constants = {str(place): one for place, one in enumerate(flat) if not isinstance(one, Given)}
        definition = {
            "name": "node",
            "op": operator_name,
            "input": ["ignored"] * len(flat),
            "attr": {key: _attribute(key, value) for key, value in attributes.items()}
            | {"T": {"type": "DT_FLOAT"}},
        }
        name = f"tf_op_layer_{at}"
        entry = keras_files.layer(
            "TensorFlowOpLayer", str(at), dtype="float32", node_def=definition, constants=constants
        )
        entry["name"] = name
        entry["inbound_nodes"] = [[[one.name, 0, 0, {}] for one in flat if isinstance(one, Given)]]
        layers.append(entry)
        about[name] = (operator_name, attributes)
        for place, result in enumerate(tf.nest.flatten(_raw(operator_name, inputs, attributes))):
            if operator_name in ONE_RESULT and place:
                break
            expected[name, place] = np.asarray(result)
            outputs.append([name, 0, place])
    return layers, outputs, expected, about


# The others serve training.
ONE_RESULT = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "SoftmaxCrossEntropyWithLogits")


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, Given) for one in value)


def _raw(operator_name: str, inputs: list[Any], attributes: dict[str, Any]) -> Any:
    function = getattr(tf.raw_ops, operator_name)
    names = list(inspect.signature(function).parameters)[: len(inputs)]
    given = {name: _plain(value) for name, value in zip(names, inputs, strict=True)}
    # What a file calls squeeze_dims is the axis here.
    kinds = {
        "axis" if key == "squeeze_dims" else key: tf.as_dtype(value) if key in _TYPED else value
        for key, value in attributes.items()
    }
    return function(**given, **kinds)


def test_nodes(tmp_path: Path) -> None:
    layers, outputs, expected, about = _nodes()
    opened = _model(layers, outputs, tmp_path / "nodes.h5")
    _compare(opened, expected, about)
    assert opened.layer_by_name["tf_op_layer_0"].op == "Abs"


def test_nodes_as_messages(tmp_path: Path) -> None:
    """TensorFlow 2.0 wrote the node itself, as far as its bytes make a text."""
    layers, _, expected, about = _nodes()
    kept, outputs = [], []
    for entry in layers:
        message = json_format.ParseDict(
            entry["config"]["node_def"], node_def_pb2.NodeDef()
        ).SerializeToString()
        try:
            entry["config"]["node_def"] = message.decode()
        except UnicodeDecodeError:
            continue
        kept.append(entry)
        outputs += [[name, 0, place] for name, place in expected if name == entry["name"]]
    assert len(kept) > 100
    names = {entry["name"] for entry in kept}
    opened = _model(kept, outputs, tmp_path / "messages.h5")
    _compare(opened, {place: value for place, value in expected.items() if place[0] in names}, about)


def test_every_operator_is_tried() -> None:
    assert set(TENSORFLOW_NODES) == {name for name, _, _ in NODES}


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (0, np.s_[0]),
        ([{"start": None, "stop": None, "step": None}, 0], np.s_[:, 0]),
        ([{"class_name": "__ellipsis__"}, {"start": 1, "stop": 3, "step": None}], np.s_[..., 1:3]),
        (
            [{"start": None, "stop": None, "step": None}, None, {"start": None, "stop": None, "step": 2}],
            np.s_[:, None, ::2],
        ),
        (
            [{"start": None, "stop": None, "step": None}, {"start": 2, "stop": 0, "step": -1}],
            np.s_[:, 2:0:-1],
        ),
        (
            [{"start": None, "stop": None, "step": None}, {"start": 1, "stop": ["size", 0, 0], "step": None}],
            np.s_[:, 1:6],
        ),
        ([{"start": -2, "stop": None, "step": None}], np.s_[-2:]),
    ],
)
def test_slices(spec: Any, key: Any, tmp_path: Path) -> None:
    entry = keras_files.layer("SlicingOpLambda", "cut", dtype="float32", function="__operators__.getitem")
    entry["inbound_nodes"] = [["x", 0, 0, {"slice_spec": spec}]]
    opened = _model([entry], [["cut", 0, 0]], tmp_path / "slices.h5")
    _compare(opened, {("cut", 0): VALUES["x"][key]}, {"cut": spec})


def _chain(*calls: tuple[str, str, Any, dict[str, Any]]) -> list[dict[str, Any]]:
    entries = []
    for name, function, first, keywords in calls:
        kind = "SlicingOpLambda" if function.endswith("getitem") else "TFOpLambda"
        entry = keras_files.layer(kind, name, dtype="float32", function=function)
        entry["inbound_nodes"] = [_first(first, {key: _stored(value) for key, value in keywords.items()})]
        entries.append(entry)
    return entries


def test_shapes_out_of_a_shape(tmp_path: Path) -> None:
    """As in ``tf.reshape(x, [tf.shape(x)[0], -1, heads, size])``: sizes are known where they can be."""
    layers = _chain(
        ("rows", "__operators__.getitem", Given("shape"), {"slice_spec": 0}),
        ("steps", "__operators__.getitem", Given("shape"), {"slice_spec": 1}),
        ("heads", "reshape", X, {"shape": [Given("rows"), -1, 2, 3]}),
        ("turned", "compat.v1.transpose", Given("heads"), {"perm": [0, 2, 1, 3]}),
        ("flat", "math.multiply", Given("rows"), {"y": Given("steps")}),
        ("all_rows", "reshape", X, {"shape": [Given("flat"), 6]}),
        ("packed", "stack", [Given("rows"), Given("size"), Given("steps")], {"axis": 0}),
        ("swapped", "reshape", X, {"shape": Given("packed")}),
        (
            "head",
            "__operators__.getitem",
            Given("shape"),
            {"slice_spec": {"start": None, "stop": 1, "step": None}},
        ),
        ("sizes", "concat", [Given("head"), [8, 3]], {"axis": 0}),
        ("other", "reshape", X, {"shape": Given("sizes")}),
    )
    x = VALUES["x"]
    expected = {
        ("turned", 0): x.reshape(3, 4, 2, 3).transpose(0, 2, 1, 3),
        ("all_rows", 0): x.reshape(12, 6),
        ("swapped", 0): x.reshape(3, 6, 4),
        ("other", 0): x.reshape(3, 8, 3),
    }
    opened = _model(layers, [[name, 0, 0] for name, _ in expected], tmp_path / "chain.h5")
    _compare(opened, expected, dict.fromkeys(name for name, _ in expected))
    shapes = {name: opened.layer_by_name[name].outputs[0].shape for name, _ in expected}
    assert shapes["turned"][1:] == (2, 4, 3)
    assert shapes["swapped"][1:] == (6, 4)
    assert shapes["other"][1:] == (8, 3)


@pytest.mark.parametrize(
    ("function", "keywords", "reason"),
    [
        ("random.normal", {}, "the function tf.random.normal is not known here"),
        ("strings.split", {}, "the function tf.strings.split is not known here"),
        ("boolean_mask", {"mask": [True]}, "the function tf.boolean_mask is not known here"),
        ("where", {}, "how many numbers it gives depends on its input"),
        ("reshape", {"shape": [7, -1, -1]}, "its shape [7, -1, -1] is not valid"),
        ("reshape", {"shape": "wide"}, "its setting newshape is not a whole number"),
        ("tile", {"multiples": [1 << 40, 1, 1]}, "its setting repeats is not a whole number"),
        ("gather", {"indices": [[]], "axis": 9}, "its axis 9 does not exist in an input of rank 3"),
    ],
)
def test_what_cannot_run_says_why(
    function: str, keywords: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    opened = _model(_chain(("made", function, X, keywords)), [["made", 0, 0]], tmp_path / "hostile.h5")
    assert opened.notes == (f"Layer made cannot run: {reason}.",)
    assert opened.layer_by_name["shape"].runnable


@pytest.mark.parametrize(
    "definition",
    [
        None,
        7,
        "",
        "\x12",
        {"op": "AddV2", "attr": {"T": 3}},
        {"attr": {}},
        "\x12\x7fshort",
        {"op": "AddV2", "attr": []},
    ],
)
def test_damaged_nodes(definition: Any, tmp_path: Path) -> None:
    entry = keras_files.layer("TensorFlowOpLayer", "broken", node_def=definition, constants={"1": 2.0})
    entry["inbound_nodes"] = [[["x", 0, 0, {}]]]
    opened = _model([entry], [["broken", 0, 0]], tmp_path / "broken.h5")
    assert opened.notes == ("Layer broken cannot run: its node_def is damaged.",)
