"""Recurrent operators, written step by step in operators that have rules.

References
----------
https://onnx.ai/onnx/operators/onnx__LSTM.html, …/onnx__GRU.html, …/onnx__RNN.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.graph.inference import infer
from explorer3d.graph.skeleton import STANDARD, constant

MOST_STEPS = 512
"""Of one operator, both directions together: every step is some fifty nodes there and back."""

Function = tuple[str, dict[str, float]]
"""An activation function with its numbers."""

State = tuple[ir.Value, ...]
"""What is handed from step to step, each (1, N, H)."""

_FUNCTIONS = {"RNN": ("Tanh",), "GRU": ("Sigmoid", "Tanh"), "LSTM": ("Sigmoid", "Tanh", "Tanh")}
_NUMBERS: dict[str, dict[str, float]] = {
    "Affine": {"alpha": 1.0, "beta": 0.0},
    "Elu": {"alpha": 1.0},
    "HardSigmoid": {"alpha": 0.2, "beta": 0.5},
    "LeakyRelu": {"alpha": 0.01},
    "Relu": {},
    "Sigmoid": {},
    "Softplus": {},
    "Softsign": {},
    "Tanh": {},
    "ThresholdedRelu": {"alpha": 1.0},
}
"""The functions that are known, each with what its numbers are if the operator does not say."""


def unroll(model: ir.Model) -> None:
    """Replace recurrent operators by their steps. Values keep their names.

    One whose number of steps is not known, or that does what is seldom met (clips, ends sequences early,
    has its batch first), stays as it is.

    Parameters
    ----------
    model : onnx_ir.Model
        Of opset 18 or newer, with concrete shapes of its inputs.
    """
    nodes = [node for node in model.graph if node.domain in STANDARD and node.op_type in _FUNCTIONS]
    if not nodes:
        return
    inferred = infer(model, batch=False)
    for node in nodes:
        shape, dtype = inferred.get((node.inputs[0] or node.outputs[0]).name or "", (None, ""))
        directions = 2 if node.attributes.get_string("direction", "") == "bidirectional" else 1
        if shape is None or None in shape or directions * (shape[0] or 0) > MOST_STEPS:
            continue
        functions = _functions(node)
        if functions is not None and _is_plain(node, shape[0] or 0):
            _Steps(model.graph, node, directions, (shape[0] or 0, shape[1] or 0), dtype, functions).write()


def _functions(node: ir.Node) -> list[Function] | None:
    """The activation functions of all directions; None if one is not known."""
    names = list(node.attributes.get_strings("activations", ())) or list(_FUNCTIONS[node.op_type]) * 2
    given = {of: iter(node.attributes.get_floats(f"activation_{of}", ())) for of in ("alpha", "beta")}
    found = []
    for name in names:
        if name not in _NUMBERS:
            return None
        # Each function takes the next number of those lists, if it has one.
        found.append((name, {of: next(given[of], usual) for of, usual in _NUMBERS[name].items()}))
    return found


def _is_plain(node: ir.Node, steps: int) -> bool:
    if node.attributes.get_int("layout", 0) or "clip" in node.attributes:
        return False
    lengths = node.inputs[4] if len(node.inputs) > 4 else None
    told = None if lengths is None else constant(lengths)
    return lengths is None or (told is not None and bool(np.all(told.numpy() == steps)))


@dataclass(frozen=True, eq=False)
class _Cell:
    """One direction of an operator.

    Attributes
    ----------
    fed : Value
        (T, N, G · H): what goes in, weighed, with its biases.
    state : tuple of Value
        At the beginning.
    step : callable
        One step of what goes in, and the state → the next state, what is given first.
    """

    fed: ir.Value
    state: State
    step: Callable[[ir.Value, State], State]


class _Steps:
    """Writes one operator."""

    def __init__(
        self,
        graph: ir.Graph,
        node: ir.Node,
        directions: int,
        size: tuple[int, int],
        dtype: str,
        functions: Sequence[Function],
    ) -> None:
        self._graph, self._node, self._directions, self._all = graph, node, directions, functions
        self._steps, self._batch = size
        self._dtype, self._hidden = np.dtype(dtype), node.attributes.get_int("hidden_size")
        self._made: list[ir.Node] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], ir.Value] = {}
        self._place = next(value.name for value in node.outputs if value.name)

    def write(self) -> None:
        """Put the steps into the place of the operator."""
        ends = [self._direction(place) for place in range(self._directions)]
        found = [self._op("Concat", *(every for every, _ in ends), axis=1)]
        last = zip(*(state for _, state in ends), strict=True)
        found += [self._op("Concat", *states, axis=0) for states in last]
        self._graph.insert_before(self._node, self._made)
        pairs = [(old, old.name, new) for old, new in zip(self._node.outputs, found, strict=False)]
        for old, _, new in pairs:
            old.replace_all_uses_with(new)
        self._graph.remove(self._node, safe=True)
        for _, name, new in pairs:
            new.name = name or new.name

    def _direction(self, place: int) -> tuple[ir.Value, State]:
        """(T, 1, N, H) what it gives at every step, and the state it ends with."""
        kind = self._node.op_type
        cells = {"RNN": self._rnn, "GRU": self._gru, "LSTM": self._lstm}
        count = len(_FUNCTIONS[kind])
        cell = cells[kind](place, self._all[place * count : (place + 1) * count])
        backwards = place == 1 or self._node.attributes.get_string("direction", "") == "reverse"
        order = -1 if backwards else 1
        state, every = cell.state, []
        for fed in self._split(cell.fed, [1] * self._steps, 0)[::order]:
            state = cell.step(fed, state)
            every.append(state[0])
        steps = self._op("Concat", *every[::order], axis=0)
        return self._op("Unsqueeze", steps, self._constant(np.array([1]))), state

    def _rnn(self, place: int, functions: Sequence[Function]) -> _Cell:
        (f,) = functions
        back, bias, again = self._weights(place, 1)

        def step(fed: ir.Value, state: State) -> State:
            return (self._apply(f, self._add(fed, self._op("MatMul", state[0], back))),)

        return _Cell(self._fed(place, bias, again), (self._begin(5, place),), step)

    def _gru(self, place: int, functions: Sequence[Function]) -> _Cell:
        """The gates are update, reset and candidate."""
        f, g = functions
        size = self._hidden
        back, bias, again = self._weights(place, 3)
        together = bool(self._node.attributes.get_int("linear_before_reset", 0))
        gates, candidate = self._split(back, [2 * size, size], 1)

        def step(fed: ir.Value, state: State) -> State:
            (h,) = state
            into, new = self._split(fed, [2 * size, size], 2)
            if together:
                known = self._op("MatMul", h, back)
                known = self._add(known, again) if again is not None else known
                let, seen = self._split(known, [2 * size, size], 2)
                update, reset = self._split(self._apply(f, self._add(into, let)), [size, size], 2)
                seen = self._mul(reset, seen)
            else:
                let = self._op("MatMul", h, gates)
                update, reset = self._split(self._apply(f, self._add(into, let)), [size, size], 2)
                seen = self._op("MatMul", self._mul(reset, h), candidate)
            made = self._apply(g, self._add(new, seen))
            # (1 − z) · candidate + z · h
            return (self._add(made, self._mul(update, self._op("Sub", h, made))),)

        fed = self._fed(place, bias, None if together else again)
        return _Cell(fed, (self._begin(5, place),), step)

    def _lstm(self, place: int, functions: Sequence[Function]) -> _Cell:
        """The gates are input, output, forget and candidate; what looks at the cell input, output, forget."""
        f, g, h = functions
        size = self._hidden
        back, bias, again = self._weights(place, 4)
        given = self._given(7, place)
        peeping = None if given is None else self._split(given, [size] * 3, 1)
        coupled = bool(self._node.attributes.get_int("input_forget", 0))

        def gate(total: ir.Value, cell: ir.Value, number: int) -> ir.Value:
            seen = total if peeping is None else self._add(total, self._mul(peeping[number], cell))
            return self._apply(f, seen)

        def step(fed: ir.Value, state: State) -> State:
            before = state[1]
            sums = self._add(fed, self._op("MatMul", state[0], back))
            into, out, kept, new = self._split(sums, [size] * 4, 2)
            let = gate(into, before, 0)
            keep = self._op("Sub", self._number(1), let) if coupled else gate(kept, before, 2)
            cell = self._add(self._mul(keep, before), self._mul(let, self._apply(g, new)))
            return self._mul(gate(out, cell, 1), self._apply(h, cell)), cell

        fed = self._fed(place, bias, again)
        return _Cell(fed, (self._begin(5, place), self._begin(6, place)), step)

    def _weights(self, place: int, gates: int) -> tuple[ir.Value, ir.Value | None, ir.Value | None]:
        """(H, G · H) by which what comes back is weighed, and (1, G · H) biases of both."""
        back, biases = self._given(2, place), self._given(3, place)
        assert back is not None
        turned = self._op("Transpose", self._op("Squeeze", back, self._constant(np.array([0]))), perm=[1, 0])
        if biases is None:
            return turned, None, None
        bias, again = self._split(biases, [gates * self._hidden] * 2, 1)
        return turned, bias, again

    def _fed(self, place: int, *biases: ir.Value | None) -> ir.Value:
        weight = self._given(1, place)
        assert weight is not None
        turned = self._op(
            "Transpose", self._op("Squeeze", weight, self._constant(np.array([0]))), perm=[1, 0]
        )
        total = self._op("MatMul", self._node.inputs[0], turned)
        for bias in biases:
            total = total if bias is None else self._add(total, bias)
        return total

    def _begin(self, number: int, place: int) -> ir.Value:
        given = self._given(number, place)
        if given is not None:
            return given
        return self._constant(np.zeros((1, self._batch, self._hidden), self._dtype))

    def _given(self, number: int, place: int) -> ir.Value | None:
        """An input's part for a direction, its first axis of size 1."""
        inputs = self._node.inputs
        value = inputs[number] if number < len(inputs) else None
        if value is None or self._directions == 1:
            return value
        ends = (self._constant(np.array([end])) for end in (place, place + 1, 0))
        return self._op("Slice", value, *ends)

    def _apply(self, function: Function, value: ir.Value) -> ir.Value:
        name, numbers = function
        if name == "Affine":
            scaled = self._mul(value, self._number(numbers["alpha"]))
            return self._add(scaled, self._number(numbers["beta"]))
        return self._op(name, value, **numbers)

    def _add(self, one: ir.Value, other: ir.Value) -> ir.Value:
        return self._op("Add", one, other)

    def _mul(self, one: ir.Value, other: ir.Value) -> ir.Value:
        return self._op("Mul", one, other)

    def _split(self, value: ir.Value, sizes: Sequence[int], axis: int) -> Sequence[ir.Value]:
        count = len(sizes)
        if len(set(sizes)) == 1:
            return self._node_of("Split", (value,), count, {"axis": axis, "num_outputs": count})
        return self._node_of("Split", (value, self._constant(np.array(sizes))), count, {"axis": axis})

    def _op(self, op_type: str, *inputs: ir.Value | None, **attributes: Any) -> ir.Value:
        return self._node_of(op_type, inputs, 1, attributes)[0]

    def _node_of(
        self, op_type: str, inputs: Sequence[ir.Value | None], outputs: int, attributes: dict[str, Any]
    ) -> Sequence[ir.Value]:
        node = ir.node(op_type, inputs, attributes=attributes, num_outputs=outputs)
        for number, value in enumerate(node.outputs):
            value.name = f"{self._place}/steps/{len(self._made)}/{number}"
        self._made.append(node)
        return node.outputs

    def _number(self, number: float) -> ir.Value:
        return self._constant(np.array(number, self._dtype))

    def _constant(self, array: np.ndarray) -> ir.Value:
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            self._constants[key] = ir.Value(
                name=f"{self._place}/steps/constant/{len(self._constants)}",
                shape=ir.Shape(array.shape),
                type=ir.TensorType(ir.DataType.from_numpy(array.dtype)),
                const_value=ir.Tensor(array),
            )
            self._graph.register_initializer(self._constants[key])
        return self._constants[key]
