"""Real Keras as the referee: what every layer of a saved model must give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest

from explorer3d.formats import read_model
from explorer3d.graph.model import Model

TOLERANCE = 1e-4

QUIET = pytest.mark.filterwarnings(
    # TensorFlow's own, whenever Keras turns a variable into an array.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


def randomise(model: Any, seed: int = 0) -> None:
    """Give every weight seeded noise, statistics among them, so that no mix-up can hide."""
    noise = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            randomise(layer, seed + 1)
            continue
        arrays = []
        for weight in layer.weights:
            shape = tuple(weight.shape)
            if weight.name in ("gamma", "moving_variance", "variance"):
                array = noise.uniform(0.5, 2.0, shape)
            elif weight.name in ("count",):
                array = np.zeros(shape)
            elif len(shape) > 1:
                # The product of all sizes but the last is what one output sums over; what is summed
                # again at each step must not grow.
                power = 0.5 if weight.name == "recurrent_kernel" else 2
                array = noise.normal(0, np.sqrt(power / np.prod(shape[:-1])), shape)
            else:
                array = noise.normal(0, 0.3, shape)
            arrays.append(array.astype(weight.dtype))
        layer.set_weights(arrays)
        if isinstance(layer, keras.layers.Normalization):
            # It keeps a copy of its weights, made here as after loading a file.
            layer.finalize_state()


def noise_for(model: Any, batch: int = 2, seed: int = 1) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(seed)
    feeds = {}
    for name, tensor in zip(_input_names(model), model.inputs, strict=True):
        # Sizes the file leaves open: another one for each axis.
        sizes = [size or 9 + at for at, size in enumerate(tensor.shape[1:])]
        if tensor.dtype == "bool":
            feeds[name] = noise.integers(0, 2, (batch, *sizes)).astype(bool)
            # A mask that hides everything would let everything pass.
            feeds[name][0, ..., [0, -1]] = True
        elif "int" in tensor.dtype:
            # Places in a table; the smallest table tried has this many.
            feeds[name] = noise.integers(0, 7, (batch, *sizes)).astype(tensor.dtype)
        else:
            feeds[name] = noise.normal(0, 1, (batch, *sizes)).astype(tensor.dtype)
    return feeds


def _input_names(model: Any) -> list[str]:
    return [tensor._keras_history.operation.name for tensor in model.inputs]


def keras_outputs(model: Any, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What every layer call of a model returns, under our names for them."""
    tensors: dict[str, Any] = {}
    # A Sequential model calls its layers once more to find out their shapes.
    network = getattr(model, "_functional", model)
    # Bare operations are no layers for Keras; what makes a mask in a Sequential model is in no file.
    for layer in model.layers if isinstance(model, keras.Sequential) else network.operations:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        nodes = [
            node for at, node in enumerate(layer._inbound_nodes) if f"{id(layer)}_ib-{at}" in network._nodes
        ]
        for at, node in enumerate(nodes):
            tensors[layer.name if at == 0 else f"{layer.name}#{at + 1}"] = node.output_tensors[0]
    all_of_it = keras.Model(network.inputs, list(tensors.values()))
    # Keras gives a single result without its list.
    results = keras.tree.flatten(all_of_it([feeds[name] for name in _input_names(network)], training=False))
    return {name: np.asarray(result) for name, result in zip(tensors, results, strict=True)}


def our_outputs(model: Model, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What every layer that can run gives in onnxruntime, without any optimisation."""
    runnable = [layer for layer in model.layers if layer.runnable]
    proto = ir.to_proto(model.ir)
    del proto.graph.output[:]
    for layer in runnable:
        proto.graph.output.add().name = layer.outputs[0].value
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, ["CPUExecutionProvider"])
    results = session.run(None, feeds)
    return {layer.name: result for layer, result in zip(runnable, results, strict=True)}


def _own_name(weight: Any) -> str:
    """Those without a name of their own Keras counts over everything made in a process."""
    return re.sub(r"^variable_\d+$", "variable", weight.name)


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference relative to the largest value; infinite if the shapes differ."""
    if ours.shape != theirs.shape:
        return np.inf
    return float(np.abs(ours.astype(np.float64) - theirs).max() / max(np.abs(theirs).max(), 1e-30))


def check(model: Any, path: Path, *, spread: bool = False) -> Model:
    """Save a Keras model, read it, and compare weights, shapes and outputs of every layer call.

    With `spread`, each layer's standard deviation must lie in 0.1 … 10.
    """
    model.save(path)
    opened = read_model(path)
    assert not [note for note in opened.notes if "author's own class" not in note], opened.notes
    feeds = noise_for(model)
    theirs, ours = keras_outputs(model, feeds), our_outputs(opened, feeds)
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    wrong = {
        name: (ours[name].shape, theirs[name].shape, difference(ours[name], theirs[name]))
        for name in theirs
        if not difference(ours[name], theirs[name]) <= TOLERANCE
    }
    assert not wrong, wrong
    layers = {layer.name for layer in model.layers}
    flat = {
        name: float(result.std()) for name, result in theirs.items() if name in layers and result.size > 1
    }
    dull = {
        name: deviation
        for name, deviation in flat.items()
        if not (0.1 <= deviation <= 10 if spread else deviation)
    }
    assert not dull, dull
    for name, result in theirs.items():
        layer = opened.layer_by_name[name]
        known = layer.outputs[0].shape[1:]
        assert layer.outputs[0].dtype == str(result.dtype)
        assert all(size in (None, actual) for size, actual in zip(known, result.shape[1:], strict=True))
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        found = opened.layer_by_name[layer.name].weights
        # Keras calls the weights of layers inside a layer alike.
        names = [weight.name for weight in found]
        assert len(set(names)) == len(names)
        assert [name.rsplit("/", 1)[-1] for name in names] == [_own_name(weight) for weight in layer.weights]
        for weight, value in zip(found, layer.weights, strict=True):
            np.testing.assert_array_equal(weight.numpy(), np.asarray(value))
    return opened
