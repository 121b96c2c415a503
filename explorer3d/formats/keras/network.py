"""Emits a whole network, layer by layer, as far as its layers are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.keras.config import (
    MODEL_CLASSES,
    Call,
    LayerConfig,
    Network,
    Reference,
    is_shape,
)
from explorer3d.formats.keras.emit import GraphParts, Scope, Tensor, described
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.formats.keras.settings import Settings, Unsupported, attributes
from explorer3d.formats.keras.weights import WeightStore, weights
from explorer3d.graph.model import LayerSpec
from explorer3d.progress import Progress

Stored = list[tuple[str, ir.TensorProtocol]]


@dataclass(eq=False)
class Emitted:
    """A network's graph, its layers, and what to tell a person about it."""

    parts: GraphParts
    inputs: list[ir.Value]
    outputs: list[ir.Value] = field(default_factory=list)
    specs: list[LayerSpec] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def emit_network(network: Network, store: WeightStore, keras: int, progress: Progress) -> Emitted:
    """Emit all layers that can run; the others become layers without nodes, with a reason.

    Parameters
    ----------
    keras : int
        Major version of the Keras that wrote the file.
    """
    parts = GraphParts()
    tensors = {Reference(layer.name): _input(layer, parts) for layer in network.inputs}
    emitted = Emitted(parts, [tensor.value for tensor in tensors.values()])
    names = _output_names(network, parts)
    stored: dict[str, Stored] = {}
    # Why a value cannot be computed: the layer to blame.
    blame: dict[str, str] = {}
    victims: Counter[str] = Counter()
    for at, call in enumerate(network.calls):
        layer, outputs = call.layer, names[_place(call)]
        progress(at / len(network.calls), f"Reading layer {layer.name}")
        if layer.name not in stored:
            stored[layer.name] = store.named(layer.name)
        inputs = tuple(_value_name(reference, tensors, names) for reference in call.inputs)
        scope = Scope(
            parts, layer.name, outputs[0], Settings(layer.config), keras, stored[layer.name], store.numbered()
        )
        behind = next((blame[name] for name in inputs if name in blame), None)
        reason = None
        try:
            if behind is not None:
                raise Unsupported(f"it needs the result of layer {behind}")
            tensors[Reference(layer.name, call.index)] = _emit(call, scope, tensors, outputs[0])
            blame.update((name, f"{outputs[0]}, which has one result only") for name in outputs[1:])
        except Unsupported as error:
            reason = f"Layer {outputs[0]} cannot run: {error}."
            if behind is None:
                behind = f"{outputs[0]}, which cannot run ({error})"
                emitted.notes.append(reason)
            else:
                victims[behind] += 1
            blame.update((name, behind) for name in outputs)
            scope.discard()
            if not scope.weights:
                _declare(layer, scope)
        else:
            scope.commit()
        emitted.specs.append(
            LayerSpec(
                name=layer.name,
                op=layer.short_class,
                inputs=inputs,
                outputs=outputs[:1] if reason is None else outputs,
                weights=scope.weights or (() if reason is None else weights(stored[layer.name])),
                attributes=attributes(layer.config),
                nodes=tuple(scope.nodes),
                reason=reason,
            )
        )
    emitted.notes.extend(_consequences(victims))
    emitted.notes.extend(_precision(network))
    emitted.outputs = _outputs(network, tensors, blame, emitted)
    return emitted


def _emit(call: Call, scope: Scope, tensors: Mapping[Reference, Tensor], name: str) -> Tensor:
    layer = call.layer
    if layer.is_operation:
        raise Unsupported(f"the operation {layer.class_name} is not known here")
    if layer.class_name not in KERAS_LAYERS or not layer.is_built_in:
        raise Unsupported(_unknown(layer))
    if call.training:
        raise Unsupported("its author calls it in training mode, where results are random")
    if not call.inputs:
        raise Unsupported("it is connected to nothing")
    result = KERAS_LAYERS[layer.class_name](scope, [tensors[_first(one, tensors)] for one in call.inputs])
    if result.value.producer() not in scope.nodes:
        result = scope.op("Identity", [result])
    result.value.name = name
    return result


def _declare(layer: LayerConfig, scope: Scope) -> None:
    """Find the names of the weights of a layer that lacks its input; some files only number them."""
    if layer.built is None or layer.class_name not in KERAS_LAYERS or not layer.is_built_in:
        return
    source = ir.Value(name=f"{layer.name}/input", type=ir.TensorType(ir.DataType.FLOAT))
    with suppress(Unsupported):
        KERAS_LAYERS[layer.class_name](scope, [described(source, layer.built)])
    scope.discard()


def _unknown(layer: LayerConfig) -> str:
    if layer.class_name == "Lambda":
        return "its class Lambda is Python code hidden in the file, which is never run"
    if layer.class_name in MODEL_CLASSES:
        return "it is a whole model inside the model, which cannot be opened up yet"
    return f"its class {layer.short_class} is not known here"


def _consequences(victims: Mapping[str, int]) -> list[str]:
    return [
        f"{count} {'layer' if count == 1 else 'layers'} cannot run for want of layer {cause}."
        for cause, count in victims.items()
    ]


def _precision(network: Network) -> list[str]:
    policies = {_policy(layer.config.get("dtype")) for layer in network.layers} - {None, "float32"}
    return [
        f"The model was made for {name}; it is computed in float32 here."
        for name in sorted(map(str, policies))
    ]


def _policy(dtype: object) -> str | None:
    """``"float32"``, or the object Keras 3 writes around it."""
    if isinstance(dtype, dict):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, dict) else None
    return dtype if isinstance(dtype, str) else None


def _input(layer: LayerConfig, parts: GraphParts) -> Tensor:
    shape = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
    if not is_shape(shape):
        raise ModelError(f"The file's model configuration gives no shape for the input {layer.name!r}.")
    dtype = _policy(layer.config.get("dtype")) or "float32"
    if dtype not in _INPUT_TYPES:
        raise ModelError(f"The model's input {layer.name!r} is of type {dtype}, which cannot be fed.")
    value = ir.Value(name=parts.name(layer.name), type=ir.TensorType(_INPUT_TYPES[dtype]))
    return described(value, tuple(shape))


_INPUT_TYPES = {
    name: ir.DataType.from_numpy(np.dtype(name))
    for name in (
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "bool",
    )
} | {"string": ir.DataType.STRING}


def _place(call: Call) -> tuple[str, int]:
    return call.layer.name, call.index


def _output_names(network: Network, parts: GraphParts) -> dict[tuple[str, int], tuple[str, ...]]:
    """The layer's name; further results and calls are counted."""
    results: Counter[tuple[str, int]] = Counter()
    for reference in (*network.outputs, *(one for call in network.calls for one in call.inputs)):
        if not 0 <= reference.tensor < _MOST_RESULTS:
            raise ModelError(
                f"The file's model configuration asks for result {reference.tensor} of {reference.layer!r}."
            )
        place = (reference.layer, reference.call)
        results[place] = max(results[place], reference.tensor + 1)
    names = {}
    for call in network.calls:
        wish = call.layer.name if call.index == 0 else f"{call.layer.name}#{call.index + 1}"
        count = max(results[_place(call)], 1)
        names[_place(call)] = tuple(parts.name(wish if at == 0 else f"{wish}:{at}") for at in range(count))
    return names


# A file may claim any number; Keras' own layers have a handful.
_MOST_RESULTS = 64


def _first(reference: Reference, tensors: Mapping[Reference, Tensor]) -> Reference:
    """A model input has one result whatever the file calls it."""
    source = Reference(reference.layer)
    return source if source in tensors and tensors[source].value.is_graph_input() else reference


def _value_name(
    reference: Reference,
    tensors: Mapping[Reference, Tensor],
    names: Mapping[tuple[str, int], tuple[str, ...]],
) -> str:
    place = (reference.layer, reference.call)
    if place not in names:
        return tensors[Reference(reference.layer)].value.name or ""
    return names[place][reference.tensor]


def _outputs(
    network: Network, tensors: Mapping[Reference, Tensor], blame: Mapping[str, str], emitted: Emitted
) -> list[ir.Value]:
    """The model's own outputs; where none can be computed, the last values that can."""
    values = [
        tensors[one].value for one in (_first(one, tensors) for one in network.outputs) if one in tensors
    ]
    if not values:
        made = {tensor.value.name: tensor.value for tensor in tensors.values()}
        values = [
            made[name]
            for spec in emitted.specs
            if spec.reason is not None
            for name in spec.inputs
            if name in made and name not in blame
        ]
    return list(dict.fromkeys(values))
