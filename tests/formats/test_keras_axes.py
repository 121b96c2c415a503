"""What the axes of a Keras file's values and weights mean, and what its weights are called."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_referee import QUIET

pytestmark = QUIET


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_sequences(name: str, tmp_path: Path) -> None:
    source = keras.Input((7, 5), name="source")
    both = k.Bidirectional(k.LSTM(3, return_sequences=True, name="lstm"), name="both")(source)
    scaled = k.LayerNormalization(name="scaled")(both)
    alone = k.Masking(name="alone")(source)
    keras.Model(source, [scaled, alone, k.GRU(4, name="last")(scaled)]).save(tmp_path / name)
    opened = read_model(tmp_path / name)
    axes = {layer.name: layer.outputs[0].axes for layer in opened.layers}
    assert axes == {"both": "NTC", "scaled": "NTC", "alone": "NTC", "last": "NC"}
    assert [port.axes for port in opened.inputs] == ["NTC"]
    weights = opened.layer_by_name["both"].weights
    assert [weight.title for weight in weights[:2]] == [
        "forward_lstm/kernel",
        "forward_lstm/recurrent_kernel",
    ]
    assert weights[3].title == "backward_lstm/kernel"
    assert [weight.title for weight in opened.layer_by_name["last"].weights] == [
        "kernel",
        "recurrent_kernel",
        "bias",
    ]


def test_a_value_without_batch_is_not_taken_for_one(tmp_path: Path) -> None:
    source = keras.Input((7, 5), name="source")
    kept = k.Dense(3, name="dense")(source)
    keras.Model(source, keras.ops.transpose(kept, (1, 2, 0))).save(tmp_path / "model.keras")
    (port,) = read_model(tmp_path / "model.keras").outputs
    assert port.axes != "NTC"
