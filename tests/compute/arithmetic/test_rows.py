"""Normalisations, softmax and reductions spelled out, against onnxruntime and worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute.arithmetic.explain import Explain
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.compute.arithmetic.test_explain import check, noise
from tests.formats.keras_files import layer, sequential, write_h5

Make = Callable[..., Model]

# Two maps of 1 3 5 7 and 2 2 2 10: means 4 and 4, variances 5 and 12.
MAPS = np.float32([[[[1, 3], [5, 7]], [[2, 2], [2, 10]]]])

OPERATORS: list[tuple[str, dict[str, Any], dict[str, np.ndarray]]] = [
    ("LayerNormalization", {"axis": -1, "epsilon": 0.1}, {"s": noise(5), "b": noise(5, seed=1)}),
    ("LayerNormalization", {"axis": 2}, {"s": noise(3, 5)}),
    ("LayerNormalization", {"axis": 1}, {"s": noise(4, 1, 1), "b": noise(1, 3, 5, seed=1)}),
    ("InstanceNormalization", {"epsilon": 0.2}, {"s": noise(4), "b": noise(4, seed=1)}),
    ("GroupNormalization", {"num_groups": 2}, {"s": noise(4), "b": noise(4, seed=1)}),
    ("GroupNormalization", {"num_groups": 2}, {"s": noise(2), "b": noise(2, seed=1)}),
    ("BatchNormalization", {"epsilon": 0.3}, {
        "s": noise(4), "b": noise(4, seed=1), "m": noise(4, seed=2), "v": np.abs(noise(4, seed=3)),
    }),
    ("MeanVarianceNormalization", {"axes": [0, 2]}, {}),
    ("LpNormalization", {"axis": 1, "p": 1}, {}),
    ("LpNormalization", {"axis": 3, "p": 2}, {}),
    ("LRN", {"size": 3, "alpha": 0.3, "beta": 0.6, "bias": 1.5}, {}),
    ("Softmax", {"axis": 1}, {}),
    ("LogSoftmax", {"axis": 3}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("op", "settings", "weights"), OPERATORS)
def test_an_operator_that_looks_at_a_row(
    make: Make, key: Callable[[Model], str], op: str, settings: dict, weights: dict
) -> None:
    node = make_node(op, ["x", *weights], ["y"], "rows", **settings)
    # Up to version 20 there is a scale for each group, from 21 on for each channel.
    opset = (18 if len(weights["s"]) == 2 else 21) if op == "GroupNormalization" else 17
    model = make([node], {"x": [2, 4, 3, 5]}, ["y"], opset=opset, **weights)
    for one in check(model, key(model), "rows"):
        assert one.weighing is None and one.operator == op


def test_layer_normalisation_by_hand(make: Make, key: Callable[[Model], str]) -> None:
    node = make_node("LayerNormalization", ["x", "gamma", "beta"], ["y"], "norm", axis=2, epsilon=1.25)
    scales = {"gamma": np.full((2, 2), 3, np.float32), "beta": np.float32([[0, 0], [0.5, 0]])}
    model = make([node], {"x": [1, 2, 2, 2]}, ["y"], **scales)
    one = Explain(key(model), {"x": MAPS}, "norm", (0, 0, 1, 0))()
    steps = [
        (step.operator, [(each.name, each.value) for each in step.operands], step.result)
        for step in one.operations
    ]
    assert steps == [
        ("mean", [("sum of 4 numbers", 16)], 4),
        ("variance", [("sum of squared distances", 20)], 5),
        ("deviation", [("variance", 5), ("epsilon", 1.25)], 2.5),
        ("normalised", [("x", 5), ("mean", 4), ("deviation", 2.5)], 0.4),
        ("Mul", [("normalised", 0.4), ("Scale", 3)], pytest.approx(1.2)),
        ("Add", [("Mul", pytest.approx(1.2)), ("bias", 0.5)], pytest.approx(1.7)),
    ]
    assert one.value == pytest.approx(1.7)


def test_batch_normalisation_takes_what_was_learnt(make: Make, key: Callable[[Model], str]) -> None:
    names = ("scale", "shift", "mean", "variance")
    weights = {name: np.float32([0, at]) for at, name in enumerate(names, 2)}
    node = make_node("BatchNormalization", ["x", *names], ["y"], "norm", epsilon=4.0)
    model = make([node], {"x": [1, 2, 2, 2]}, ["y"], **weights)
    one = Explain(key(model), {"x": MAPS}, "norm", (0, 1, 1, 1))()
    # Channel 1: 10, mean 4, variance 5 + 4, times 2 plus 3.
    results = [step.result for step in one.operations]
    assert results == pytest.approx([3, 2, 4, 7])
    assert one.value == pytest.approx(7)


def test_normalisations_of_keras_step_by_step(tmp_path: Path, key: Callable[[Model], str]) -> None:
    """Layers of several operators: what a row becomes together is a step, and not followed into the row."""
    shape = {"batch_input_shape": [None, 3, 5, 4]}
    layers = (
        layer("LayerNormalization", "layers", axis=[2, 3], **shape),
        layer("GroupNormalization", "groups", groups=2),
        layer("RMSNormalization", "squares"),
        layer("UnitNormalization", "unit"),
        layer("Softmax", "soft"),
    )
    model = read_model(
        write_h5(
            tmp_path / "m.h5",
            sequential(*layers),
            {
                "layers": {"gamma": noise(5, 4), "beta": noise(5, 4, seed=1)},
                "groups": {"gamma": noise(4), "beta": noise(4, seed=1)},
                "squares": {"scale": noise(4)},
            },
        )
    )
    assert not model.notes
    own = key(model)
    steps = {
        one.name: [step.operator for step in check(model, own, one.name, count=4)[0].operations]
        for one in model.layers
    }
    assert steps == {
        "layers": ["mean", "variance", "deviation", "normalised", "Mul", "Add"],
        "groups": ["mean", "variance", "deviation", "normalised", "Mul", "Add", "Mul", "Add"],
        "squares": ["ReduceMean", "Add", "Sqrt", "Div", "Mul"],
        "unit": ["ReduceL2", "Max", "Div"],
        "soft": ["Softmax"],
    }
