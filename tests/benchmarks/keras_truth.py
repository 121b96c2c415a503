"""Writes a network of keras.applications, or AlexNet, with random weights, and what each layer must give.

    python tests/benchmarks/keras_truth.py MODEL FOLDER

The folder then holds ``model.h5``, ``model.keras``, ``input.npy``, one ``<number>.npy`` for each layer call,
and ``truth.json``. Runs Keras itself; nothing here knows anything about our reader.
"""

from __future__ import annotations

import json
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from processes import alexnet, clock, peak_mb

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# A layer's result before its activation is proportional to all of these together.
_FACTORS = ("kernel", "pointwise_kernel", "bias", "gamma", "beta")
# What comes out then is neither flat nor a step.
_DEVIATION = {"softmax": 3.0, "sigmoid": 2.0, "hard_sigmoid": 2.0}
_FLAT = 0.1


class Truth:
    """Runs a network once, layer by layer, scaling each layer's weights when its result first comes out.

    Parameters
    ----------
    folder : Path
        Where results go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._calls: Counter[str] = Counter()
        self.calls: list[dict[str, Any]] = []

    def run(self, model: Any, inputs: list[Any], prefix: str = "") -> list[Any]:
        """Give a model's results; those of nested models' layers are written too."""
        import keras

        # A Sequential model keeps its graph in a functional one.
        graph = getattr(model, "_functional", None) or model
        tensors = {id(tensor): value for tensor, value in zip(graph.inputs, inputs, strict=True)}
        nodes = list(_nodes(graph))
        users = Counter(id(tensor) for node in nodes for tensor in node.input_tensors)
        users.update(id(tensor) for tensor in graph.outputs)
        for node in nodes:
            layer = node.operation
            arguments, named = node.arguments.fill_in(tensors)
            if isinstance(layer, keras.Model):
                results = self.run(layer, keras.tree.flatten(arguments), f"{prefix}{layer.name}/")
            else:
                if isinstance(layer, keras.Layer):
                    named = {**named, **({"training": False} if layer._call_has_training_arg else {})}
                    _scale(layer, arguments, named)
                results = keras.tree.flatten(layer(*arguments, **named))
                self._write(prefix + layer.name, layer, results[0])
            tensors.update(zip(map(id, node.outputs), results, strict=True))
            for tensor in node.input_tensors:
                users[id(tensor)] -= 1
                if not users[id(tensor)]:
                    del tensors[id(tensor)]
        return [tensors[id(tensor)] for tensor in graph.outputs]

    def _write(self, name: str, layer: Any, result: Any) -> None:
        array = np.asarray(result)
        np.save(self._folder / f"{len(self.calls)}.npy", array)
        self._calls[name] += 1
        self.calls.append(
            {
                "layer": name,
                "call": self._calls[name],
                "class": type(layer).__name__,
                "deviation": float(array.std()),
                "softmax": _activation(layer) == "softmax",
                "weights": [
                    [_own_name(weight), zlib.crc32(np.ascontiguousarray(np.asarray(weight)))]
                    for weight in getattr(layer, "weights", ())
                ],
                "parameters": layer.count_params() if hasattr(layer, "count_params") else 0,
            }
        )


def _own_name(weight: Any) -> str:
    """Those without a name of their own Keras counts over everything made in a process."""
    return re.sub(r"^variable_\d+$", "variable", weight.name)


def _nodes(graph: Any) -> Iterator[Any]:
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        yield from (node for node in graph._nodes_by_depth[depth] if not node.is_input)


def _activation(layer: Any) -> str:
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))


def _scale(layer: Any, arguments: Any, named: dict[str, Any]) -> None:
    """Change a layer's weights so that its result, before the activation, deviates by about one."""
    import keras

    if {weight.name for weight in layer.weights}.isdisjoint(_FACTORS):
        return
    activation = getattr(layer, "activation", None)
    if activation is not None:
        layer.activation = keras.activations.linear
    deviation = float(np.asarray(layer(*arguments, **named)).std())
    if activation is not None:
        layer.activation = activation
    _multiply(layer, _DEVIATION.get(_activation(layer), 1.0) / deviation)
    if float(np.asarray(layer(*arguments, **named)).std()) < _FLAT and _activation(layer) != "softmax":
        # The activation has flattened what is all negative.
        _multiply(layer, -1.0)


def _multiply(layer: Any, factor: float) -> None:
    scaled = any(weight.name == "gamma" for weight in layer.weights)
    for weight in layer.weights:
        if weight.name in _FACTORS:
            weight.assign(weight * factor)
        elif weight.name == "moving_variance" and not scaled:
            weight.assign(weight / factor**2)


def _picture(model: Any) -> np.ndarray:
    """Noise of the size of the input; in 0…255 where the network begins by scaling that down."""
    import keras

    noise = np.random.default_rng(1)
    # MobileNetV3 leaves its size open; its documentation says 224.
    shape = (1, *(size or 224 for size in model.inputs[0].shape[1:]))
    if any(isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model.layers):
        return noise.uniform(0, 255, shape).astype(np.float32)
    return noise.normal(0, 1, shape).astype(np.float32)


def main(name: str, folder: Path) -> None:
    import keras

    from tests.formats.keras_referee import randomise

    keras.utils.set_random_seed(0)
    if name == "AlexNet":
        model = keras.saving.load_model(alexnet(), compile=False)
    else:
        model = getattr(keras.applications, name)(weights=None)
    randomise(model)
    picture = _picture(model)
    np.save(folder / "input.npy", picture)
    truth = Truth(folder)
    before = clock()
    truth.run(model, [keras.ops.convert_to_tensor(picture)])
    seconds = clock() - before
    for kind in ("h5", "keras"):
        model.save(folder / f"model.{kind}")
    facts = {
        "input": model.inputs[0]._keras_history.operation.name,
        "parameters": model.count_params(),
        "calls": truth.calls,
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_mb()),
    }
    (folder / "truth.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
