"""Functions of one number in ``keras.ops`` against Keras, over drawn types and shapes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from tests.formats.keras_operations import TYPES, WHOLE, Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET


def _of(
    function: Callable[..., Any], low: float = -3.0, high: float = 3.0, types: tuple[str, ...] = TYPES
) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        return function(d.source(*d.shape(), dtype=d.of(*types), low=low, high=high))

    return draw


_REAL = ("float32", "float64")


def _clip(d: Draw) -> Any:
    dtype = d.of(*_REAL, "int32", "int64")
    x = d.source(*d.shape(), dtype=dtype, low=-9, high=9)
    low, high = (-3, 4) if "int" in dtype else (d.noise.uniform(-2, 0), d.noise.uniform(0, 2))
    return ops.clip(x, low, high)


def _round(d: Draw) -> Any:
    x = d.source(*d.shape(), dtype=d.of(*_REAL, "int32"), low=-99, high=99)
    return ops.round(x, decimals=d.number(-2, 3))


def _special(d: Draw) -> Any:
    """A number that is none, or infinite, among the others."""
    x = d.source(*d.shape(), dtype=d.of(*_REAL))
    values = d.feeds[x.name].ravel()
    for value in (np.nan, np.inf, -np.inf, 0.0, -0.0):
        values[d.number(0, values.size)] = value
    return x


def _nan_to_num(d: Draw) -> Any:
    arguments = {"nan": d.of(0.0, 1.5), "posinf": d.of(None, 2.5), "neginf": d.of(None, -3.5)}
    return ops.nan_to_num(d.of(_special(d), d.source(3, dtype="int32")), **arguments)


def _test(function: Callable[[Any], Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        return function(_special(d) if d.number(0, 4) else d.source(3, dtype=d.of(*WHOLE, "bool")))

    return draw


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "Abs": _of(ops.abs),
    "Absolute": _of(ops.absolute),
    "Angle": _of(ops.angle),
    "Arccos": _of(ops.arccos, -1, 1),
    "Arccosh": _of(ops.arccosh, 1.01, 9),
    "Arcsin": _of(ops.arcsin, -1, 1),
    "Arcsinh": _of(ops.arcsinh),
    "Arctan": _of(ops.arctan),
    "Arctanh": _of(ops.arctanh, -0.9, 0.9, _REAL),
    "Cbrt": _of(ops.cbrt),
    "Ceil": _of(ops.ceil),
    "Clip": _clip,
    "Conj": _of(ops.conj, types=(*_REAL, *WHOLE)),
    "Conjugate": _of(ops.conjugate, types=(*_REAL, *WHOLE)),
    "Copy": _of(ops.copy),
    "Cos": _of(ops.cos),
    "Cosh": _of(ops.cosh),
    "Deg2rad": _of(ops.deg2rad),
    "Erf": _of(ops.erf, types=_REAL),
    "Erfc": _of(ops.erfc, types=_REAL),
    "Erfinv": _of(ops.erfinv, -1, 1, _REAL),
    "Exp": _of(ops.exp),
    "Exp2": _of(ops.exp2),
    "Expm1": _of(ops.expm1),
    "Fabs": _of(ops.fabs),
    "Floor": _of(ops.floor),
    "I0": _of(ops.i0, -20, 20),
    "Imag": _of(ops.imag, types=_REAL),
    "Isfinite": _test(ops.isfinite),
    "Isinf": _test(ops.isinf),
    "Isnan": _test(ops.isnan),
    "Isneginf": _test(ops.isneginf),
    "Isposinf": _test(ops.isposinf),
    "Isreal": _test(ops.isreal),
    "Log": _of(ops.log, 0.1, 9),
    "Log10": _of(ops.log10, 0.1, 9),
    "Log1p": _of(ops.log1p, -0.9, 9),
    "Log2": _of(ops.log2, 0.1, 9),
    "LogicalNot": _of(ops.logical_not),
    "NanToNum": _nan_to_num,
    "Negative": _of(ops.negative, types=(*_REAL, "int8", "int16", "int32", "int64")),
    "Rad2deg": _of(ops.rad2deg),
    "Real": _of(ops.real, types=_REAL),
    "Reciprocal": _of(ops.reciprocal, 0.2, 5, _REAL),
    "Round": _round,
    "Rsqrt": _of(ops.rsqrt, 0.2, 5, _REAL),
    "Sign": _of(ops.sign, types=tuple(one for one in TYPES if one != "bool")),
    "Signbit": _test(ops.signbit),
    "Sin": _of(ops.sin),
    "Sinc": _of(ops.sinc),
    "Sinh": _of(ops.sinh),
    "Sqrt": _of(ops.sqrt, 0, 9),
    "Square": _of(ops.square),
    "StopGradient": _of(ops.stop_gradient),
    "Tan": _of(ops.tan, -1.2, 1.2),
    "Tanh": _of(ops.tanh),
    "Trunc": _of(ops.trunc),
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_functions(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"functions.{suffix}", seed=len(suffix))
