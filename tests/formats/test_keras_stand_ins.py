"""Layers whose own code is never run, and what a person lets take their place."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers as k

import explorer3d
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.stand_in import StandIn
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import QUIET, TOLERANCE, difference, our_outputs, randomise

pytestmark = QUIET


class Own(k.Layer):
    """The author's own: doubles its input and drops the last place."""

    def call(self, x):  # type: ignore[no-untyped-def]
        return 2 * x[..., :-1]

    def compute_output_shape(self, shape):  # type: ignore[no-untyped-def]
        return (*shape[:-1], shape[-1] - 1)


@pytest.fixture(params=["model.h5", "model.keras"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, keras.Model]:
    source = keras.Input((7, 5), name="source")
    hidden = k.Dense(6, name="before")(source)
    hidden = Own(name="own")(hidden)
    hidden = k.Flatten(name="flat")(hidden)
    model = keras.Model(source, k.Dense(3, name="behind")(hidden))
    randomise(model)
    model.save(tmp_path / request.param)
    return tmp_path / request.param, model


def test_the_file_tells_the_shape_of_its_result(saved: tuple[Path, keras.Model]) -> None:
    opened = read_model(saved[0])
    own = opened.layer_by_name["own"]
    assert own.opaque is not None
    assert own.opaque.shape == (7, 5)
    assert own.opaque.stand_in is None
    assert "class Own" in own.opaque.why
    # Only the layer itself, not the ones that lack its result.
    assert [one.name for one in opened.layers if one.opaque] == ["own"]


def test_what_lies_behind_runs_on_a_result_that_is_fed(saved: tuple[Path, keras.Model]) -> None:
    path, model = saved
    opened = read_model(path, stand_ins={"own": StandIn((7, 5))})
    assert [(port.value, port.shape) for port in opened.inputs] == [
        ("source", (None, 7, 5)),
        ("own/result", (None, 7, 5)),
    ]
    assert all(one.runnable for one in opened.layers)
    assert [port.source for port in opened.layer_by_name["own"].inputs] == ["before", "own/result"]
    assert any("own/result" in note and "7×5" in note for note in opened.notes)
    x = np.random.default_rng(0).normal(size=(2, 7, 5)).astype(np.float32)
    inner = keras.Model(model.inputs, [one.output for one in model.layers[2:]])([x])
    ours = our_outputs(opened, {"source": x, "own/result": np.asarray(inner[0])})
    for name, theirs in zip(("own", "flat", "behind"), inner, strict=True):
        assert difference(ours[name], np.asarray(theirs)) <= TOLERANCE


def test_a_layer_taken_as_passing_its_input_on(tmp_path: Path) -> None:
    kernel, bias = np.arange(12, dtype=np.float32).reshape(4, 3), np.ones(3, np.float32)
    config = sequential(
        layer("InputLayer", "x", batch_input_shape=[None, 4], dtype="float32"),
        layer("Lambda", "own", function=["4wEAAAA", None, None], function_type="lambda"),
        layer("Dense", "end", units=3, activation="linear", use_bias=True),
    )
    path = write_h5(tmp_path / "model.h5", config, {"end": {"kernel": kernel, "bias": bias}})
    opened = read_model(path, stand_ins={"own": StandIn()})
    x = np.array([[1, -2, 3, 0.5]], np.float32)
    assert [port.value for port in opened.inputs] == ["x"]
    np.testing.assert_array_equal(our_outputs(opened, {"x": x})["end"], x @ kernel + bias)
    own = opened.layer_by_name["own"].opaque
    assert own is not None and own.stand_in == StandIn()


def test_a_shape_that_does_not_fit_stops_the_layer_behind(saved: tuple[Path, keras.Model]) -> None:
    opened = read_model(saved[0], stand_ins={"own": StandIn((7, 4))})
    assert opened.layer_by_name["own"].runnable
    assert "(35, 3) in the file, but (28, 3)" in str(opened.layer_by_name["behind"].reason)


@pytest.mark.parametrize("shape", [(2**31,), (1 << 20, 1 << 20), (0, 3), (-1,)])
def test_a_shape_nobody_can_feed_is_refused(shape: tuple[int, ...], saved: tuple[Path, keras.Model]) -> None:
    own = read_model(saved[0], stand_ins={"own": StandIn(shape)}).layer_by_name["own"]
    assert "cannot be fed" in str(own.reason)


def test_several_inputs_are_not_passed_on(tmp_path: Path) -> None:
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")

    class Pair(k.Layer):
        def call(self, both):  # type: ignore[no-untyped-def]
            return both[0]

    model = keras.Model([one, two], Pair(name="pair")([one, two]))
    model.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras", stand_ins={"pair": StandIn()})
    assert "it has 2 inputs" in str(opened.layer_by_name["pair"].reason)
    fed = read_model(tmp_path / "model.keras", stand_ins={"pair": StandIn((3,))})
    assert fed.layer_by_name["pair"].runnable


def test_from_python(saved: tuple[Path, keras.Model]) -> None:
    run = explorer3d.open_model(saved[0], {"own": StandIn((7, 5))}).run()
    assert run["behind"].output.shape == (1, 3)
    with pytest.raises(RequestError, match="own"):
        explorer3d.open_model(saved[0], {"onw": StandIn()})
