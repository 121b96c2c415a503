"""Models used as layers, to any depth, in the layouts of Keras 2 and 3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import QUIET, TOLERANCE, difference, our_outputs, randomise

pytestmark = QUIET

FORMATS = pytest.mark.parametrize("name", ["model.h5", "model.keras"])


def result(model: Any, path: Path, *inputs: np.ndarray) -> tuple[Any, list[np.ndarray], list[np.ndarray]]:
    """The opened file, what it gives, and what Keras gives."""
    randomise(model)
    model.save(path)
    opened = read_model(path)
    assert not opened.notes
    feeds = {port.value: x for port, x in zip(opened.inputs, inputs, strict=True)}
    ours = our_outputs(opened, feeds)
    theirs = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
    return (
        opened,
        [ours[str(port.source)] for port in opened.outputs],
        [np.asarray(one) for one in keras.tree.flatten(theirs)],
    )


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    return len(ours) == len(theirs) and all(
        difference(one, other) <= TOLERANCE for one, other in zip(ours, theirs, strict=True)
    )


def tower(depth: int) -> Any:
    """A Sequential model that holds a smaller one of its kind; trained and other weights on each level."""
    layers = [k.Dense(4 + depth, name="dense"), k.BatchNormalization(name="norm")]
    if depth:
        layers.insert(1, tower(depth - 1))
    return keras.Sequential(layers, name=f"level{depth}")


@FORMATS
def test_sequential_models_four_deep(name: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6,), name="source"), tower(3), k.Dense(2, name="last")])
    opened, ours, theirs = result(model, tmp_path / name, noise(3, 6))
    assert same(ours, theirs)
    deepest = opened.layer_by_name["level3/level2/level1/level0/dense"]
    assert deepest.block == "level3/level2/level1/level0"
    assert [weight.name for weight in deepest.weights] == ["kernel", "bias"]
    assert [one.name for one in opened.layers][:2] == ["level3/dense", "level3/level2/dense"]
    assert sum(one.parameters for one in opened.layers) == model.count_params()


@FORMATS
def test_a_functional_model_called_twice_with_several_inputs_and_outputs(name: str, tmp_path: Path) -> None:
    left, right = keras.Input((5,), name="left"), keras.Input((3,), name="right")
    joined = k.Concatenate(name="join")([right, k.Dense(4, name="own")(left)])
    inner = keras.Model(
        [left, right], [k.Dense(3, name="one")(joined), k.Dense(5, name="two")(joined)], name="pair"
    )
    a, b = keras.Input((5,), name="a"), keras.Input((3,), name="b")
    first, second = inner([a, b])
    third, fourth = inner([second, first])
    # The order and the choice of the results tell the two calls apart.
    model = keras.Model([a, b], [fourth, k.Dense(2, name="end")(third), second])
    opened, ours, theirs = result(model, tmp_path / name, noise(2, 5), noise(2, 3))
    assert same(ours, theirs)
    assert [str(port.source) for port in opened.outputs] == ["pair#2/two", "end", "pair/two"]
    assert {one.block for one in opened.layers} == {"", "pair", "pair#2"}


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict:UserWarning")
@FORMATS
def test_inputs_given_by_name(name: str, tmp_path: Path) -> None:
    def pair() -> dict[str, Any]:
        return {"second": keras.Input((3,), name="y"), "first": keras.Input((5,), name="x")}

    inside = pair()
    inner = keras.Model(
        inside,
        k.Concatenate(name="join")([k.Dense(2, name="dx")(inside["first"]), inside["second"]]),
        name="named",
    )
    a, b = keras.Input((5,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], inner({"first": a, "second": b}))
    _, ours, theirs = result(model, tmp_path / name, noise(2, 5), noise(2, 3))
    assert same(ours, theirs)


@FORMATS
def test_a_model_in_the_middle_of_a_sequence_whose_input_is_only_implied(name: str, tmp_path: Path) -> None:
    inner = keras.Sequential([k.Conv2D(3, 2, name="c"), k.MaxPooling2D(name="p")], name="inner")
    model = keras.Sequential([k.Conv2D(4, 3, name="c"), inner, k.Flatten(name="flat"), k.Dense(2, name="d")])
    model.build((None, 9, 11, 2))
    opened, ours, theirs = result(model, tmp_path / name, noise(2, 9, 11, 2))
    assert same(ours, theirs)
    assert [one.name for one in opened.layers] == ["c", "inner/c", "inner/p", "flat", "d"]


def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    return layer("Dense", name, units=units, activation="linear", use_bias=True, **more)


def inner_model() -> dict[str, Any]:
    source = layer("InputLayer", "input_1", batch_input_shape=[None, 3], dtype="float32") | {
        "inbound_nodes": []
    }
    one = dense("one", 3) | {"inbound_nodes": [[["input_1", 0, 0, {}]]]}
    config = {"name": "inner", "layers": [source, one], "input_layers": [["input_1", 0, 0]]}
    return {
        "class_name": "Model",
        "name": "inner",
        "config": config | {"output_layers": [["one", 0, 0]]},
    }


def inner_sequence() -> dict[str, Any]:
    made = sequential(dense("one", 3, batch_input_shape=[None, 3]))
    made["config"]["name"] = "inner"
    return made | {"name": "inner"}


@pytest.mark.parametrize("inner", [inner_model, inner_sequence])
def test_keras_2_counts_what_a_model_gave_before_it_was_called(inner: Any, tmp_path: Path) -> None:
    """The first call is number 1 there: number 0 linked the model's own input to its output."""
    source = layer("InputLayer", "x", batch_input_shape=[None, 3], dtype="float32") | {"inbound_nodes": []}
    used = inner() | {"inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]]}
    total = layer("Add", "total") | {"inbound_nodes": [[["inner", 2, 0, {}], ["x", 0, 0, {}]]]}
    config = {
        "class_name": "Model",
        "config": {
            "name": "outer",
            "layers": [source, used, total],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["total", 0, 0], ["inner", 1, 0]],
        },
    }
    kernel, bias = noise(3, 3), noise(3)
    path = write_h5(tmp_path / "model.h5", config, {"inner": {"one/kernel": kernel, "one/bias": bias}})
    # Keras 2 names the tensors of a model inside after the inner layers alone.
    with h5py.File(path, "a") as file:
        group = file["model_weights/inner"]
        for key in ("kernel", "bias"):
            group.move(f"inner/one/{key}:0", f"one_1/one/{key}:0")
        group.attrs["weight_names"] = [b"one_1/one/kernel:0", b"one_1/one/bias:0"]
    opened = read_model(path)
    assert not opened.notes
    x = noise(2, 3)
    ours = our_outputs(opened, {"x": x})
    once = x @ kernel + bias
    np.testing.assert_allclose(ours["inner/one"], once, rtol=1e-5)
    np.testing.assert_allclose(ours["total"], once @ kernel + bias + x, rtol=1e-5)
    assert [port.value for port in opened.outputs] == ["total", "inner/one"]


def test_keras_2_lists_what_is_trained_first(tmp_path: Path) -> None:
    """So the tensors of one inner layer do not lie together."""
    norm = layer("BatchNormalization", "norm", axis=-1, epsilon=0.001, center=True, scale=True)
    inner = sequential(norm, dense("one", 2))
    inner["config"]["name"] = "inner"
    source = layer("InputLayer", "x", batch_input_shape=[None, 3], dtype="float32")
    config = sequential(source, inner)
    values = {
        "norm/gamma": noise(3),
        "norm/beta": noise(3) + 1,
        "one/kernel": noise(3, 2),
        "one/bias": noise(2),
        "norm/moving_mean": noise(3) - 1,
        "norm/moving_variance": np.abs(noise(3)) + 0.5,
    }
    path = write_h5(tmp_path / "model.h5", json.dumps(config), {"inner": values})
    opened = read_model(path)
    assert not opened.notes
    x = noise(4, 3)
    scaled = (x - values["norm/moving_mean"]) / np.sqrt(values["norm/moving_variance"] + 0.001)
    expected = (scaled * values["norm/gamma"] + values["norm/beta"]) @ values["one/kernel"] + values[
        "one/bias"
    ]
    np.testing.assert_allclose(our_outputs(opened, {"x": x})["inner/one"], expected, rtol=1e-5)


def test_a_model_called_with_too_few_inputs_is_refused(tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_input_shape=[None, 3], dtype="float32") | {"inbound_nodes": []}
    used = inner_model()
    used["config"]["input_layers"] = [["input_1", 0, 0], ["input_1", 0, 0]]
    used |= {"inbound_nodes": [[["x", 0, 0, {}]]]}
    config = {
        "class_name": "Model",
        "config": {
            "name": "outer",
            "layers": [source, used],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["inner", 1, 0]],
        },
    }
    write_h5(tmp_path / "model.h5", config, {})
    with pytest.raises(ModelError, match="'inner' with 1 inputs, but it takes 2"):
        read_model(tmp_path / "model.h5")


def test_an_unknown_layer_inside_stops_only_what_lies_behind(tmp_path: Path) -> None:
    inner = sequential(dense("one", 2), layer("Lambda", "own", function="AAAA"), dense("two", 2))
    inner["config"]["name"] = "inner"
    source = layer("InputLayer", "x", batch_input_shape=[None, 3], dtype="float32")
    weights = {
        "inner": {
            "one/kernel": noise(3, 2),
            "one/bias": noise(2),
            "two/kernel": noise(2, 2),
            "two/bias": noise(2),
        }
    }
    opened = read_model(write_h5(tmp_path / "model.h5", sequential(source, inner, dense("end", 2)), weights))
    assert [one.runnable for one in opened.layers] == [True, False, False, False]
    assert "inner/own" in str(opened.layer_by_name["end"].reason)
