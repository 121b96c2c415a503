"""Gradients of operators that work number by number."""

from __future__ import annotations

from collections.abc import Callable
from math import erf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.compute.gradient.referee import TOLERANCE, one_node, ours
from tests.compute.gradient.reference import opsets, worst_error

FORMULAS: dict[str, Callable[..., np.ndarray]] = {
    "Erf": lambda x: np.vectorize(erf)(x),
    "Gelu": lambda x: x / 2 * (1 + np.vectorize(erf)(x / np.sqrt(2))),
    "Mean": lambda a, b, c: (a + b + c) / 3,
    "Gelu tanh": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
}

# Operator, where its input lies (from, to), attributes.
CURVES: list[tuple[str, float, float, dict[str, Any]]] = [
    ("Abs", -3, 3, {}),
    ("Acos", -0.9, 0.9, {}),
    ("Acosh", 1.2, 4, {}),
    ("Asin", -0.9, 0.9, {}),
    ("Asinh", -3, 3, {}),
    ("Atan", -3, 3, {}),
    ("Atanh", -0.9, 0.9, {}),
    ("Celu", -3, 3, {"alpha": 1.7}),
    ("Cos", -3, 3, {}),
    ("Cosh", -3, 3, {}),
    ("Elu", -3, 3, {"alpha": 0.7}),
    ("Erf", -2, 2, {}),
    ("Exp", -3, 3, {}),
    ("Gelu", -4, 4, {}),
    ("Gelu", -4, 4, {"approximate": "tanh"}),
    ("HardSigmoid", -5, 5, {"alpha": 0.3, "beta": 0.4}),
    ("HardSwish", -5, 5, {}),
    ("Identity", -3, 3, {}),
    ("LeakyRelu", -3, 3, {"alpha": 0.2}),
    ("Log", 0.2, 4, {}),
    ("Mish", -5, 5, {}),
    ("Neg", -3, 3, {}),
    ("Reciprocal", 0.3, 3, {}),
    ("Relu", -3, 3, {}),
    ("Selu", -3, 3, {}),
    ("Shrink", -3, 3, {"lambd": 1.0, "bias": 0.5}),
    ("Sigmoid", -6, 6, {}),
    ("Sin", -3, 3, {}),
    ("Sinh", -3, 3, {}),
    ("Softplus", -6, 6, {}),
    ("Softsign", -6, 6, {}),
    ("Sqrt", 0.2, 4, {}),
    ("Swish", -6, 6, {"alpha": 1.3}),
    ("Tan", -1, 1, {}),
    ("Tanh", -3, 3, {}),
    ("ThresholdedRelu", -3, 3, {"alpha": 0.8}),
]


@pytest.mark.parametrize(
    ("operator", "low", "high", "attributes", "opset"),
    [(*curve, opset) for curve in CURVES for opset in opsets(curve[0])],
)
def test_one_input(
    tmp_path: Path, operator: str, low: float, high: float, attributes: dict[str, Any], opset: int
) -> None:
    x = np.random.default_rng(3).uniform(low, high, (2, 3, 4)).astype(np.float32)
    formula = FORMULAS.get(f"{operator} {attributes.get('approximate', '')}".strip())
    assert worst_error(tmp_path, operator, opset, {"x": x}, ["x"], formula=formula, **attributes) <= TOLERANCE


SHAPES = [
    ((2, 3, 4), (2, 3, 4)),
    ((2, 3, 4), (4,)),
    ((3, 1), (2, 1, 4)),
    ((1,), (2, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
]


BINARY = ["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"]


@pytest.mark.parametrize(
    ("operator", "opset", "shapes"),
    [(name, opset, SHAPES[1]) for name in BINARY for opset in opsets(name)[:-1]]
    + [(name, opsets(name)[-1], shapes) for name in BINARY for shapes in SHAPES],
    ids=str,
)
def test_two_inputs(
    tmp_path: Path, operator: str, opset: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    random = np.random.default_rng(4)
    lowest = 0.5 if operator in ("Div", "Pow") else -2
    a, b = (np.asarray(random.uniform(lowest, 3, shape), np.float32) for shape in shapes)
    assert worst_error(tmp_path, operator, opset, {"a": a, "b": b}, ["a", "b"]) <= TOLERANCE


@pytest.mark.parametrize(
    ("operator", "opset"),
    [(name, opset) for name in ("Sum", "Mean", "Max", "Min") for opset in opsets(name)],
)
def test_three_inputs(tmp_path: Path, operator: str, opset: int) -> None:
    random = np.random.default_rng(5)
    shapes = {"a": (3, 1), "b": (2, 3, 4), "c": (4,)}
    feeds = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    formula = FORMULAS.get(operator)
    assert worst_error(tmp_path, operator, opset, feeds, list(feeds), formula=formula) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Pow"))
@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_whole_powers_of_negative_numbers(tmp_path: Path, exponent: int, opset: int) -> None:
    x = np.array([-1.5, -0.25, 0.5, 2], np.float32)
    e = np.array(exponent, np.float32)
    feeds = {"x": x, "e": e}
    if exponent:
        assert worst_error(tmp_path, "Pow", opset, feeds, ["x"], ["e"]) <= TOLERANCE
    else:
        found = ours(one_node(tmp_path, "Pow", feeds, opset, ["e"]), feeds, np.ones(4, np.float32), ["x"])
        assert np.array_equal(found["x"], np.zeros(4))


@pytest.mark.parametrize("opset", opsets("PRelu"))
def test_prelu(tmp_path: Path, opset: int) -> None:
    random = np.random.default_rng(6)
    feeds = {
        "x": random.normal(size=(2, 3, 4)).astype(np.float32),
        "slope": random.normal(size=(3, 1)).astype(np.float32),
    }
    assert worst_error(tmp_path, "PRelu", opset, feeds, ["x", "slope"]) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Where"))
def test_where(tmp_path: Path, opset: int) -> None:
    random = np.random.default_rng(7)
    feeds = {
        "condition": random.normal(size=(3, 1)) > 0,
        "a": random.normal(size=(2, 3, 4)).astype(np.float32),
        "b": random.normal(size=(4,)).astype(np.float32),
    }
    assert worst_error(tmp_path, "Where", opset, feeds, ["a", "b"]) <= TOLERANCE


@pytest.mark.parametrize("opset", [9, 10])
@pytest.mark.parametrize("bounds", [{"min": 0.0, "max": 1.5}, {"min": -1.0}, {"max": 0.5}], ids=str)
def test_clip_with_bounds_as_attributes(tmp_path: Path, bounds: dict[str, float], opset: int) -> None:
    x = np.random.default_rng(8).normal(size=(4, 5)).astype(np.float32)
    assert worst_error(tmp_path, "Clip", opset, {"x": x}, ["x"], **bounds) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Clip", 11))
@pytest.mark.parametrize(("low", "high"), [(0, 1.5), (-1, None), (None, 0.5), (0, None)])
def test_clip(tmp_path: Path, low: float | None, high: float | None, opset: int) -> None:
    feeds = {"x": np.random.default_rng(8).normal(size=(4, 5)).astype(np.float32)}
    feeds["-low" if low is None else "low"] = np.array(low or 0, np.float32)
    if high is not None:
        feeds["high"] = np.array(high, np.float32)
    assert worst_error(tmp_path, "Clip", opset, feeds, ["x"], ["low", "high"]) <= TOLERANCE
