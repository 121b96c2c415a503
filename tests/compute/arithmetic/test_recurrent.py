"""Steps of recurrent operators spelled out, against onnxruntime and worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import tanh
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute.arithmetic.explain import Explain
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.compute.arithmetic.test_explain import check, noise
from tests.formats.keras_files import layer, sequential, write_h5

Make = Callable[..., Model]
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}

CASES: list[tuple[str, dict[str, Any], int, bool]] = [
    ("RNN", {}, 1, True),
    ("RNN", {"activations": ["Affine"], "activation_alpha": [0.5], "activation_beta": [0.1]}, 1, False),
    ("RNN", {"direction": "reverse", "activations": ["Relu"]}, 1, True),
    ("GRU", {}, 1, True),
    ("GRU", {"linear_before_reset": 1}, 1, True),
    ("GRU", {"direction": "bidirectional", "linear_before_reset": 1}, 2, False),
    ("GRU", {"direction": "bidirectional"}, 2, True),
    ("LSTM", {}, 1, False),
    ("LSTM", {"direction": "reverse"}, 1, True),
    ("LSTM", {"direction": "bidirectional"}, 2, True),
    (
        "LSTM",
        {
            "activations": ["HardSigmoid", "Tanh", "Elu"],
            "activation_alpha": [0.3, 0.7],
            "activation_beta": [0.4],
        },
        1,
        True,
    ),
]


def weights(op: str, directions: int, units: int = 3, features: int = 4) -> dict[str, np.ndarray]:
    rows = GATES[op] * units
    return {
        "w": 0.5 * noise(directions, rows, features, seed=1),
        "r": 0.5 * noise(directions, rows, units, seed=2),
        "b": 0.5 * noise(directions, 2 * rows, seed=3),
    }


@pytest.mark.parametrize(("op", "settings", "directions", "begins"), CASES)
def test_any_step_of_any_unit(
    make: Make,
    key: Callable[[Model], str],
    op: str,
    settings: dict,
    directions: int,
    begins: bool,
) -> None:
    states = {"h0": noise(directions, 2, 3, seed=4), "c0": noise(directions, 2, 3, seed=5)}
    given = ["", *list(states)[: 1 + (op == "LSTM")]] if begins else []
    node = make_node(op, ["x", "w", "r", "b", *given], ["y"], "cell", hidden_size=3, **settings)
    known = weights(op, directions) | {name: states[name] for name in given if name}
    model = make([node], {"x": [5, 2, 4]}, ["y"], **known)
    for one in check(model, key(model), "cell"):
        assert one.operator == op and one.weighing is None


def test_an_lstm_by_hand(make: Make, key: Callable[[Model], str]) -> None:
    """One unit whose gates are half open but for the candidate, which is tanh(x): c = c/2 + tanh(x)/2."""
    node = make_node("LSTM", ["x", "w", "r"], ["y"], "cell", hidden_size=1)
    known = {"w": np.float32([[[0], [0], [0], [1]]]), "r": np.zeros((1, 4, 1), np.float32)}
    model = make([node], {"x": [2, 1, 1]}, ["y"], **known)
    one = Explain(key(model), {"x": np.float32([[[1]], [[2]]])}, "cell", (1, 0, 0, 0))()
    before = tanh(1) / 2
    cell = before / 2 + tanh(2) / 2
    steps = {step.operator: step for step in one.operations}
    gates = ["forget gate", "input gate", "candidate", "output gate"]
    assert list(steps) == [*gates, "kept", "added", "cell", "LSTM"]
    assert [steps[name].result for name in ("forget gate", "input gate", "output gate")] == [0.5] * 3
    assert [(each.name, each.value) for each in steps["candidate"].operands] == [
        ("Σ x × W", 2),
        ("Σ h × R", 0),
        ("bias", 0),
    ]
    assert [each.value for each in steps["kept"].operands] == pytest.approx([0.5, before])
    assert [each.value for each in steps["added"].operands] == pytest.approx([0.5, tanh(2)])
    assert steps["cell"].result == pytest.approx(cell)
    assert one.value == pytest.approx(tanh(cell) / 2)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("LSTM", {"return_sequences": True}),
        ("LSTM", {"go_backwards": True}),
        ("GRU", {"return_sequences": True, "reset_after": True, "go_backwards": True}),
        ("GRU", {"reset_after": False, "recurrent_activation": "hard_sigmoid"}),
        ("SimpleRNN", {"return_sequences": True, "activation": "relu"}),
    ],
)
def test_recurrent_layers_of_keras(
    tmp_path: Path, key: Callable[[Model], str], name: str, config: dict[str, Any]
) -> None:
    count = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[name]
    bias = (2, 3 * count) if config.get("reset_after") else (3 * count,)
    model = read_model(
        write_h5(
            tmp_path / "m.h5",
            sequential(layer(name, "cell", units=3, batch_input_shape=[None, 5, 4], **config)),
            {
                "cell": {
                    "kernel": 0.5 * noise(4, 3 * count, seed=1),
                    "recurrent_kernel": 0.5 * noise(3, 3 * count, seed=2),
                    "bias": 0.5 * noise(*bias, seed=3),
                }
            },
        )
    )
    assert not model.notes
    check(model, key(model), "cell", count=6)


@pytest.mark.parametrize(
    ("further", "settings"),
    [
        ([], {"clip": 3.0}),
        ([], {"activations": ["Sigmoid", "ScaledTanh", "Tanh"]}),
        ([], {"input_forget": 1}),
        (["lengths"], {}),
        (["", "", "", "peepholes"], {}),
    ],
)
def test_what_is_seldom_met_is_not_made_up(
    make: Make, key: Callable[[Model], str], further: list[str], settings: dict[str, Any]
) -> None:
    node = make_node("LSTM", ["x", "w", "r", "b", *further], ["y"], "cell", hidden_size=3, **settings)
    known = weights("LSTM", 1) | {"lengths": np.int32([5, 3]), "peepholes": noise(1, 9)}
    model = make([node], {"x": [5, 2, 4]}, ["y"], **known)
    with pytest.raises(RequestError, match="cannot be spelled out"):
        Explain(key(model), {"x": noise(5, 2, 4)}, "cell", (0, 0, 0, 0))()
