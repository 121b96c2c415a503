"""The fast road of recurrent layers: ONNX' own operators, where they compute the same.

They know no masks but padding at the end, and a few activation functions.

References
----------
https://onnx.ai/onnx/operators/onnx__LSTM.html, …/onnx__GRU.html, …/onnx__RNN.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.activation import hard_sigmoid_slope, named_function
from explorer3d.formats.keras.layers.recurrent.recurrence import Operator, Reading, Run
from explorer3d.formats.keras.layers.recurrent.steps import reversed_along


def operated(
    scope: Scope, operator: Operator, x: Tensor, states: Sequence[Tensor] | None, reading: Reading
) -> Run:
    """Go over all steps.

    Parameters
    ----------
    x : Tensor
        (N, T, F), or (T, N, F) if the reading says so.
    states : sequence of Tensor (N, units), or None
        Zeros if None.
    """
    scope, units = scope.elsewhere(), operator.units
    count = 2 if operator.name == "LSTM" else 1
    x = x if reading.time == 0 else scope.transpose(x, (1, 0, 2))
    steps, batch, _ = x.shape
    front = scope.integers([0], "front")
    initial = [scope.op("Unsqueeze", [state, front], (1, batch, units)) for state in states or ()]
    every, *last = scope.ops(
        operator.name,
        # Between the weights and the states stand lengths, which are all equal.
        [x, *operator.weights, *([None, *initial] if initial else [])],
        [(steps, 1, batch, units), *[(1, batch, units)] * count],
        hidden_size=units,
        direction="reverse" if reading.backwards else "forward",
        **operator.attributes,
    )
    final = tuple(scope.op("Squeeze", [state, front], (batch, units)) for state in last)
    if not reading.sequences:
        return Run(final[0], final)
    output = scope.op("Squeeze", [every, scope.integers([1], "direction")], (steps, batch, units))
    if reading.backwards:
        # ONNX keeps the order of the input, Keras gives what it computed first first.
        output = reversed_along(scope, output, 0)
    return Run(output if reading.time == 0 else scope.transpose(output, (1, 0, 2)), final)


def standard(scope: Scope, keys: Sequence[str]) -> dict[str, Any] | None:
    """Write activations as attributes; None if ONNX lacks one.

    Parameters
    ----------
    keys : sequence of str
        The settings that name them, in ONNX' order.
    """
    names = [named_function(scope, key) for key in keys]
    slope = hard_sigmoid_slope(scope.keras)
    known: dict[str | None, tuple[str, list[float], list[float]]] = {
        "elu": ("Elu", [1.0], []),
        "hard_sigmoid": ("HardSigmoid", [slope], [0.5]),
        "leaky_relu": ("LeakyRelu", [0.2], []),
        "linear": ("Affine", [1.0], [0.0]),
        "relu": ("Relu", [], []),
        "sigmoid": ("Sigmoid", [], []),
        "softplus": ("Softplus", [], []),
        "softsign": ("Softsign", [], []),
        "tanh": ("Tanh", [], []),
    }
    if not all(name in known for name in names):
        return None
    found = [known[name] for name in names]
    attributes: dict[str, Any] = {"activations": [function for function, _, _ in found]}
    # A list of the functions that have such a number only.
    alphas = [alpha for _, own, _ in found for alpha in own]
    betas = [beta for _, _, own in found for beta in own]
    return (
        attributes
        | ({"activation_alpha": alphas} if alphas else {})
        | ({"activation_beta": betas} if betas else {})
    )
