"""Layers that prepare what comes in against Keras, over drawn arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, sizes, sweep, sweep_channels_first

pytestmark = QUIET


def _rows(noise: np.random.Generator, mode: str) -> tuple[int, ...]:
    """Of several ranks where each number is encoded by itself."""
    ranks = (1, 2, 3) if mode in ("one_hot", "int") else (1,)
    shape = sizes(noise, drawn(noise, *ranks), 3, 9)
    return drawn(noise, shape, (*shape[:-1], 1)) if mode == "one_hot" else shape


def _category_encoding(noise: np.random.Generator) -> Any:
    mode = drawn(noise, "one_hot", "multi_hot", "count")
    source = keras.Input(_rows(noise, mode), dtype=drawn(noise, "int32", "int64"))
    # The numbers that come in are below 7.
    layer = k.CategoryEncoding(int(noise.integers(7, 15)), output_mode=mode)
    if mode == "count" and noise.integers(2):
        return layer(source, count_weights=keras.Input(source.shape[1:]))
    return layer(source)


def _discretization(noise: np.random.Generator) -> Any:
    mode = drawn(noise, "int", "one_hot", "multi_hot", "count")
    source = keras.Input(_rows(noise, mode), dtype=drawn(noise, "float32", "int32"))
    # Numbers that come in lie on some of them.
    boundaries = np.sort(drawn(noise, noise.normal(0, 2, 6), np.arange(5.0) - 1))
    return k.Discretization(boundaries.tolist(), output_mode=mode)(source)


def _auto_contrast(noise: np.random.Generator) -> Any:
    low = float(noise.uniform(-2, 1))
    layer = k.AutoContrast(value_range=drawn(noise, (0, 255), (low, low + 3), (1, 0)))
    return layer(keras.Input(sizes(noise, 3, 1, 13), dtype=drawn(noise, "float32", "int32")))


def _stft_spectrogram(noise: np.random.Generator, order: str = "channels_last") -> Any:
    length = int(noise.integers(3, 20))
    layer = k.STFTSpectrogram(
        mode=drawn(noise, "log", "magnitude", "psd", "real", "imag", "angle", "stft"),
        frame_length=length,
        frame_step=drawn(noise, None, int(noise.integers(1, length))),
        fft_length=drawn(noise, None, 32),
        window=drawn(noise, "hann", "hamming", None),
        periodic=bool(noise.integers(2)),
        scaling=drawn(noise, None, "density", "spectrum"),
        padding=drawn(noise, "valid", "same"),
        expand_dims=bool(noise.integers(2)),
        data_format=order,
    )
    time, channels = int(noise.integers(40, 90)), int(noise.integers(1, 4))
    return layer(keras.Input((time, channels) if order == "channels_last" else (channels, time)))


def _mel_spectrogram(noise: np.random.Generator) -> Any:
    length = int(noise.integers(20, 70))
    layer = k.MelSpectrogram(
        fft_length=length,
        sequence_stride=int(noise.integers(5, 30)),
        sequence_length=drawn(noise, None, int(noise.integers(10, length))),
        window=drawn(noise, "hann", "hamming", None),
        sampling_rate=drawn(noise, 8000, 16000),
        num_mel_bins=int(noise.integers(2, 9)),
        min_freq=drawn(noise, 20.0, 300.0),
        max_freq=drawn(noise, None, 3000.0),
        power_to_db=bool(noise.integers(2)),
        top_db=drawn(noise, 80.0, 10.0),
        mag_exp=drawn(noise, 1.0, 2.0, 3.0),
        ref_power=drawn(noise, 1.0, 5.0),
    )
    return layer(keras.Input((int(noise.integers(100, 200)),)))


def _equalization_by_tiles(noise: np.random.Generator) -> Any:
    order = drawn(noise, "channels_first", "channels_last")
    layer = k.ContrastLimitedAdaptiveHistogramEqualization(
        value_range=drawn(noise, (-3, 3), (-2.0, 4.0)),
        clip_limit=drawn(noise, 0.0, 2.0, 40.0),
        tile_grid_size=tuple(int(size) for size in noise.integers(1, 5, 2)),
        data_format=order,
    )
    space, channels = sizes(noise, 2, 8, 30), int(noise.integers(1, 4))
    return layer(keras.Input((channels, *space) if order == "channels_first" else (*space, channels)))


def _pipeline(noise: np.random.Generator) -> Any:
    layers = [
        k.RandomFlip(),
        k.Rescaling(0.5, offset=1.0),
        k.Resizing(*sizes(noise, 2, 3, 12)),
        k.RandomContrast(0.5),
        k.CenterCrop(*sizes(noise, 2, 3, 12)),
        k.Dense(3, activation="relu"),
        k.Dense(3),
        k.BatchNormalization(),
    ]
    chosen = noise.permutation(len(layers))[: int(noise.integers(1, 6))]
    return k.Pipeline([layers[at] for at in chosen])(keras.Input((*sizes(noise, 2, 5, 12), 3)))


SWEPT = {
    "AutoContrast": _auto_contrast,
    "CategoryEncoding": _category_encoding,
    "ContrastLimitedAdaptiveHistogramEqualization": _equalization_by_tiles,
    "Discretization": _discretization,
    "MelSpectrogram": _mel_spectrogram,
    "Pipeline": _pipeline,
    "STFTSpectrogram": _stft_spectrogram,
}


@pytest.mark.parametrize("class_name", SWEPT)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers(class_name: str, suffix: str, tmp_path: Path) -> None:
    sweep(SWEPT[class_name], tmp_path / f"sweep.{suffix}", seed=len(suffix))


def test_spectrograms_with_channels_first(tmp_path: Path) -> None:
    sweep_channels_first(_stft_spectrogram, tmp_path / "sweep.keras")
