"""Frequencies in ``keras.ops`` against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keras import ops

from tests.formats.keras_operations import Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET


def _pair(function: Callable[..., Any], least: int = 1) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        shape = d.shape(least)
        return function(tuple(d.source(*shape) for _ in range(2)))

    return draw


def _rfft(d: Draw) -> Any:
    x = d.source(*d.shape(0, 2), d.number(3, 12), dtype=d.of("float32", "float64"))
    return ops.rfft(x, fft_length=d.of(None, d.number(2, 14)))


def _irfft(d: Draw) -> Any:
    shape = (*d.shape(0, 2), d.number(3, 9))
    return ops.irfft(tuple(d.source(*shape) for _ in range(2)), fft_length=d.of(None, d.number(3, 14)))


def _sequences(d: Draw) -> Any:
    x = d.source(*d.shape(0, 2), d.number(8, 14))
    return ops.extract_sequences(x, d.number(1, 6), d.number(1, 5))


def _pieces(d: Draw) -> dict[str, Any]:
    length = d.of(5, 6, 8)
    return {
        "sequence_length": length,
        "sequence_stride": d.number(1, 4),
        "fft_length": length + d.of(0, 1, 4),
        "window": d.of("hann", "hamming", None),
        "center": d.maybe(),
    }


def _stft(d: Draw) -> Any:
    return ops.stft(d.source(*d.shape(0, 1), d.number(15, 25)), **_pieces(d))


def _istft(d: Draw) -> Any:
    pieces = _pieces(d)
    if pieces["window"] == "hann":
        # Zero at its ends: where nothing overlaps them, Keras divides by zero.
        pieces["window"] = "hamming"
    pieces["fft_length"] = pieces["sequence_length"]
    shape = (*d.shape(0, 1), d.number(3, 7), pieces["fft_length"] // 2 + 1)
    return ops.istft(tuple(d.source(*shape) for _ in range(2)), length=d.of(None, 5), **pieces)


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "ExtractSequences": _sequences,
    "FFT": _pair(ops.fft),
    "FFT2": _pair(ops.fft2, 2),
    "IFFT2": _pair(ops.ifft2, 2),
    "IRFFT": _irfft,
    "ISTFT": _istft,
    "RFFT": _rfft,
    "STFT": _stft,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_signals(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"signals.{suffix}", seed=len(suffix))
