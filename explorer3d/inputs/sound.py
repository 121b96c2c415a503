"""Sound, from a file: a stretch of it as long as a model takes at once."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.inputs.array import shape_and_type
from explorer3d.inputs.excerpt import Excerpt
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.noise import OPEN_SOUND, SAMPLE_RATES, noise
from explorer3d.inputs.ports import LARGEST_INPUT, array_type, is_image_like
from explorer3d.inputs.states import states

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

_SHORTEST = 64
"""Samples; an input of fewer numbers takes something else."""

_LONGEST = 2**22
"""Samples that are taken where a model leaves open how many."""


def is_sound(head: bytes) -> bool:
    """Whether a file's first bytes are those of a WAV file."""
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def sound_input(model: Model) -> Port | None:
    """The one input that takes samples of sound; None if there is no such input, or more than one."""
    recurrent = states(model)
    found = [port for port in model.inputs if port.value not in recurrent and _time_axis(port) is not None]
    return found[0] if len(found) == 1 else None


def _time_axis(port: Port) -> int | None:
    """Of (batch, time), with or without a channel; None for anything else."""
    shape = port.shape
    if shape is None or not 1 <= len(shape) <= 3 or not port.dtype.startswith("float") or is_image_like(port):
        return None
    long = [index for index, size in enumerate(shape) if size is not None and size > 1]
    if long:
        return long[0] if len(long) == 1 and (shape[long[0]] or 0) >= _SHORTEST else None
    # The first of several axes is the batch.
    free = [index for index, size in enumerate(shape) if size is None and (index or len(shape) == 1)]
    return free[0] if len(free) == 1 else None


def read_sound(path: Path, model: Model, seed: int = 0, start: int = 0) -> Feeds:
    """Feed a stretch of a ``.wav`` file to the input for sound, its rate to one for that, noise to others.

    Parameters
    ----------
    path : Path
        PCM of 8 to 32 bits; of several channels the mean is taken. Samples become −1 … 1, at the file's own
        rate.
    model : Model
    seed : int
        Of the noise.
    start : int
        Samples to leave out. What is missing at the end is silence.

    Raises
    ------
    InputError
        The file is damaged or over, or there is no input for sound.
    """
    port = sound_input(model)
    if port is None or port.shape is None:
        raise InputError(f"{path.name} is sound, but the model has no one input that takes samples of sound.")
    axis = _time_axis(port)
    assert axis is not None
    length = port.shape[axis]
    if length is None:
        length = OPEN_SOUND if states(model) else None
    samples, rate, channels, left = _read(path, start, length)
    shape = [1] * len(port.shape)
    shape[axis] = samples.size
    dtype = array_type(port)
    arrays = {port.value: samples.astype(dtype).reshape(shape)}
    for other in model.inputs:
        if other.value.lower() in SAMPLE_RATES and not other.shape and other.dtype in ("int32", "int64"):
            arrays[other.value] = np.array(rate, other.dtype)
    rest = noise(model, seed, without=frozenset(arrays))
    texts = [f"{path.name}, {shape_and_type(arrays[port.value])} from {start / rate:.3g} s, {rate:,} Hz"]
    if channels > 1:
        texts.append(f"mean of {channels} channels")
    if rest.arrays:
        texts.append(f"and {rest}")
    following = Excerpt(path, start + samples.size) if left else None
    description = " ".join([", ".join(texts), *rest.refused])
    return Feeds({**arrays, **rest.arrays}, description, following=following)


def _read(path: Path, start: int, length: int | None) -> tuple[NDArray[Any], int, int, bool]:
    """Samples of one channel, their rate, how many channels there were, and whether more come after."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate, frames = file.getparams()[:4]
            if not (1 <= width <= 4 and channels >= 1 and rate >= 1):
                raise wave.Error("no sound is like that")
            if start >= frames:
                raise InputError(f"{path.name} ends after {frames / rate:.3g} s.")
            wanted = min(frames - start, _LONGEST) if length is None else length
            if wanted * max(channels * width, 8) > LARGEST_INPUT:
                raise InputError(f"{path.name} is larger than 1 GiB, too much for one input.")
            file.setpos(start)
            raw = file.readframes(min(wanted, frames - start))
    except InputError:
        raise
    except Exception as error:
        # The standard library's reader raises nearly every built-in exception on a damaged file.
        raise InputError(
            f"{path.name} cannot be read as sound: it is damaged, or not PCM. Save it as 16-bit WAV."
        ) from error
    values = _numbers(raw[: len(raw) // (channels * width) * channels * width], width)
    samples = np.zeros(wanted, np.float32)
    mono = values.reshape(-1, channels).mean(axis=1)
    samples[: len(mono)] = mono
    return samples, rate, channels, start + wanted < frames


def _numbers(raw: bytes, width: int) -> NDArray[np.float32]:
    """−1 … 1 of little-endian whole numbers; those of one byte have their zero at 128."""
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    # Filled up from below to four bytes, whatever their width.
    padded = np.zeros((len(raw) // width, 4), np.uint8)
    padded[:, 4 - width :] = np.frombuffer(raw, np.uint8).reshape(-1, width)
    return padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
