"""A recurrent layer that reads its sequence from both ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer3d.formats.keras.config import LayerConfig
from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.inner import inner_layer
from explorer3d.formats.keras.layers.masking import given_mask, obeyed_mask
from explorer3d.formats.keras.layers.recurrent.layers import initial_states, time_axis
from explorer3d.formats.keras.layers.recurrent.steps import reversed_along
from explorer3d.formats.keras.settings import Settings, Unsupported

_RECURRENT = frozenset(
    {
        "ConvLSTM1D",
        "ConvLSTM2D",
        "ConvLSTM3D",
        "CuDNNGRU",
        "CuDNNLSTM",
        "GRU",
        "LSTM",
        "RNN",
        "SimpleRNN",
    }
)


def bidirectional(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``Bidirectional``: gives the merged outputs (or both), then the states of both layers."""
    forward = _wrapped(scope, "layer", "forward_")
    if scope.settings.has("backward_layer"):
        backward = _wrapped(scope, "backward_layer", "")
    else:
        backward = _wrapped(scope, "layer", "backward_")
        turned = not Settings(forward.config).flag("go_backwards", False)
        backward = replace(backward, config={**backward.config, "go_backwards": turned})
    states = initial_states(scope, inputs)
    mask, obeyed = given_mask(scope, inputs[0]), obeyed_mask(scope, inputs[0], states)
    x = replace(inputs[0], mask=None)
    keywords = {} if obeyed is None else {"mask": obeyed}
    half = len(states) // 2
    one, *its_states = scope.apply("forward_layer", forward, [x, *states[:half]], keywords)
    other, *further_states = scope.apply("backward_layer", backward, [x, *states[half:]], keywords)
    if Settings(forward.config).flag("return_sequences", False):
        other = reversed_along(scope, other, time_axis(scope.of(forward.config)))
    else:
        mask = None
    merged = [replace(result, mask=mask) for result in _merged(scope, one, other)]
    return (*merged, *its_states, *further_states)


def _wrapped(scope: Scope, key: str, prefix: str) -> LayerConfig:
    """One of the two layers; where it returns a sequence, what a mask hides is zero in it."""
    layer = inner_layer(scope.settings.raw(key), key)
    if prefix:
        layer = replace(layer, name=f"{prefix}{layer.name.removeprefix('forward_')}")
    if layer.class_name not in _RECURRENT or not layer.is_built_in:
        raise Unsupported(
            f"it wraps a layer of class {layer.short_class}, which does not read sequences here"
        )
    sequences = Settings(layer.config).flag("return_sequences", False)
    return replace(layer, config={**layer.config, "zero_output_for_mask": sequences})


def _merged(scope: Scope, one: Tensor, other: Tensor) -> list[Tensor]:
    if not scope.settings.has("merge_mode"):
        return [one, other]
    mode = scope.settings.text("merge_mode", "")
    if mode == "concat":
        shape = (*one.shape[:-1], one.known(-1) + other.known(-1))
        return [scope.op("Concat", [one, other], shape, axis=one.rank - 1)]
    if mode not in _OPERATORS:
        raise Unsupported(f"its merge_mode {mode!r} is not known")
    if one.shape != other.shape:
        raise Unsupported(f"its results of shapes {one.shape} and {other.shape} do not fit together")
    result = scope.op(_OPERATORS[mode], [one, other])
    return [scope.op("Mul", [result, scope.constant(0.5, "half")]) if mode == "ave" else result]


_OPERATORS = {"sum": "Add", "ave": "Add", "mul": "Mul"}
