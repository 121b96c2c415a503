"""Recurrent layers in networks against Keras: masks, states, long sequences, both roads to ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx_ir as ir
import pytest
from keras import layers as k

from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
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


def operators(model: Model, layer: str) -> set[str]:
    """What a layer became, without what only turns axes."""
    nodes = {node.op_type for node in model.ir.graph if (node.name or "").startswith(f"{layer}/")}
    return nodes & {"LSTM", "GRU", "RNN", "Scan"}


@FORMATS
def test_an_encoder_hands_its_states_to_a_decoder(name: str, tmp_path: Path) -> None:
    words, answer = keras.Input((None,), dtype="int32", name="words"), keras.Input((None, 4), name="answer")
    vectors = k.Embedding(7, 5, mask_zero=True, name="vectors")(words)
    read, *forward = k.Bidirectional(k.LSTM(3, return_sequences=True, return_state=True), name="reader")(
        vectors
    )
    _, *state = k.GRU(6, return_state=True, reset_after=False, name="summary")(read)
    start = [k.Concatenate(name="output")(forward[0::2]), k.Concatenate(name="carry")(forward[1::2])]
    said = k.LSTM(6, return_sequences=True, name="writer")(answer, initial_state=start)
    said = k.GRU(6, return_sequences=True, name="again")(said, initial_state=state)
    scores = k.TimeDistributed(k.Dense(7, activation="softmax"), name="scores")(said)
    model = keras.Model([words, answer], scores)
    randomise(model)
    opened = check(model, tmp_path / name)
    assert operators(opened, "reader") == operators(opened, "summary") == {"Scan"}
    assert operators(opened, "writer") == {"LSTM"}
    assert operators(opened, "again") == {"GRU"}


@FORMATS
@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("kind", ["GRU", "LSTM", "SimpleRNN"])
def test_a_mask_beside_states(kind: str, both_ways: bool, name: str, tmp_path: Path) -> None:
    """Keras 3 forgets the mask of a sequence where it is called with states, but not behind that."""
    words = keras.Input((6,), dtype="int32", name="words")
    count = (2 if kind == "LSTM" else 1) * (2 if both_ways else 1)
    start = [keras.Input((5,), name=f"start_{at}") for at in range(count)]
    layer = getattr(k, kind)(5, return_sequences=True)
    reader = k.Bidirectional(layer) if both_ways else layer
    x = k.Embedding(7, 4, mask_zero=True)(words)
    read = reader(x, initial_state=start)
    behind = k.GRU(3, return_sequences=True)(read)
    every = keras.Input((6,), dtype="bool", name="every")
    told = reader(x, initial_state=start, mask=every)
    model = keras.Model([words, every, *start], [behind, told])
    randomise(model)
    check(model, tmp_path / name)


@FORMATS
def test_a_mask_goes_as_far_as_in_keras(name: str, tmp_path: Path) -> None:
    """Padding at the end, in front, in between, everywhere and nowhere."""
    model = keras.Sequential(
        [
            keras.Input((6, 3), name="source"),
            k.Masking(2.0, name="masking"),
            k.Dropout(0.1),
            k.LSTM(4, return_sequences=True, go_backwards=True, name="first"),
            k.Dense(5, activation="tanh"),
            k.Bidirectional(k.SimpleRNN(3, return_sequences=True), merge_mode="sum", name="second"),
            k.TimeDistributed(k.Dense(4), name="steps"),
            k.GRU(4, name="third"),
            k.Dense(2, name="result"),
        ]
    )
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    x = np.random.default_rng(1).normal(size=(6, 6, 3)).astype(np.float32)
    for row, hidden in enumerate(([4, 5], [0, 1], [2, 4], range(6), [], [0, 1, 2, 3, 5])):
        x[row, list(hidden)] = 2.0
    x[4, 3, 1] = 2.0
    feeds = {"source": x}
    theirs, ours = keras_outputs(model, feeds), our_outputs(opened, feeds)
    for layer in model.layers:
        assert difference(ours[layer.name], theirs[layer.name]) <= TOLERANCE, layer.name
    # The mask changes the result at all.
    unmasked = model.get_layer("third")(theirs["steps"])
    assert difference(ours["third"], np.asarray(unmasked)) > 0.01


def long(kind: str, **settings: Any) -> Any:
    source, mask = keras.Input((50, 8), name="source"), keras.Input((50,), dtype="bool", name="mask")
    layer = getattr(k, kind)(16, return_sequences=True, return_state=True, **settings)
    plain, *states = layer(source)
    masked, *others = layer(source, mask=mask)
    return keras.Model([source, mask], [k.Identity()(one) for one in (plain, masked, *states, *others)])


@pytest.mark.parametrize(
    "model",
    [
        long("LSTM"),
        long("LSTM", recurrent_activation="hard_sigmoid", activation="softsign"),
        long("LSTM", activation="gelu"),
        long("GRU"),
        long("GRU", reset_after=False, activation="relu"),
        long("SimpleRNN"),
        long("SimpleRNN", activation="silu"),
    ],
)  # fmt: skip
def test_errors_do_not_grow_over_fifty_steps(model: Any, tmp_path: Path) -> None:
    randomise(model)
    model.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras")
    feeds = noise_for(model, batch=3)
    theirs, ours = keras_outputs(model, feeds), our_outputs(opened, feeds)
    assert all(difference(ours[layer], theirs[layer]) <= 1e-5 for layer in theirs)


@pytest.mark.parametrize("settings", [{}, {"go_backwards": True}, {"use_bias": False}])
@pytest.mark.parametrize(
    "activation", ["tanh", "relu", "hard_sigmoid", "linear", "elu", "softplus", "leaky_relu"]
)
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_both_roads_lead_to_the_same_place(
    kind: str, activation: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    """ONNX' operator without a mask, a loop over steps with one that hides nothing."""
    x = keras.Input((None, 3), name="x")
    every = keras.Input((None,), dtype="bool", name="every")
    start = [keras.Input((4,), name=f"start_{at}") for at in range(2 if kind == "LSTM" else 1)]
    gates = {} if kind == "SimpleRNN" else {"recurrent_activation": "softsign"}
    layer = getattr(k, kind)(
        4, activation=activation, return_sequences=True, return_state=True, **gates, **settings
    )
    fast, slow = layer(x, initial_state=start), layer(x, mask=every, initial_state=start)
    names = [f"{road}_{at}" for road in ("fast", "slow") for at in range(len(fast))]
    ends = [k.Identity(name=name)(one) for name, one in zip(names, (*fast, *slow), strict=True)]
    model = keras.Model([x, every, *start], ends)
    randomise(model)
    model.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras")
    feeds = noise_for(model)
    feeds["every"][:] = True
    results = our_outputs(opened, feeds)
    assert operators(opened, layer.name) == {"RNN" if kind == "SimpleRNN" else kind}
    assert operators(opened, f"{layer.name}#2") == {"Scan"}
    for at in range(len(fast)):
        assert difference(results[f"fast_{at}"], results[f"slow_{at}"]) <= 1e-5


def test_a_loop_can_be_looked_into_run_and_cut(tmp_path: Path) -> None:
    """Its weights lie around it: they are shared by all sessions, and not written into any."""
    source = keras.Input((None, 12), name="source")
    hidden = k.Masking(name="masking")(source)
    hidden = k.LSTM(20, return_sequences=True, name="lstm")(hidden)
    hidden = k.RNN([k.GRUCell(18), k.LSTMCell(17)], return_sequences=True, name="stack")(hidden)
    model = keras.Model(source, k.Dense(3, name="result")(hidden))
    randomise(model)
    model.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras")
    feeds = noise_for(model, batch=1)
    feeds["source"][0, 4:6] = 0
    theirs = keras_outputs(model, feeds)
    runner = Runner(opened)
    for layer in ("lstm", "stack"):
        assert difference(runner.run(feeds, [layer])[layer], theirs[layer]) <= TOLERANCE
    every = runner.run(feeds, list(theirs))
    assert all(difference(every[layer], theirs[layer]) <= TOLERANCE for layer in theirs)
    assert difference(runner.predict(feeds)["result"], theirs["result"]) <= TOLERANCE
    # Nothing inside the loop is a weight of its own: 4 · (12 + 20 + 1) · 20 for the first layer.
    assert opened.layer_by_name["lstm"].parameters == 2640
    assert sum(layer.parameters for layer in opened.layers) == model.count_params()
    bodies = [
        attribute.as_graph()
        for node in opened.ir.graph
        for attribute in node.attributes.values()
        if attribute.type == ir.AttributeType.GRAPH
    ]
    assert len(bodies) == 2
    assert not any(body.initializers for body in bodies)
    assert [port.shape for port in opened.layer_by_name["stack"].outputs] == [(1, None, 17)]


@FORMATS
def test_weights_are_called_as_in_keras(name: str, tmp_path: Path) -> None:
    x = keras.Input((5, 4))
    maps = keras.Input((3, 6, 7, 2))
    inner = keras.Sequential([keras.Input((6, 7, 2)), k.Conv2D(3, 2, name="conv"), k.Flatten()], name="cnn")
    model = keras.Model(
        [x, maps],
        [
            k.LSTM(3, name="plain")(x),
            k.Bidirectional(k.GRU(3, name="own"), name="both")(x),
            k.RNN([k.LSTMCell(3, name="low"), k.GRUCell(2, name="high")], name="stack")(x),
            k.TimeDistributed(inner, name="steps")(maps),
            k.ConvLSTM2D(2, 3, name="maps")(maps),
        ],
    )
    randomise(model)
    opened = check(model, tmp_path / name)
    names = {layer.name: [weight.name for weight in layer.weights] for layer in opened.layers}
    own = ["kernel", "recurrent_kernel", "bias"]
    assert names["plain"] == names["maps"] == own
    assert names["stack"] == [f"{cell}/{weight}" for cell in ("low", "high") for weight in own]
    assert names["both"] == [
        f"{way}_own/gru_cell/{weight}" for way in ("forward", "backward") for weight in own
    ]
    assert names["steps"] == ["kernel", "bias"]
    assert [weight.axes for weight in opened.layer_by_name["maps"].weights] == ["HWIO", "HWIO", ""]


@FORMATS
def test_a_model_with_state_starts_as_in_keras(name: str, tmp_path: Path) -> None:
    """What Keras would remember from call to call is not in the file."""
    model = keras.Sequential(
        [keras.Input(batch_shape=(2, 5, 3), name="source"), k.LSTM(4, stateful=True, name="lstm")]
    )
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    feeds = noise_for(model)
    ours = our_outputs(opened, feeds)["lstm"]
    assert difference(ours, np.asarray(model(feeds["source"]))) <= TOLERANCE
    assert difference(ours, np.asarray(model(feeds["source"]))) > 0.01


@FORMATS
def test_masks_inside_the_steps_of_a_sequence(name: str, tmp_path: Path) -> None:
    """A text of sentences of words: each sentence has its own mask."""
    words = keras.Input((4, None, 3), name="words")
    hidden = k.Masking(name="masking")(words)
    hidden = k.TimeDistributed(k.LSTM(4), name="sentences")(hidden)
    model = keras.Model(words, k.Dense(2, name="result")(hidden))
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    feeds = noise_for(model)
    feeds["words"][:, 1, 2:] = 0
    feeds["words"][1, 3, :4] = 0
    theirs, ours = keras_outputs(model, feeds), our_outputs(opened, feeds)
    assert all(difference(ours[layer], theirs[layer]) <= TOLERANCE for layer in theirs)


@FORMATS
def test_masks_over_maps(name: str, tmp_path: Path) -> None:
    """A mask of places, not of whole steps."""
    maps = keras.Input((4, 5, 6, 3), name="maps")
    hidden = k.Masking(name="masking")(maps)
    model = keras.Model(maps, k.ConvLSTM2D(2, 3, padding="same", name="result")(hidden))
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    feeds = noise_for(model)
    feeds["maps"][:, 2] = 0
    feeds["maps"][0, 3, 1:3, 2:5] = 0
    theirs, ours = keras_outputs(model, feeds), our_outputs(opened, feeds)
    assert all(difference(ours[layer], theirs[layer]) <= TOLERANCE for layer in theirs)
