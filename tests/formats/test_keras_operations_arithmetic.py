"""``keras.ops`` on two tensors place by place, against Keras: types, broadcasting, numbers and constants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from explorer3d.formats import read_model
from tests.formats.keras_operations import BATCH, TYPES, WHOLE, Draw, run, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET

REAL = ("float32", "float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
NUMBERS = (*REAL, *WHOLE)


def _pair(d: Draw, types: tuple[str, ...], low: float, high: float, numbers: bool) -> tuple[Any, Any]:
    """Two operands that fit: tensors, an array or a number, in either order."""
    full = (BATCH, *d.of(d.shape(), (BATCH, 5), (2, BATCH, 4)))
    first = d.source(*full[1:], dtype=d.of(*types), low=low, high=high)
    kind = d.number(0, 4)
    second: Any
    if kind == 0 and numbers:
        second = d.of(int(np.ceil(low + 1)), float(d.noise.uniform(low, high)))
    elif kind == 1:
        # Nobody's constant has a batch; TensorFlow's backend adds such a one along another axis.
        sizes = [d.of(1, size) for size in full[d.number(1, max(len(full), 2)) :]] or [1]
        values = d.noise.uniform(max(low, 0), high, sizes)
        dtype = d.of(*types)
        second = values.astype(dtype) if dtype != "bool" else values > high / 2
    else:
        # Axes of size one, or fewer axes: then its batch meets another axis of the same size.
        start = full.index(BATCH, 1) if BATCH in full[1:] else 0
        shape = tuple(d.of(1, size, size) for size in full[start + 1 :])
        second = d.source(*shape, dtype=d.of(*types), low=low, high=high)
    return (first, second) if d.maybe() else (second, first)


def _two(
    function: Callable[..., Any],
    types: tuple[str, ...] = NUMBERS,
    low: float = -3,
    high: float = 3,
    numbers: bool = True,
) -> Callable[[Draw], Any]:
    return lambda d: function(*_pair(d, types, low, high, numbers))


def _where(d: Draw) -> Any:
    x, y = _pair(d, (*NUMBERS, "bool"), -3, 3, True)
    tensor = x if hasattr(x, "name") else y
    condition = d.source(*tensor.shape[1:], dtype=d.of("bool", "int32"), low=0, high=1)
    return ops.where(condition, x, y)


def _select(d: Draw) -> Any:
    shape = d.shape()
    conditions = [d.source(*shape, dtype="bool") for _ in range(d.number(1, 4))]
    choices = [d.source(*shape) for _ in conditions]
    return ops.select(conditions, choices, default=d.of(0.0, 1.5))


def _close(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        shape = d.shape(1)
        dtype = d.of(*REAL, "int32")
        x, y = (d.source(*shape, dtype=dtype, low=0, high=1) for _ in range(2))
        # Half of them alike, some of them no numbers.
        theirs = d.feeds[y.name]
        same = d.noise.integers(0, 2, theirs.shape).astype(bool) | d.maybe()
        theirs[same] = d.feeds[x.name][same]
        if dtype != "int32" and d.maybe():
            d.feeds[x.name].ravel()[0] = theirs.ravel()[0] = np.nan
        return function(x, y, rtol=d.of(1e-5, 0.3), atol=d.of(1e-8, 0.1), equal_nan=d.maybe())

    return draw


def _ldexp(d: Draw) -> Any:
    shape = d.shape()
    x = d.source(*shape, dtype=d.of(*REAL))
    return ops.ldexp(x, d.source(*shape, dtype=d.of("int32", "int8"), low=-5, high=5))


def _special(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x, y = _pair(d, NUMBERS, -3, 3, True)
        for one in (x, y):
            name = getattr(one, "name", None)
            if name and d.feeds[name].dtype.kind == "f":
                d.feeds[name].ravel()[0] = np.nan
        return function(x, y)

    return draw


_BITS = (*WHOLE,)

DRAWS: dict[str, Callable[[Draw], Any]] = {
    "Add": _two(ops.add),
    "AllClose": _close(ops.allclose),
    "Arctan2": _two(ops.arctan2),
    "BitwiseAnd": _two(ops.bitwise_and, _BITS, 0, 9, False),
    "BitwiseInvert": lambda d: ops.bitwise_invert(d.source(*d.shape(), dtype=d.of(*_BITS))),
    "BitwiseLeftShift": _two(ops.bitwise_left_shift, _BITS, 0, 4, False),
    "BitwiseNot": lambda d: ops.bitwise_not(d.source(*d.shape(), dtype=d.of(*_BITS))),
    "BitwiseOr": _two(ops.bitwise_or, _BITS, 0, 9, False),
    "BitwiseRightShift": _two(ops.bitwise_right_shift, _BITS, 0, 9, False),
    "BitwiseXor": _two(ops.bitwise_xor, _BITS, 0, 9, False),
    "Divide": _two(ops.divide, low=1, high=5),
    "DivideNoNan": _two(ops.divide_no_nan),
    "Equal": _two(ops.equal, TYPES),
    "FloorDivide": _two(ops.floor_divide, low=1, high=9),
    "Fmax": _special(ops.fmax),
    "Fmin": _special(ops.fmin),
    "Fmod": _two(ops.fmod, low=1, high=9, numbers=False),
    "Gcd": _two(ops.gcd, SIGNED, -99, 99, False),
    "Greater": _two(ops.greater),
    "GreaterEqual": _two(ops.greater_equal),
    "Heaviside": _two(ops.heaviside, numbers=False),
    "Hypot": _two(ops.hypot, numbers=False),
    "Isclose": _close(ops.isclose),
    "Lcm": _two(ops.lcm, SIGNED, -9, 9, False),
    "Ldexp": _ldexp,
    "LeftShift": _two(ops.left_shift, _BITS, 0, 4, False),
    "Less": _two(ops.less),
    "LessEqual": _two(ops.less_equal),
    "Logaddexp": _two(ops.logaddexp),
    "Logaddexp2": _two(ops.logaddexp2),
    "LogicalAnd": _two(ops.logical_and, TYPES),
    "LogicalOr": _two(ops.logical_or, TYPES),
    "LogicalXor": _two(ops.logical_xor, TYPES),
    "Maximum": _two(ops.maximum),
    "Minimum": _two(ops.minimum),
    "Mod": _two(ops.mod, (*REAL, "int32", "int64"), 1, 9),
    "Multiply": _two(ops.multiply),
    "NotEqual": _two(ops.not_equal, TYPES),
    "Power": _two(ops.power, low=0.5, high=3),
    "RightShift": _two(ops.right_shift, _BITS, 0, 9, False),
    "Select": _select,
    "Subtract": _two(ops.subtract),
    "TrueDivide": _two(ops.true_divide, low=1, high=5),
    "Where": _where,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_pairs(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"pairs.{suffix}", seed=len(suffix), long=frozenset({"Gcd", "Lcm"}))


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_operators_of_python(suffix: str, tmp_path: Path) -> None:
    operators: dict[str, Callable[[Draw], Any]] = {
        "signs": lambda d: -d.source(2, 5) + 1 - d.source(2, 1) * 2.5,
        "from the left": lambda d: 1 - d.source(2, 5) / np.float32(3),
        "divided": lambda d: (
            7 // d.source(2, 5, dtype="int32", low=1) + 7 % d.source(2, 5, dtype="int32", low=1)
        ),
        "powers": lambda d: 2 ** d.source(4) + d.source(4) ** 2,
        "tests": lambda d: (d.source(4) > 0.5) & ~(d.source(4) <= -0.5) | (d.source(4) != 0),
        "size": lambda d: abs(d.source(4)) @ np.ones((4, 2), "float32"),
    }
    sweep(operators, tmp_path / f"operators.{suffix}", seed=1, count=5)


def test_a_whole_number_divided_by_zero_does_not_end_the_process(tmp_path: Path) -> None:
    x, y = (keras.Input((2,), dtype="int32", name=name) for name in "xy")
    keras.Model([x, y], [x // y, x % y]).save(tmp_path / "zero.keras")
    opened = read_model(tmp_path / "zero.keras")
    feeds = {"x": np.array([[7, 8]], np.int32), "y": np.array([[0, 3]], np.int32)}
    found = run(opened, [layer.outputs[0].value for layer in opened.layers], feeds)
    assert [list(values[0, 1:]) for values in found.values()] == [[2], [2]]
