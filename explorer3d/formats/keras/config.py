"""The JSON configuration of a Keras model, in any dialect, as a list of layer calls."""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from explorer3d.errors import ModelError

MODEL_CLASSES = ("Sequential", "Functional", "Model")


@dataclass(frozen=True)
class Reference:
    """Which result of which call of a layer: Keras' (layer, node index, tensor index)."""

    layer: str
    call: int = 0
    tensor: int = 0


@dataclass(frozen=True, eq=False)
class LayerConfig:
    """One layer as its author made it; it may be called several times.

    Attributes
    ----------
    module : str
        Python module of the class; empty where the file does not say.
    built : tuple of int or None, or None
        Shape of the input it was built for, where the file says so.
    is_operation : bool
        Keras 3 stores a bare operation (``x + 1``) like a layer; some share a layer's class name.
    """

    name: str
    class_name: str
    module: str
    config: Mapping[str, Any]
    built: tuple[int | None, ...] | None = None
    is_operation: bool = False

    @property
    def is_built_in(self) -> bool:
        """Whether the class is Keras', not one of the author's that is called alike."""
        return self.module.split(".")[0] in ("", "keras", "tf_keras", "tensorflow") and not self.is_operation

    @property
    def short_class(self) -> str:
        """The class without the package it was registered under."""
        return self.class_name.rsplit(">", 1)[-1]


@dataclass(frozen=True, eq=False)
class Call:
    """A layer applied to tensors.

    Attributes
    ----------
    index : int
        How many calls of this layer came before.
    training : bool
        The author asked for training behaviour in this call.
    """

    layer: LayerConfig
    index: int
    inputs: tuple[Reference, ...]
    training: bool = False


@dataclass(frozen=True, eq=False)
class Network:
    """A Sequential or functional model.

    Attributes
    ----------
    layers : tuple of LayerConfig
        In the file's order, without input layers.
    calls : tuple of Call
        In topological order.
    """

    name: str
    inputs: tuple[LayerConfig, ...]
    outputs: tuple[Reference, ...]
    layers: tuple[LayerConfig, ...]
    calls: tuple[Call, ...]


def parse(text: str | bytes) -> Network:
    """Read a model's configuration.

    Raises
    ------
    ModelError
        It is no JSON, no Sequential or functional model, or contradicts itself.
    """
    try:
        model = json.loads(text)
        if not isinstance(model, dict) or not isinstance(model.get("class_name"), str):
            raise ModelError(
                "The file's model configuration does not describe a Keras model. "
                "Save the model again with Keras' model.save."
            )
        return _network(model)
    except RecursionError as error:
        raise ModelError(
            "The file's model configuration is nested too deeply to be a Keras model."
        ) from error
    except ValueError as error:
        raise ModelError(
            f"The file's model configuration is damaged: it is not valid JSON ({error}). "
            "Save the model again with Keras' model.save."
        ) from error


def _network(model: dict[str, Any]) -> Network:
    class_name, config = model["class_name"], model.get("config")
    if class_name == "Sequential" and isinstance(config, list):
        # Keras before 2.2.3 wrote the list of layers alone.
        config = {"layers": config}
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise ModelError(
            f"The file's model is of class {class_name}, written in Python code: its structure is not in "
            "the file. Only Sequential and functional models can be shown."
        )
    layers = [_layer(entry) for entry in config["layers"]]
    if len({layer.name for layer in layers}) != len(layers):
        raise ModelError("The file's model configuration names two layers alike.")
    name = str(config.get("name", class_name))
    if "input_layers" not in config:
        return _sequential(name, config, layers)
    return _functional(name, config, layers)


def _layer(entry: object) -> LayerConfig:
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise ModelError("The file's model configuration holds a layer without a class.")
    config = entry.get("config")
    if not isinstance(config, dict):
        config = {}
    name = entry.get("name", config.get("name"))
    if not isinstance(name, str) or not name:
        raise ModelError(
            f"The file's model configuration holds a {entry['class_name']} layer without a name."
        )
    build = entry.get("build_config")
    shape = build.get("input_shape") if isinstance(build, dict) else None
    built = tuple(shape) if is_shape(shape) else None
    module = str(entry.get("module", ""))
    return LayerConfig(name, entry["class_name"], module, config, built, _is_operation(entry, module, config))


def _is_operation(entry: Mapping[str, Any], module: str, config: Mapping[str, Any]) -> bool:
    if module:
        return ".ops" in module
    # In an .h5 only the settings tell: Keras 3 writes calls as objects, and one of these for every layer.
    by_keras_3 = any(isinstance(node, dict) for node in _list(entry.get("inbound_nodes")))
    return by_keras_3 and not {"trainable", "dtype"} & config.keys()


def is_shape(value: Any) -> TypeGuard[list[int | None]]:
    """A batch axis and further sizes, some left open; none comes near 2³¹."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(size is None or (type(size) is int and 0 < size < 2**31) for size in value)
    )


def _sequential(name: str, config: Mapping[str, Any], layers: list[LayerConfig]) -> Network:
    if layers and layers[0].class_name == "InputLayer":
        source, layers = layers[0], layers[1:]
    else:
        source = _implied_input(config, layers)
    calls = []
    last = Reference(source.name)
    for layer in layers:
        calls.append(Call(layer, 0, (last,)))
        last = Reference(layer.name)
    return Network(name, (source,), (last,), tuple(layers), tuple(calls))


def _implied_input(config: Mapping[str, Any], layers: list[LayerConfig]) -> LayerConfig:
    """The input that Keras makes of the first layer's ``input_shape``."""
    first = layers[0].config if layers else {}
    built = layers[0].built if layers else None
    for shape in (
        first.get("batch_input_shape"),
        first.get("batch_shape"),
        config.get("build_input_shape"),
        None if built is None else list(built),
    ):
        if isinstance(shape, list):
            dtype = first.get("dtype", "float32")
            source = {"batch_input_shape": shape, "dtype": dtype if isinstance(dtype, str) else "float32"}
            return LayerConfig(f"{layers[0].name}_input", "InputLayer", "", source)
    raise ModelError(
        "The file's model was saved before it knew the shape of its input. "
        "Build it (model.build, or one prediction) and save it again."
    )


def _functional(name: str, config: Mapping[str, Any], layers: list[LayerConfig]) -> Network:
    entries = config["layers"]
    by_name = {layer.name: layer for layer in layers}
    calls = [
        Call(layer, index, tuple(_references(node)), _training(node))
        for layer, entry in zip(layers, entries, strict=True)
        for index, node in enumerate(_list(entry.get("inbound_nodes")))
        if layer.class_name != "InputLayer"
    ]
    inputs = []
    for reference in _references(config["input_layers"]):
        if reference.layer not in by_name:
            raise ModelError(
                f"The file's model configuration names an input {reference.layer!r} it does not hold."
            )
        inputs.append(by_name[reference.layer])
    outputs = tuple(_references(config.get("output_layers", [])))
    return Network(
        name,
        tuple(inputs),
        outputs,
        tuple(layer for layer in layers if layer.class_name != "InputLayer"),
        _sorted(calls, {layer.name for layer in inputs}, outputs),
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _references(node: object) -> Iterator[Reference]:
    """All tensors a node is called with, in order; Keras 2 writes lists, Keras 3 ``__keras_tensor__``."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            config = node.get("config")
            yield from _references(config.get("keras_history") if isinstance(config, dict) else None)
        else:
            for value in node.values():
                yield from _references(value)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and all(type(index) is int for index in node[1:3]):
            yield Reference(*node[:3])
            node = node[3:]
        for item in node:
            yield from _references(item)


def _training(node: object) -> bool:
    if isinstance(node, dict):
        return node.get("training") is True or any(_training(value) for value in node.values())
    return isinstance(node, list) and any(_training(item) for item in node)


def _sorted(calls: list[Call], inputs: set[str], outputs: tuple[Reference, ...]) -> tuple[Call, ...]:
    """Topological order; the file's order where that leaves a choice."""
    place = {(call.layer.name, call.index): at for at, call in enumerate(calls)}
    users: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * len(calls)
    for at, call in enumerate(calls):
        for reference in call.inputs:
            if reference.layer in inputs:
                continue
            maker = place.get((reference.layer, reference.call))
            if maker is None:
                raise ModelError(
                    f"The file's model configuration connects layer {call.layer.name!r} to "
                    f"{reference.layer!r}, which it does not hold."
                )
            users[maker].append(at)
            waiting[at] += 1
    for reference in outputs:
        if reference.layer not in inputs and (reference.layer, reference.call) not in place:
            raise ModelError(
                f"The file's model configuration names an output {reference.layer!r} it does not hold."
            )
    ready = [at for at, count in enumerate(waiting) if not count]
    order = []
    while ready:
        at = heapq.heappop(ready)
        order.append(calls[at])
        for user in users[at]:
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, user)
    if len(order) != len(calls):
        raise ModelError("The file's model configuration connects its layers in a circle.")
    return tuple(order)
