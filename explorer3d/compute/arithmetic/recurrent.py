"""One step of one unit of a recurrent operator: its gates, its state, its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.arithmetic.parts import Operand, Operation
from explorer3d.compute.arithmetic.weighing import Cell

Function = Callable[[np.ndarray], np.ndarray]

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
_FUNCTIONS = {
    "RNN": ("Tanh",),
    "GRU": ("Sigmoid", "Tanh"),
    "LSTM": ("Sigmoid", "Tanh", "Tanh"),
}
_ALPHA = {"Affine": 1.0, "LeakyRelu": 0.01, "ThresholdedRelu": 1.0, "HardSigmoid": 0.2, "Elu": 1.0}
_BETA = {"Affine": 0.0, "HardSigmoid": 0.5}

_APPLIED: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "Sigmoid": lambda x, a, b: 1 / (1 + np.exp(-x)),
    "Tanh": lambda x, a, b: np.tanh(x),
    "Relu": lambda x, a, b: np.maximum(x, 0),
    "Affine": lambda x, a, b: a * x + b,
    "LeakyRelu": lambda x, a, b: np.where(x < 0, a * x, x),
    "ThresholdedRelu": lambda x, a, b: np.where(x > a, x, 0),
    "HardSigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "Elu": lambda x, a, b: np.where(x < 0, a * np.expm1(np.minimum(x, 0)), x),
    "Softsign": lambda x, a, b: x / (1 + np.abs(x)),
    "Softplus": lambda x, a, b: np.logaddexp(0, x),
}


@dataclass(frozen=True, eq=False)
class _Unit:
    """All that one unit has seen up to a step, the first step first.

    Attributes
    ----------
    number : int
    x, h : (S, I), (S, H) float array
        By step: what is fed in, and what all units gave the step before.
    c : float
        Its cell at the beginning.
    w, r : (G, I), (G, H) float array
        By gate: its row of the weights.
    bias, bias_again : (G,) float array
        Of the input, and of what comes back.
    functions : tuple of callable
    """

    number: int
    x: np.ndarray
    h: np.ndarray
    c: float
    w: np.ndarray
    r: np.ndarray
    bias: np.ndarray
    bias_again: np.ndarray
    functions: tuple[Function, ...]

    @property
    def fed(self) -> np.ndarray:
        """(S, G) array: what is fed in, weighed."""
        return np.asarray(self.x @ self.w.T)

    @property
    def back(self) -> np.ndarray:
        """(S, G) array: what comes back, weighed."""
        return np.asarray(self.h @ self.r.T)

    def gate(self, name: str, number: int, function: int) -> Operation:
        """A gate at the last step."""
        parts = (
            Operand("Σ x × W", float(self.fed[-1, number])),
            Operand("Σ h × R", float(self.back[-1, number])),
            Operand("bias", float(self.bias[number] + self.bias_again[number])),
        )
        total = np.array(sum(one.value for one in parts))
        return Operation(name, parts, float(self.functions[function](total)))


def spelled(cell: Cell) -> list[Operation]:
    """Spell out a place of what a recurrent operator gives.

    Parameters
    ----------
    cell : Cell
        Its index counts step, direction, batch and unit; without a step it is the last one.

    Raises
    ------
    ValueError
        The operator does what is not spelled out here: clips, ends sequences early, looks at its cell.

    References
    ----------
    https://onnx.ai/onnx/operators/onnx__LSTM.html, …/onnx__GRU.html, …/onnx__RNN.html
    """
    attributes, kind = cell.node.attributes, cell.node.op_type
    if attributes.get_int("layout", 0) or attributes.get_int("input_forget", 0) or "clip" in attributes:
        raise ValueError("an order of axes, a coupling or a limit that is seldom met")
    if cell.given(4) or cell.given(7):
        raise ValueError("sequences that end early, or peepholes")
    steps = cell.shape(0)[0]
    *step, direction, batch, number = cell.index
    backwards = direction == 1 or attributes.get_string("direction", "forward") == "reverse"
    order = np.arange(steps)[::-1] if backwards else np.arange(steps)
    if step:
        order = order[: int(np.flatnonzero(order == step[0])[0]) + 1]
    unit = _unit(cell, order, direction, batch, number)
    if kind == "LSTM":
        return _lstm(unit)
    return _gru(cell, unit, direction) if kind == "GRU" else [unit.gate("RNN", 0, 0)]


def _unit(cell: Cell, order: np.ndarray, direction: int, batch: int, number: int) -> _Unit:
    size, count = cell.shape(2)[-1], _GATES[cell.node.op_type]
    rows = np.arange(count) * size + number
    first = cell.numbers(5, (direction, batch)) if cell.given(5) else np.zeros(size)
    before = np.asarray(cell.result[order[:-1], direction, batch], np.float64).reshape(-1, size)
    biases = cell.numbers(3, (direction,)) if cell.given(3) else np.zeros(2 * count * size)
    return _Unit(
        number,
        cell.numbers(0, (order, batch)),
        np.concatenate([first[None], before]),
        float(cell.numbers(6, (direction, batch, number))) if cell.given(6) else 0.0,
        cell.numbers(1, (direction, rows)),
        cell.numbers(2, (direction, rows)),
        biases[rows],
        biases[count * size + rows],
        _functions(cell, direction),
    )


def _functions(cell: Cell, direction: int) -> tuple[Function, ...]:
    attributes = cell.node.attributes
    usual = _FUNCTIONS[cell.node.op_type]
    names = list(attributes.get_strings("activations", ())) or list(usual) * cell.shape(1)[0]
    # Each function takes the next number of those lists, if it has one.
    alphas, betas = (iter(attributes.get_floats(f"activation_{of}", ())) for of in ("alpha", "beta"))
    found: list[Function] = []
    for name in names:
        if name not in _APPLIED:
            raise ValueError(f"the activation {name}")
        alpha = next(alphas, _ALPHA[name]) if name in _ALPHA else 0.0
        beta = next(betas, _BETA[name]) if name in _BETA else 0.0
        found.append(_function(name, alpha, beta))
    return tuple(found[direction * len(usual) : (direction + 1) * len(usual)])


def _function(name: str, alpha: float, beta: float) -> Function:
    return lambda x: np.asarray(_APPLIED[name](x, alpha, beta))


def _lstm(unit: _Unit) -> list[Operation]:
    """The gates are input, output, forget and candidate."""
    f, g, _ = unit.functions
    sums = unit.fed + unit.back + unit.bias + unit.bias_again
    into, kept, new = f(sums[:, 0]), f(sums[:, 2]), g(sums[:, 3])
    before = unit.c
    for at in range(len(sums) - 1):
        before = float(kept[at] * before + into[at] * new[at])
    gates = [
        unit.gate("forget gate", 2, 0),
        unit.gate("input gate", 0, 0),
        unit.gate("candidate", 3, 1),
        unit.gate("output gate", 1, 0),
    ]
    forget, let, candidate, out = (Operand(one.operator, one.result) for one in gates)
    state = forget.value * before + let.value * candidate.value
    parts = (
        Operation("kept", (forget, Operand("cell before", before)), forget.value * before),
        Operation("added", (let, candidate), let.value * candidate.value),
    )
    cell = Operation("cell", tuple(Operand(one.operator, one.result) for one in parts), state)
    result = out.value * float(unit.functions[2](np.array(state)))
    return [*gates, *parts, cell, Operation("LSTM", (out, Operand("cell", state)), result)]


def _gru(cell: Cell, unit: _Unit, direction: int) -> list[Operation]:
    """The gates are update, reset and candidate."""
    f, g = unit.functions
    update, reset = unit.gate("update gate", 0, 0), unit.gate("reset gate", 1, 0)
    fed, own = Operand("Σ x × W", float(unit.fed[-1, 2])), float(unit.h[-1, unit.number])
    if cell.node.attributes.get_int("linear_before_reset", 0):
        again = float(unit.back[-1, 2] + unit.bias_again[2])
        back = Operand("reset gate × Σ h × R", reset.result * again)
        bias = Operand("bias", float(unit.bias[2]))
    else:
        size = len(unit.h[-1])
        rows = slice(size, 2 * size)
        weights = (cell.numbers(at, (direction, rows)) for at in (1, 2))
        sums = sum(one @ seen for one, seen in zip(weights, (unit.x[-1], unit.h[-1]), strict=True))
        if cell.given(3):
            biases = cell.numbers(3, (direction,))
            sums = sums + biases[rows] + biases[3 * size :][rows]
        back = Operand("Σ resets × h × R", float((f(np.asarray(sums)) * unit.h[-1]) @ unit.r[2]))
        bias = Operand("bias", float(unit.bias[2] + unit.bias_again[2]))
    parts = (fed, back, bias)
    new = float(g(np.array(sum(one.value for one in parts))))
    result = (1 - update.result) * new + update.result * own
    operands = Operand("update gate", update.result), Operand("candidate", new), Operand("h before", own)
    return [update, reset, Operation("candidate", parts, new), Operation("GRU", operands, result)]


RECURRENT = frozenset(_GATES)
"""Operators that are spelled out by `spelled`."""
