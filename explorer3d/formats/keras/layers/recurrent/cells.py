"""What recurrent layers compute at each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from explorer3d.formats.keras.config import LayerConfig
from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.layers.inner import inner_layer
from explorer3d.formats.keras.layers.recurrent.operator import standard
from explorer3d.formats.keras.layers.recurrent.recurrence import Cell, Operator
from explorer3d.formats.keras.layers.recurrent.weights import GateWeights, gate_weights
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.formats.keras.weights import numbered_groups

MakeCell = Callable[[Scope, Shape], Cell]


def simple_rnn_cell(scope: Scope, shape: Shape) -> Cell:
    """``SimpleRNNCell``: f(x·W + h·U + b)."""
    units = scope.settings.size("units")
    weights = gate_weights(scope, _features(shape), units, 1)

    def step(x: Tensor, states: Sequence[Tensor]) -> Sequence[Tensor]:
        return (gate(scope, _sum(scope, x, _product(scope, states[0], weights.recurrent_kernel()))),)

    activations = standard(scope, ["activation"])

    def operator() -> Operator:
        return Operator("RNN", units, weights.of_operator((0,)), activations or {})

    return Cell(
        ((None, units),),
        0,
        lambda x: _weighed(scope, weights, x),
        step,
        None if activations is None else operator,
    )


def lstm_cell(scope: Scope, shape: Shape) -> Cell:
    """``LSTMCell``. Keras' gates are input, forget, candidate, output; ONNX has the output second.

    References
    ----------
    https://www.bioinf.jku.at/publications/older/2604.pdf
    """
    units = scope.settings.size("units")
    weights = gate_weights(scope, _features(shape), units, 4)

    def step(x: Tensor, states: Sequence[Tensor]) -> Sequence[Tensor]:
        before, carry = states
        return lstm_step(scope, _sum(scope, x, _product(scope, before, weights.recurrent_kernel())), carry)

    activations = standard(scope, ["recurrent_activation", "activation", "activation"])

    def operator() -> Operator:
        return Operator("LSTM", units, weights.of_operator((0, 3, 1, 2)), activations or {})

    return Cell(
        ((None, units), (None, units)),
        0,
        lambda x: _weighed(scope, weights, x),
        step,
        None if activations is None else operator,
    )


def lstm_step(scope: Scope, x: Tensor, carry: Tensor, axis: int = -1) -> Sequence[Tensor]:
    """The new output and carry, out of the four gates' sums along an axis and the carry before."""
    into, forget, candidate, out = split(scope, x, 4, axis)
    into, forget, out = (gate(scope, one, "recurrent_activation") for one in (into, forget, out))
    kept = scope.op("Mul", [forget, carry])
    carry = _sum(scope, kept, scope.op("Mul", [into, gate(scope, candidate)]))
    return scope.op("Mul", [out, gate(scope, carry)]), carry


def gru_cell(scope: Scope, shape: Shape) -> Cell:
    """``GRUCell``; the gates are update, reset, candidate.

    With `reset_after` the state is multiplied by its kernel first and then reset, as cuDNN does.

    References
    ----------
    https://arxiv.org/abs/1406.1078, https://arxiv.org/abs/1412.3555
    """
    settings = scope.settings
    # Keras before 2.1 did not have the setting.
    units, after = settings.size("units"), settings.flag("reset_after", False)
    weights = gate_weights(scope, _features(shape), units, 3, two_biases=after)

    def prepare(x: Tensor) -> Tensor:
        y = _product(scope, x, weights.kernel())
        if not weights.has_bias:
            return y
        return _sum(scope, y, weights.input_bias() if after else weights.bias())

    def step(x: Tensor, states: Sequence[Tensor]) -> Sequence[Tensor]:
        before = states[0]
        update, reset, candidate = split(scope, x, 3)
        sums = _product(scope, before, weights.recurrent_kernel(0, None if after else 2))
        if after and weights.has_bias:
            sums = _sum(scope, sums, weights.recurrent_bias())
        of_update, of_reset, *of_candidate = split(scope, sums, 3 if after else 2)
        update = gate(scope, _sum(scope, update, of_update), "recurrent_activation")
        reset = gate(scope, _sum(scope, reset, of_reset), "recurrent_activation")
        if after:
            again = scope.op("Mul", [reset, of_candidate[0]])
        else:
            again = _product(scope, scope.op("Mul", [reset, before]), weights.recurrent_kernel(2))
        new = gate(scope, _sum(scope, candidate, again))
        return (_sum(scope, new, scope.op("Mul", [update, scope.op("Sub", [before, new])])),)

    activations = standard(scope, ["recurrent_activation", "activation"])

    def operator() -> Operator:
        own = {"linear_before_reset": int(after)}
        return Operator("GRU", units, weights.of_operator((0, 1, 2)), (activations or {}) | own)

    return Cell(((None, units),), 0, prepare, step, None if activations is None else operator)


def stacked_cells(scope: Scope, shape: Shape) -> Cell:
    """``StackedRNNCells``: at each step, each cell takes what the one before it gives."""
    entries = scope.settings.raw("cells")
    if not isinstance(entries, list) or not entries:
        raise Unsupported("its setting cells is not a list of cells")
    layers = [cell_config(entry, SINGLE_CELLS) for entry in entries]
    groups = numbered_groups(layers)
    cells: list[Cell] = []
    for layer in layers:
        part = scope.part(f"cells/{groups[layer.name]}", layer.name, layer.config)
        cells.append(SINGLE_CELLS[layer.class_name](part, shape))
        shape = cells[-1].states[cells[-1].output]

    def step(x: Tensor, states: Sequence[Tensor]) -> Sequence[Tensor]:
        after: list[Tensor] = []
        for cell in cells:
            own = states[len(after) : len(after) + len(cell.states)]
            new = cell.step(cell.prepare(x) if after else x, own)
            after += new
            x = new[cell.output]
        return after

    states = tuple(state for cell in cells for state in cell.states)
    output = len(states) - len(cells[-1].states) + cells[-1].output
    return Cell(states, output, cells[0].prepare, step, cells[0].operator if len(cells) == 1 else None)


SINGLE_CELLS: dict[str, MakeCell] = {
    "GRUCell": gru_cell,
    "LSTMCell": lstm_cell,
    "SimpleRNNCell": simple_rnn_cell,
}

RECURRENT_CELLS: dict[str, MakeCell] = {**SINGLE_CELLS, "StackedRNNCells": stacked_cells}


def cell_config(entry: object, known: dict[str, MakeCell]) -> LayerConfig:
    """A cell in a layer's settings.

    Raises
    ------
    Unsupported
        It is none, or none of those that are known.
    """
    layer = inner_layer(entry, "cell")
    if layer.class_name not in known or not layer.is_built_in:
        raise Unsupported(f"its cell {layer.short_class} is not known here")
    return layer


def gate(scope: Scope, x: Tensor, key: str = "activation") -> Tensor:
    """Apply an activation that keeps the number of units."""
    y = activated(scope, x, key)
    if y.shape != x.shape:
        raise Unsupported(f"its {key} makes {y.shape[-1]} units of {x.shape[-1]}")
    return y


def split(scope: Scope, x: Tensor, count: int, axis: int = -1) -> list[Tensor]:
    """Equal parts of an axis."""
    axis = x.axis(axis)
    shape = (*x.shape[:axis], x.known(axis) // count, *x.shape[axis + 1 :])
    return scope.ops("Split", [x], [shape] * count, axis=axis, num_outputs=count)


def _features(shape: Shape) -> int:
    if len(shape) != 2:
        raise Unsupported(f"its input has {len(shape) + 1} axes, but 3 are needed")
    if shape[-1] is None:
        raise Unsupported("the size of its input's last axis is not in the file")
    return shape[-1]


def _weighed(scope: Scope, weights: GateWeights, x: Tensor) -> Tensor:
    y = _product(scope, x, weights.kernel())
    return _sum(scope, y, weights.bias()) if weights.has_bias else y


def _product(scope: Scope, x: Tensor, kernel: Tensor) -> Tensor:
    return scope.op("MatMul", [x, kernel], (*x.shape[:-1], kernel.shape[-1]))


def _sum(scope: Scope, x: Tensor, y: Tensor) -> Tensor:
    return scope.op("Add", [x, y])
