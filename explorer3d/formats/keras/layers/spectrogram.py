"""Layers that turn sound into the strength of its frequencies over time."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.layout import channels_back, channels_second, require_maps
from explorer3d.formats.keras.layers.window import Window
from explorer3d.formats.keras.settings import Unsupported

# Keras' own guard against the logarithm of zero (keras.backend.epsilon).
_EPSILON = np.float32(1e-7)

# 64 MB of waves to compare a sound with.
_LARGEST_TABLE = 1 << 24


def stft_spectrogram(scope: Scope, x: Tensor) -> Tensor:
    """``STFTSpectrogram``: its weights are the waves, windowed and scaled; each channel is on its own."""
    require_maps(x, 1)
    settings = scope.settings
    mode, length = settings.text("mode", "log"), settings.size("frame_length", 256)
    if mode not in _MODES:
        raise Unsupported(f"its mode {mode} is not known")
    first = settings.channels_first()
    channels = x.known(1 if first else 2)
    transformed = settings.size("fft_length", 2 ** math.ceil(math.log2(length)))
    bins = transformed // 2 + 1
    step = settings.size("frame_step", max(length // 2, 1))
    window = Window((length,), (step,), (1,), settings.text("padding", "valid"))
    parts = {"real": ["real"], "imag": ["imag"]}.get(mode, ["real", "imag"])
    scope.declare(**{f"{part}_kernel": (length, 1, bins) for part in parts})
    y = scope.floating(x) if first else channels_second(scope, scope.floating(x))
    if mode == "stft":
        bins *= 2
        # Of each channel the real part comes before the imaginary one.
        kernels = [scope.weight(f"{part}_kernel", (bins // 2, 1, length), _waves_first) for part in parts]
        both = scope.op("Concat", kernels, (bins, 1, length), axis=0)
        repeats = scope.integers([channels, 1, 1], "repeats")
        kernel = scope.op("Tile", [both, repeats], (bins * channels, 1, length))
        y = _compared(scope, y, kernel, window, channels)
    else:
        shape = (bins * channels, 1, length)
        tiled = partial(_tiled, channels)
        found = [
            _compared(scope, y, scope.weight(f"{part}_kernel", shape, tiled), window, channels)
            for part in parts
        ]
        y = found[0] if len(found) == 1 else _joined(scope, mode, found[0], found[1], channels)
    if settings.flag("expand_dims", False):
        frames = y.shape[2]
        y = scope.op(
            "Reshape", [y, scope.integers([0, channels, bins, -1], "planes")], (None, channels, bins, frames)
        )
        return scope.transpose(y, (0, 1, 3, 2) if first else (0, 3, 2, 1))
    return y if first else channels_back(scope, y)


_MODES = {"log", "magnitude", "psd", "real", "imag", "angle", "stft"}


def _waves_first(kernel: np.ndarray) -> np.ndarray:
    """(time, 1, wave) → (wave, 1, time)"""
    return kernel.transpose(2, 1, 0)


def _tiled(channels: int, kernel: np.ndarray) -> np.ndarray:
    return np.tile(_waves_first(kernel), (channels, 1, 1))


def _compared(scope: Scope, x: Tensor, kernel: Tensor, window: Window, channels: int) -> Tensor:
    """(N, C, T) with waves (C · bins, 1, t) → (N, C · bins, frames)"""
    shape = (x.shape[0], kernel.shape[0], *window.output(x.shape[2:]))
    return scope.op("Conv", [x, kernel], shape, group=channels, **window.attributes(x.shape[2:]))


def _joined(scope: Scope, mode: str, real: Tensor, imaginary: Tensor, channels: int) -> Tensor:
    if mode == "angle":
        return _angle(scope, real, imaginary)
    power = scope.op("Add", [scope.op("Mul", [part, part]) for part in (real, imaginary)])
    if mode == "psd":
        # All waves but the first and the last stand for a second one, of negative frequency.
        doubled = np.full((real.known(1) // channels, 1), 2.0)
        doubled[[0, -1]] = 1.0
        return scope.op("Mul", [power, scope.constant(np.tile(doubled, (channels, 1)), "doubled")])
    least = scope.constant(_EPSILON, "least")
    magnitude = scope.op("Sqrt", [scope.op("Max", [power, least])])
    return magnitude if mode == "magnitude" else scope.op("Log", [scope.op("Max", [magnitude, least])])


def _angle(scope: Scope, x: Tensor, y: Tensor) -> Tensor:
    """Of the point (x, y), from -π to π."""

    def where(condition: Tensor, one: Tensor, other: Tensor) -> Tensor:
        result = scope.op("Where", [condition, one, other], other.shape)
        result.value.type = other.value.type
        return result

    def is_true(op: str, one: Tensor) -> Tensor:
        result = scope.op(op, [one, zero])
        result.value.type = ir.TensorType(ir.DataType.BOOL)
        return result

    zero, half = scope.constant(0, "zero"), scope.constant(math.pi / 2, "quarter")
    upright = is_true("Equal", x)
    sloped = scope.op("Atan", [scope.op("Div", [y, where(upright, scope.constant(1, "one"), x)])])
    turned = where(is_true("Less", y), scope.constant(-math.pi, "back"), scope.constant(math.pi, "forth"))
    sloped = where(is_true("Less", x), scope.op("Add", [sloped, turned]), sloped)
    return where(upright, scope.op("Mul", [scope.op("Sign", [y]), half]), sloped)


def mel_spectrogram(scope: Scope, x: Tensor) -> Tensor:
    """``MelSpectrogram``: (N, T) → (N, bands, frames), in bands as wide as the ear hears them."""
    if x.rank != 2:
        raise Unsupported(f"its input has {x.rank} axes, but 2 are needed")
    settings = scope.settings
    length, step = settings.size("fft_length", 2048), settings.size("sequence_stride", 512)
    bins = length // 2 + 1
    if length * bins > _LARGEST_TABLE:
        raise Unsupported(
            f"it compares sounds with {bins} waves of {length} places, which takes too much memory"
        )
    time = x.shape[1]
    if time is not None and time <= length // 2:
        raise Unsupported(f"its input of {time} places is too short")
    padded = None if time is None else time + length // 2 * 2
    y = scope.op("Unsqueeze", [scope.floating(x), scope.integers([1], "channel")], (x.shape[0], 1, time))
    margins = scope.integers([0, 0, length // 2, 0, 0, length // 2], "margins")
    y = scope.op("Pad", [y, margins], (x.shape[0], 1, padded), mode="reflect")
    window = Window((length,), (step,), (1,), "valid")
    found = [
        _compared(scope, y, scope.constant(waves[:, None, :], key), window, 1)
        for waves, key in zip(_waves(_window(scope, length), length), ("cosines", "sines"), strict=True)
    ]
    power = scope.op("Add", [scope.op("Mul", [part, part]) for part in found])
    exponent = settings.number("mag_exp", 2.0)
    if exponent != 2:
        power = scope.op("Pow", [power, scope.constant(exponent / 2, "exponent")])
    bands = _mel_bands(scope, bins)
    y = scope.op(
        "MatMul", [scope.constant(bands.T, "bands"), power], (x.shape[0], bands.shape[1], power.shape[2])
    )
    return _decibels(scope, y) if settings.flag("power_to_db", True) else y


def _window(scope: Scope, length: int) -> np.ndarray:
    """(length,) array, the window in the middle."""
    settings = scope.settings
    size = settings.size("sequence_length", length)
    if size > length:
        raise Unsupported("its sequence_length is larger than its fft_length")
    if not settings.has("window"):
        return np.ones(length)
    # TensorFlow's are periodic where their size is even only.
    turn = 2 * np.pi * np.arange(size) / max(size - size % 2, 1)
    shapes = {"hann": 0.5 - 0.5 * np.cos(turn), "hamming": 0.54 - 0.46 * np.cos(turn)}
    name = settings.text("window", "")
    if name not in shapes or size == 1:
        raise Unsupported(f"its window {name} of {size} places is not known here")
    before = (length - size) // 2
    return np.pad(shapes[name], (before, length - size - before))


def _waves(window: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary part, each (bins, length)."""
    # Whole turns are left out before the angle is made, for it to be exact.
    places = np.outer(np.arange(length // 2 + 1), np.arange(length)) % length
    angle = 2 * np.pi * places / length
    return np.cos(angle) * window, -np.sin(angle) * window


def _mel_bands(scope: Scope, bins: int) -> np.ndarray:
    """(bins, bands) array: a triangle for each band, on the mel scale; the constant part is in none."""
    settings = scope.settings
    rate, count = settings.number("sampling_rate", 16000), settings.size("num_mel_bins", 128)
    if not rate > 0 or count * bins > _LARGEST_TABLE:
        raise Unsupported("its sampling_rate or num_mel_bins is out of range")
    # Zero stands for what half the rate can hold, in Keras as well.
    high = settings.number("max_freq", 0) or int(rate / 2)
    low = settings.number("min_freq", 20.0)
    if not 0 <= low < high:
        raise Unsupported("its min_freq and max_freq are no range")

    def mel(frequency: np.ndarray | float) -> np.ndarray:
        return np.asarray(1127.0 * np.log(1.0 + np.asarray(frequency) / 700.0))

    edges = np.linspace(mel(low), mel(high), count + 2)
    places = mel(np.linspace(0, rate / 2, bins)[1:])[:, None]
    rising = (places - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - places) / (edges[2:] - edges[1:-1])
    return np.pad(np.maximum(0, np.minimum(rising, falling)), [(1, 0), (0, 0)])


def _decibels(scope: Scope, power: Tensor) -> Tensor:
    settings = scope.settings
    least = settings.number("min_power", 1e-10)
    reference = max(abs(settings.number("ref_power", 1.0)), least)
    if not least > 0:
        raise Unsupported("its min_power is not positive")
    factor = scope.constant(10 / math.log(10), "per_neper")
    y = scope.op("Mul", [scope.op("Log", [scope.op("Max", [power, scope.constant(least, "least")])]), factor])
    y = scope.op("Sub", [y, scope.constant(10 * math.log10(reference), "reference")])
    # Over the whole batch, in Keras as well.
    loudest = scope.op("ReduceMax", [y], (), keepdims=0)
    floor = scope.op("Sub", [loudest, scope.constant(settings.number("top_db", 80.0), "range")])
    return scope.op("Max", [y, floor], y.shape)
