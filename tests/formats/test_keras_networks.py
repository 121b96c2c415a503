"""Whole networks against Keras: branches, shared layers, several ends, and what cannot run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats import keras_files
from tests.formats.keras_referee import (
    QUIET,
    TOLERANCE,
    check,
    difference,
    keras_outputs,
    noise_for,
    our_outputs,
    randomise,
)

pytestmark = QUIET

FORMATS = pytest.mark.parametrize("name", ["model.h5", "model.keras"])


@FORMATS
def test_shared_layers_branches_and_several_ends(name: str, tmp_path: Path) -> None:
    one, other = keras.Input((9, 12, 3), name="one"), keras.Input((9, 12, 3), name="other")
    meta = keras.Input((5,), name="meta")
    twin = k.Conv2D(4, 3, name="twin", activation="relu")
    normalise = k.BatchNormalization(name="normalise")
    left, right = normalise(twin(one)), normalise(twin(other))
    again = k.Conv2D(4, 3, padding="same", name="again")
    joined = k.Concatenate(name="joined")([again(again(left)), right, left])
    summary = k.GlobalAveragePooling2D(name="summary")(joined)
    both = k.Concatenate(name="both")([summary, meta])
    classes = k.Dense(3, activation="softmax", name="classes")(both)
    place = k.Dense(2, name="place")(both)
    model = keras.Model([one, meta, other], [place, classes, joined])
    randomise(model)
    opened = check(model, tmp_path / name)
    assert [port.value for port in opened.inputs] == ["one", "meta", "other"]
    assert [port.source for port in opened.outputs] == ["place", "classes", "joined"]
    assert [port.shape for port in opened.inputs] == [(None, 9, 12, 3), (None, 5), (None, 9, 12, 3)]
    second = opened.layer_by_name["again#2"]
    assert [port.source for port in second.inputs] == ["again"]
    assert [port.source for port in opened.layer_by_name["joined"].inputs] == [
        "again#2",
        "normalise#2",
        "normalise",
    ]
    # One kernel in memory for both calls.
    assert sum(value.name.startswith("again/kernel") for value in opened.ir.graph.initializers.values()) == 1


@FORMATS
def test_a_sequential_model_of_many_alike_layers(name: str, tmp_path: Path) -> None:
    """Eleven layers of one class: positions in the file are sorted as words there."""
    model = keras.Sequential([keras.Input((6, 7, 2), name="picture")])
    for at in range(11):
        model.add(k.Conv2D(3 + at % 2, 3, padding="same", name=f"step_{at}_of_11"))
    model.add(k.Flatten())
    model.add(k.Dropout(0.5))
    model.add(k.Dense(4, name="result"))
    randomise(model)
    opened = check(model, tmp_path / name)
    assert [layer.name for layer in opened.layers] == [layer.name for layer in model.layers]
    assert opened.producer == f"Keras {keras.__version__}"
    assert opened.format == {"h5": "keras-h5", "keras": "keras-zip"}[name.split(".")[1]]
    assert sum(layer.parameters for layer in opened.layers) == model.count_params()
    # Multiply-adds of the first layer by hand: 6·7 places, 3·3·2 inputs, 3 filters.
    assert opened.layers[0].macs == 6 * 7 * 3 * 3 * 2 * 3
    assert opened.layers[0].attributes["kernel_size"] == [3, 3]
    assert not any(key.endswith("initializer") for key in opened.layers[0].attributes)


@FORMATS
@pytest.mark.parametrize("kind", ["uint8", "float16", "int32"])
def test_inputs_of_other_types_are_converted_as_keras_does(kind: str, name: str, tmp_path: Path) -> None:
    source = keras.Input((6, 5, 3), dtype=kind, name="picture")
    scaled = k.Rescaling(1 / 127.5, offset=-1.0, name="scaled")(source)
    model = keras.Model(source, k.Conv2D(4, 3, name="conv")(scaled))
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    assert opened.inputs[0].dtype == kind
    picture = np.random.default_rng(0).integers(0, 256, (2, 6, 5, 3)).astype(kind)
    theirs, ours = keras_outputs(model, {"picture": picture}), our_outputs(opened, {"picture": picture})
    assert all(difference(ours[layer], theirs[layer]) <= TOLERANCE for layer in ("scaled", "conv"))


@keras.saving.register_keras_serializable("tests")
class Doubled(k.Layer):  # type: ignore[misc]
    """A layer nobody else knows, with weights of its own."""

    def build(self, shape: Any) -> None:
        self.first = self.add_weight(shape=(shape[-1],), name="first")
        self.second = self.add_weight(shape=(2, shape[-1]), name="second")

    def call(self, x: Any) -> Any:
        return x * self.first + self.second[0]


@FORMATS
def test_what_lies_before_an_unknown_layer_runs(name: str, tmp_path: Path) -> None:
    source = keras.Input((8, 9, 3), name="source")
    before = k.Conv2D(4, 3, name="before", activation="relu")(source)
    unknown = Doubled(name="unknown")(before)
    after = k.Conv2D(5, 3, name="after")(unknown)
    aside = k.MaxPooling2D(name="aside")(before)
    behind = k.Add(name="behind")([after, k.Conv2D(5, 3, name="beside")(before)])
    model = keras.Model(source, [behind, aside])
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    layers = opened.layer_by_name
    assert {layer.name for layer in opened.layers if not layer.runnable} == {"unknown", "after", "behind"}
    assert "class Doubled" in str(layers["unknown"].reason)
    assert "unknown" in str(layers["behind"].reason)
    assert any("unknown" in note and "Doubled" in note for note in opened.notes)
    assert any(note.startswith("2 layers") for note in opened.notes)
    # The graph is whole, and the weights are there, also of what cannot run.
    assert [port.source for port in layers["behind"].inputs] == ["after", "beside"]
    theirs = [np.asarray(weight) for weight in model.get_layer("unknown").weights]
    ours = [weight.numpy() for weight in layers["unknown"].weights]
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert np.array_equal(layers["after"].weights[0].numpy(), model.get_layer("after").weights[0])
    assert [weight.name for weight in layers["after"].weights] == ["kernel", "bias"]
    if name.endswith(".h5"):
        assert [weight.name for weight in layers["unknown"].weights] == ["first", "second"]
    assert [port.source for port in opened.outputs] == ["aside"]
    feeds = noise_for(model)
    wanted = keras_outputs(model, feeds)
    found = our_outputs(opened, feeds)
    assert set(found) == {"before", "aside", "beside"}
    assert all(difference(found[layer], wanted[layer]) <= TOLERANCE for layer in found)


@FORMATS
def test_no_code_of_a_lambda_layer_is_run(name: str, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    model = keras.Sequential([keras.Input((4,)), k.Dense(3, name="dense")])
    model.add(k.Lambda(lambda x, at=str(mark): (open(at, "w").close(), x)[1], output_shape=(3,), name="evil"))
    mark.unlink(missing_ok=True)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    assert not mark.exists()
    assert [layer.runnable for layer in opened.layers] == [True, False]
    assert "Lambda" in opened.notes[0]
    assert [port.source for port in opened.outputs] == ["dense"]


@FORMATS
def test_keras_3_predicts_without_the_training_mode_of_a_call(name: str, tmp_path: Path) -> None:
    source = keras.Input((5, 6, 3), name="source")
    # Keras writes the second one's default into the file.
    made = [k.Dropout(0.5, name="noisy")(source, training=True), k.RandomFlip(name="flipped")(source)]
    check(keras.Model(source, made), tmp_path / name)


def test_the_training_mode_of_a_call_in_keras_2_does_not_run(tmp_path: Path) -> None:
    source = keras_files.layer("InputLayer", "source", batch_input_shape=[None, 4], dtype="float32")
    noisy = keras_files.layer("Dropout", "noisy", rate=0.5)
    noisy["inbound_nodes"] = [[["source", 0, 0, {"training": True}]]]
    source["inbound_nodes"] = []
    config = {"name": "made", "layers": [source, noisy]}
    config |= {"input_layers": [["source", 0, 0]], "output_layers": [["noisy", 0, 0]]}
    path = keras_files.write_h5(
        tmp_path / "model.h5", {"class_name": "Functional", "config": config}, {"noisy": {}}
    )
    assert "training mode" in str(read_model(path).layer_by_name["noisy"].reason)


@FORMATS
def test_a_sequential_model_whose_input_is_only_implied(name: str, tmp_path: Path) -> None:
    model = keras.Sequential([k.Dense(3, name="one", use_bias=False)])
    model.build((None, 4))
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    (port,) = opened.inputs
    assert port.shape == (None, 4)
    x = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
    assert difference(our_outputs(opened, {port.value: x})["one"], np.asarray(model(x))) <= TOLERANCE


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_another_precision_is_computed_in_float32_and_said(policy: str, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((6, 5, 3), name="source"),
            k.Conv2D(4, 3, dtype=policy),
            k.BatchNormalization(dtype=policy),
        ]
    )
    randomise(model)
    model.save(tmp_path / "model.h5")
    opened = read_model(tmp_path / "model.h5")
    assert [policy in note for note in opened.notes] == [True]
    feeds = noise_for(model)
    theirs, ours = keras_outputs(model, feeds), our_outputs(opened, feeds)
    # Half precision has eleven bits.
    assert all(difference(ours[layer], theirs[layer]) <= 4e-3 for layer in theirs)


def rescaled(model: Any, feeds: dict[str, np.ndarray]) -> None:
    """Scale the weights layer by layer so that every layer's deviation lies around one."""

    def scaling(layer: Any) -> Any:
        if not isinstance(layer, (k.Conv2D, k.DepthwiseConv2D, k.Dense, k.BatchNormalization)):
            return layer

        def call(*args: Any, **keywords: Any) -> Any:
            deviation = float(np.asarray(layer(*args, **keywords)).std())
            weights = layer.get_weights()
            if isinstance(layer, k.BatchNormalization):
                weights[:2] = [weight / deviation for weight in weights[:2]]
            elif getattr(layer, "activation", None) is not keras.activations.softmax:
                weights = [weight / deviation for weight in weights]
            layer.set_weights(weights)
            return layer(*args, **keywords)

        return call

    # What was computed up to a layer does not change by what is scaled behind it.
    model._run_through_graph([feeds[name] for name in feeds], scaling)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (keras.applications.MobileNetV2, (96, 128, 3)),
        (keras.applications.ResNet50, (64, 96, 3)),
    ],
)
def test_networks_of_keras_applications(make: Any, shape: tuple[int, int, int], tmp_path: Path) -> None:
    model = make(weights=None, input_shape=shape, classes=20, classifier_activation=None)
    randomise(model)
    rescaled(model, noise_for(model))
    opened = check(model, tmp_path / "model.h5", spread=True)
    assert sum(layer.parameters for layer in opened.layers) == model.count_params()
