"""The JSON configuration of a Keras model, in any dialect, as a list of layer calls."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from explorer3d.errors import ModelError
from explorer3d.formats.keras.architecture import loaded
from explorer3d.formats.keras.arguments import (
    Reference,
    argument,
    called_with,
    is_shape,
    mapped,
    references,
    training,
)


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
    network : Network or None
        What is inside, for a whole model used as a layer.
    registered_name : str
        For a class that is not Keras': its name behind that of its package (``Addons>GELU``).
    """

    name: str
    class_name: str
    module: str
    config: Mapping[str, Any]
    built: tuple[int | None, ...] | None = None
    is_operation: bool = False
    network: Network | None = None
    registered_name: str = ""

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
    args, kwargs
        What it was called with: `Reference`s inside plain values, see `arguments`.
    training : bool
        The author asked for training behaviour in this call.
    """

    layer: LayerConfig
    index: int
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    training: bool = False

    @cached_property
    def inputs(self) -> tuple[Reference, ...]:
        """All tensors it was called with, in order."""
        return (*references(self.args), *references(self.kwargs))


@dataclass(frozen=True, eq=False)
class Network:
    """A Sequential or functional model.

    Attributes
    ----------
    inputs : tuple of LayerConfig
        Input layers in the order in which the model takes them.
    layers : tuple of LayerConfig
        In the file's order, without input layers.
    calls : tuple of Call
        In topological order.
    input_keys : tuple of str
        Names of the inputs where the author gave them others than their layers'.
    """

    name: str
    inputs: tuple[LayerConfig, ...]
    outputs: tuple[Reference, ...]
    layers: tuple[LayerConfig, ...]
    calls: tuple[Call, ...]
    input_keys: tuple[str, ...] = ()

    @property
    def input_names(self) -> tuple[str, ...]:
        """What a call that gives the inputs by name calls them."""
        return self.input_keys or tuple(layer.name for layer in self.inputs)


def parse(text: str | bytes) -> Network:
    """Read a model's configuration.

    Raises
    ------
    ModelError
        It is no JSON, no Sequential or functional model, or contradicts itself.
    """
    return network_of(loaded(text))


def network_of(model: Mapping[str, Any]) -> Network:
    """The network that a model's entry describes.

    Raises
    ------
    ModelError
        It is no Sequential or functional model, or contradicts itself.
    """
    try:
        return _network(model)
    except RecursionError as error:
        raise ModelError(
            "The file's model configuration is nested too deeply to be a Keras model."
        ) from error


def _network(model: Mapping[str, Any]) -> Network:
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
    name = entry.get("name", config.get("name") if isinstance(config, dict) else None)
    if not isinstance(name, str) or not name:
        raise ModelError(
            f"The file's model configuration holds a {entry['class_name']} layer without a name."
        )
    return layer_config(entry, name)


def layer_config(entry: Mapping[str, Any], name: str) -> LayerConfig:
    """One layer's entry; also of a layer inside another's settings, which has no calls.

    Raises
    ------
    ModelError
        It is a model that contradicts itself.
    """
    config = entry.get("config")
    class_name = entry["class_name"]
    build = entry.get("build_config")
    shape = build.get("input_shape") if isinstance(build, dict) else None
    built = tuple(shape) if is_shape(shape) else None
    module = str(entry.get("module", ""))
    network = _network(entry) if _is_network(class_name, config) else None
    if not isinstance(config, dict):
        config = {}
    return LayerConfig(
        name,
        class_name,
        module,
        config,
        built,
        _is_operation(entry, module, config),
        network,
        str(entry.get("registered_name") or ""),
    )


def _is_network(class_name: str, config: object) -> bool:
    """A model class of Keras, or one derived from them that keeps its structure in the file."""
    if not isinstance(config, dict):
        return class_name == "Sequential" and isinstance(config, list)
    return isinstance(config.get("layers"), list) and (
        class_name in ("Sequential", "Functional", "Model") or "input_layers" in config
    )


def _is_operation(entry: Mapping[str, Any], module: str, config: Mapping[str, Any]) -> bool:
    if module:
        return ".ops" in module or module.startswith("keras.src.activations")
    # In an .h5 only the settings tell: Keras 3 writes calls as objects, and "trainable" for every layer but
    # those that hold others, SpatialDropout and Discretization.
    by_keras_3 = any(isinstance(node, dict) for node in _list(entry.get("inbound_nodes")))
    return by_keras_3 and not {"trainable", "layers", "rate", "bin_boundaries"} & config.keys()


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
    """The input that Keras makes of the first layer's ``input_shape``; without shape if nothing tells it."""
    first = layers[0].config if layers else {}
    built = layers[0].built if layers else None
    if layers and layers[0].network and len(layers[0].network.inputs) == 1:
        # A whole model comes first, as before a head that was trained anew.
        first = layers[0].network.inputs[0].config
    source: dict[str, Any] = {}
    for shape in (
        first.get("batch_input_shape"),
        first.get("batch_shape"),
        config.get("build_input_shape"),
        None if built is None else list(built),
    ):
        if isinstance(shape, list):
            dtype = first.get("dtype", "float32")
            source = {"batch_input_shape": shape, "dtype": dtype if isinstance(dtype, str) else "float32"}
            break
    return LayerConfig(f"{layers[0].name if layers else 'model'}_input", "InputLayer", "", source)


def _functional(name: str, config: Mapping[str, Any], layers: list[LayerConfig]) -> Network:
    by_name = {layer.name: layer for layer in layers}
    nodes = [_list(entry.get("inbound_nodes")) for entry in config["layers"]]
    by_keras_3 = any(isinstance(node, dict) for calls in nodes for node in calls)
    # What a model gave before anybody called it counts as its first call: in all references of Keras 2,
    # in Keras 3 only in the list of outputs.
    ahead = {layer.name: int(_is_called_before(layer, by_keras_3)) for layer in layers}

    def counted(reference: Reference) -> Reference:
        call = reference.call - ahead.get(reference.layer, 0)
        return replace(reference, call=max(call, 0))

    calls = []
    for layer, own in zip(layers, nodes, strict=True):
        if layer.class_name == "InputLayer":
            continue
        for index, node in enumerate(own):
            args, kwargs = called_with(node)
            if not by_keras_3:
                args, kwargs = tuple(mapped(one, counted) for one in args), mapped(kwargs, counted)
            calls.append(Call(layer, index, args, kwargs, training(node)))
    inputs = []
    for reference in references(argument(config["input_layers"])):
        if reference.layer not in by_name:
            raise ModelError(
                f"The file's model configuration names an input {reference.layer!r} it does not hold."
            )
        inputs.append(by_name[reference.layer])
    outputs = tuple(counted(one) for one in references(argument(config.get("output_layers", []))))
    return Network(
        name,
        tuple(inputs),
        outputs,
        tuple(layer for layer in layers if layer.class_name != "InputLayer"),
        _sorted(calls, {layer.name for layer in inputs}, outputs),
        tuple(config["input_layers"]) if isinstance(config["input_layers"], dict) else (),
    )


def _is_called_before(layer: LayerConfig, by_keras_3: bool) -> bool:
    if layer.network is None:
        return False
    if layer.class_name != "Sequential":
        return True
    layers = layer.config.get("layers")
    first = layers[0] if isinstance(layers, list) and layers else None
    # A Sequential model that knew no shape of its own has given nothing before.
    return not by_keras_3 and (
        isinstance(first, dict)
        and (
            first.get("class_name") == "InputLayer"
            or (isinstance(own := first.get("config"), dict) and "batch_input_shape" in own)
        )
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


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
