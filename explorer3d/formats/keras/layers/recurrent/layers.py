"""Recurrent layers: what they are called with, and what they give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer3d.formats.keras.emit import Scope, Shape, Tensor, described, tensors
from explorer3d.formats.keras.layers.conditions import chosen
from explorer3d.formats.keras.layers.masking import given_mask, obeyed_mask
from explorer3d.formats.keras.layers.recurrent.cells import RECURRENT_CELLS, MakeCell, cell_config
from explorer3d.formats.keras.layers.recurrent.operator import operated
from explorer3d.formats.keras.layers.recurrent.recurrence import Cell, Reading
from explorer3d.formats.keras.layers.recurrent.steps import nothing, scanned, wide
from explorer3d.formats.keras.settings import Unsupported


def recurrent(make: MakeCell, name: str, scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``SimpleRNN``, ``LSTM``, ``GRU``: the layer's settings are its cell's.

    Parameters
    ----------
    name : str
        What Keras calls the cell.
    """
    return run(scope, make(scope.part("cell", name), _step_shape(inputs)), inputs)


def rnn(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``RNN`` around one of Keras' cells, or a list of them."""
    entry = scope.settings.raw("cell")
    if isinstance(entry, list):
        entry = {"class_name": "StackedRNNCells", "config": {"cells": entry}}
    layer = cell_config(entry, RECURRENT_CELLS)
    part = scope.part("cell", layer.name, layer.config)
    return run(scope, RECURRENT_CELLS[layer.class_name](part, _step_shape(inputs)), inputs)


def by_cudnn(make: MakeCell, scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``CuDNNLSTM`` and ``CuDNNGRU`` of Keras 2: nothing but the size can be set."""
    fixed = {
        "units": scope.settings.raw("units"),
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "reset_after": True,
    }
    return run(scope, make(scope.of(fixed), _step_shape(inputs)), inputs)


def run(scope: Scope, cell: Cell, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Go over a sequence; gives the output, and the states where the layer returns them.

    Parameters
    ----------
    inputs : sequence of Tensor
        The sequence (N, T, …), and the initial states if there are any.
    """
    settings = scope.settings
    time = time_axis(scope)
    reading = Reading(
        time,
        settings.flag("go_backwards", False),
        settings.flag("return_sequences", False),
        settings.flag("zero_output_for_mask", False),
    )
    # Keras' unrolled loop puts its zeros where the mask has them, though its results are in reverse order
    # (`rnn` in keras/src/backend/tensorflow/rnn.py).
    late = settings.flag("unroll", False) and reading.zero_masked and reading.backwards and reading.sequences
    if late:
        reading = replace(reading, zero_masked=False)
    x = scope.floating(inputs[0])
    mask = obeyed_mask(scope, inputs[0], initial_states(scope, inputs))
    given = _given_states(scope, cell, inputs)
    inside = scope if time == 1 else scope.elsewhere()
    if mask is None and cell.operator is not None:
        result = operated(inside, cell.operator(), x, given, reading)
    else:
        result = scanned(inside, cell, x, given, mask, reading)
        if late and mask is not None:
            result = replace(
                result,
                output=chosen(scope, wide(scope, mask, result.output.rank), result.output, nothing(scope)),
            )
    # Inside the loops the first axis was another one.
    batch = scope.batch if time == 1 else None
    first = scope.batch if reading.sequences else batch
    output = described(result.output.value, result.output.shape, first)
    states = [described(state.value, state.shape, batch) for state in result.states]
    output = replace(output, mask=given_mask(scope, inputs[0])) if reading.sequences else output
    return (output, *(states if settings.flag("return_state", False) else ()))


def time_axis(scope: Scope) -> int:
    """Keras 2 could have time before the batch."""
    return 0 if scope.settings.flag("time_major", False) else 1


def initial_states(scope: Scope, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Those a layer is called with: behind its input, or by name."""
    return [*inputs[1:]] or tensors(scope.keywords.get("initial_state"))


def _given_states(scope: Scope, cell: Cell, inputs: Sequence[Tensor]) -> list[Tensor] | None:
    if scope.settings.integer("num_constants", 0) or tensors(scope.keywords.get("constants")):
        raise Unsupported("it is called with constants, which Keras' own cells do not take")
    states = initial_states(scope, inputs)
    if not states:
        return None
    if len(states) != len(cell.states):
        raise Unsupported(f"it is given {len(states)} initial states, but {len(cell.states)} are needed")
    for state, shape in zip(states, cell.states, strict=True):
        if state.rank != len(shape) or any(
            size not in (None, wanted) for size, wanted in zip(state.shape[1:], shape[1:], strict=True)
        ):
            raise Unsupported(f"it is given an initial state of shape {state.shape}, but {shape} is needed")
    return [scope.floating(state) for state in states]


def _step_shape(inputs: Sequence[Tensor]) -> Shape:
    if inputs[0].rank < 3:
        raise Unsupported(f"its input has {inputs[0].rank} axes, but 3 are needed")
    return (None, *inputs[0].shape[2:])
