"""Every layer class of Keras either runs, or is listed with the reason why it does not."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from keras import layers

from explorer3d.formats import read_model
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.formats.keras.layers.absent import ABSENT
from tests.formats import keras_files

# What all layers are made of, and what a model is fed through, which is no layer of the graph.
NO_LAYERS = {"InputLayer", "Layer", "Wrapper"}


def test_every_class_runs_or_is_listed() -> None:
    public = {
        name
        for name, found in vars(layers).items()
        if inspect.isclass(found) and issubclass(found, layers.Layer)
    }
    assert len(public) > 150
    assert public - NO_LAYERS - set(KERAS_LAYERS) - set(ABSENT) == set()


def test_no_class_is_in_both() -> None:
    assert not set(KERAS_LAYERS) & set(ABSENT)


@pytest.mark.parametrize("class_name", sorted(ABSENT))
def test_the_reason_is_said(class_name: str, tmp_path: Path) -> None:
    made = keras_files.layer(class_name, "made", batch_input_shape=[None, 4], dtype="float32")
    path = keras_files.write_h5(tmp_path / "model.h5", keras_files.sequential(made), {}, version="3.15.0")
    opened = read_model(path)
    assert opened.notes == (f"Layer made cannot run: its class {class_name} {ABSENT[class_name]}.",)
