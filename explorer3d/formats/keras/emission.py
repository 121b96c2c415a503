"""What the call of one layer becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explorer3d.formats.keras.arguments import Reference, mapped, references
from explorer3d.formats.keras.config import Call, LayerConfig, Network
from explorer3d.formats.keras.emit import Scope, Tensor, tensors
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.formats.keras.layers.absent import ABSENT
from explorer3d.formats.keras.layers.foreign import UNREGISTERED
from explorer3d.formats.keras.layers.masking import MASKS
from explorer3d.formats.keras.layers.quantized import RUNNABLE, quantization
from explorer3d.formats.keras.operations import is_operation, operated
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.formats.keras.weights import numbered_groups


def emit_layer(
    scope: Scope, layer: LayerConfig, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[Tensor, ...]:
    """Emit a layer, an operation, or (as one layer) a whole model.

    Parameters
    ----------
    args, keywords
        What it is called with: plain values, arrays and `Tensor`.

    Raises
    ------
    Unsupported
        It cannot run.
    """
    if is_operation(layer):
        results = operated(scope, layer, args, keywords)
    elif layer.network is not None:
        results = _emit_inside(scope, layer.network, _first_argument(args, keywords))
    else:
        results = _emit_class(scope, layer, _first_argument(args, keywords), keywords)
    scope.check_weights()
    return results


def _first_argument(args: Sequence[Any], keywords: Mapping[str, Any]) -> list[Tensor]:
    """The tensors a layer is called with by position; if there are none, those of its first keyword."""
    given = (tensors(value) for value in (args, *keywords.values()))
    return next((found for found in given if found), [])


def _emit_class(
    scope: Scope, layer: LayerConfig, inputs: Sequence[Tensor], keywords: Mapping[str, Any]
) -> tuple[Tensor, ...]:
    name = _known_class(layer)
    if name is None:
        reason = ABSENT.get(layer.class_name, "is not known here")
        raise Unsupported(f"its class {layer.short_class} {reason}")
    mode = quantization(layer.config.get("dtype"))
    if mode is not None and (name, mode) not in RUNNABLE:
        raise Unsupported(f"its weights are quantised ({mode}), with which a {name} cannot be run here")
    if not inputs:
        raise Unsupported("it is connected to nothing")
    scope.keywords = {key: _as_tensor(scope, key, value) for key, value in keywords.items()}
    inputs = [_in_one_precision(scope, x) for x in inputs]
    result = KERAS_LAYERS[name](scope, inputs)
    results = (result,) if isinstance(result, Tensor) else tuple(result)
    if name in MASKS and results[0].mask is None and any(x.mask is not None for x in inputs):
        results = (replace(results[0], mask=MASKS[name](scope, inputs)), *results[1:])
    return results


def _in_one_precision(scope: Scope, x: Tensor) -> Tensor:
    """Keras' layers cast floats to what they compute in, and leave whole numbers alone."""
    kind = x.value.dtype
    return replace(scope.floating(x), mask=x.mask) if kind is not None and kind.is_floating_point() else x


def is_known(layer: LayerConfig) -> bool:
    """Whether its class has an emitter."""
    return _known_class(layer) is not None


def known_by_name(layer: LayerConfig) -> str | None:
    """The name of a class that is registered as nobody's in particular, so that no more is known of it."""
    name = _known_class(layer) or ""
    return name.removeprefix("Custom>") if name.startswith("Custom>") or name in UNREGISTERED else None


def _known_class(layer: LayerConfig) -> str | None:
    """Its class's name in `KERAS_LAYERS`; of a class that is not Keras', the name it is registered under."""
    if layer.is_built_in:
        name = layer.class_name
    else:
        name = layer.registered_name
        if ">" not in name and name not in UNREGISTERED:
            return None
    return name if name in KERAS_LAYERS else None


def _as_tensor(scope: Scope, key: str, value: Any) -> Any:
    return scope.constant(value, key, value.dtype) if isinstance(value, np.ndarray) else value


def _emit_inside(scope: Scope, network: Network, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """A network as one layer, for a layer that wraps it."""
    if len(inputs) != len(network.inputs):
        raise Unsupported(f"it has {len(inputs)} inputs, but {len(network.inputs)} are needed")
    results = {Reference(layer.name): x for layer, x in zip(network.inputs, inputs, strict=True)}
    groups = numbered_groups(network.layers)

    def given(reference: Reference) -> Tensor:
        if reference not in results:
            raise Unsupported(f"result {reference.tensor} of its layer {reference.layer} is not known")
        return results[reference]

    for call in network.calls:
        layer = call.layer
        part = scope.part(f"layers/{groups.get(layer.name, layer.name)}", layer.name, layer.config)
        check_inference(call)
        made = emit_layer(part, layer, mapped(list(call.args), given), mapped(call.kwargs, given))
        results.update({Reference(layer.name, call.index, at): one for at, one in enumerate(made)})
    return tuple(given(reference) for reference in network.outputs)


def check_inference(call: Call) -> None:
    """Raise `Unsupported` if a call's results are random, or it has nothing to work on."""
    if call.training:
        raise Unsupported("its author calls it in training mode, where results are random")
    if not any(references(call.args)) and not any(references(call.kwargs)):
        raise Unsupported("it is connected to nothing")
