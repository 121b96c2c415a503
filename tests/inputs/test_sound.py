"""WAV files as input, against samples written here."""

from __future__ import annotations

import wave
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from explorer3d.errors import InputError
from explorer3d.inputs import Excerpt, feeds_for, sound_input

RATE = 8000


def write(path: Path, raw: bytes, width: int = 2, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(raw)
    return path


@pytest.mark.parametrize(
    ("width", "raw", "expected"),
    [
        (1, bytes([128, 0, 192, 255]), [0, -1, 0.5, 127 / 128]),
        (2, b"\x00\x00\x00\x80\x00\x40\xff\xff", [0, -1, 0.5, -1 / 2**15]),
        (3, b"\x00\x00\x00\x00\x00\x80\x00\x00\x40\xff\xff\xff", [0, -1, 0.5, -1 / 2**23]),
        (4, b"\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x40", [0, -1, 0.5]),
    ],
)
def test_widths(net: SimpleNamespace, tmp_path: Path, width: int, raw: bytes, expected: list[float]) -> None:
    path = write(tmp_path / "a.wav", raw, width)
    array = feeds_for(net.model(net.port("x", (None, None))), path).arrays["x"]
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, [expected], atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 100), (None, 100, 1), (1, 1, 100), (100,)])
def test_an_excerpt_as_long_as_the_input(
    net: SimpleNamespace, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    samples = np.arange(250, dtype="<i2")
    path = write(tmp_path / "a.wav", samples.tobytes())
    model = net.model(net.port("x", shape))
    for source, start in ((path, 0), (Excerpt(path, 100), 100), (Excerpt(path, 200), 200)):
        feeds = feeds_for(model, source)
        expected = np.zeros(100)
        expected[: 250 - start] = samples[start : start + 100] / 2**15
        assert feeds.arrays["x"].shape == tuple(size or 1 for size in shape)
        np.testing.assert_allclose(feeds.arrays["x"].ravel(), expected, atol=1e-9)
        assert f"from {start / RATE:.3g} s, 8,000 Hz" in feeds.description
        assert feeds.following == (None if start == 200 else Excerpt(path, start + 100))
    with pytest.raises(InputError, match=r"a\.wav ends after 0\.0312 s"):
        feeds_for(model, Excerpt(path, 250))


def test_channels_and_other_inputs(net: SimpleNamespace, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.array([[100, 300], [-50, 50]], "<i2").tobytes(), channels=2)
    model = net.model(net.port("x", (1, None)), net.port("sr", (), "int64"), net.port("table", (1, 4)))
    feeds = feeds_for(model, path)
    np.testing.assert_allclose(feeds.arrays["x"], [[200 / 2**15, 0]], atol=1e-9)
    assert feeds.arrays["sr"] == RATE and feeds.arrays["table"].shape == (1, 4)
    assert "mean of 2 channels" in feeds.description
    chosen = feeds_for(model, path, sizes={"x": (1, 64)}).arrays["x"]
    assert chosen.shape == (1, 64) and not chosen[0, 2:].any()


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((1, 4), "float32"),
        ((1, 80, 100), "float32"),
        ((None, 1), "float32"),
        ((1, 100), "int64"),
        ((), "float32"),
        (None, "float32"),
    ],
)
def test_inputs_that_take_no_sound(net: SimpleNamespace, tmp_path: Path, shape: object, dtype: str) -> None:
    model = net.model(net.port("x", shape, dtype))
    assert sound_input(model) is None
    with pytest.raises(InputError, match="no one input that takes samples"):
        feeds_for(model, write(tmp_path / "a.wav", bytes(20)))


@pytest.mark.parametrize("length", [13, 20, 30, 44])
def test_damaged_files(net: SimpleNamespace, tmp_path: Path, length: int) -> None:
    whole = write(tmp_path / "a.wav", bytes(100)).read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[:length])
    model = net.model(net.port("x", (1, 100)))
    try:
        feeds = feeds_for(model, tmp_path / "a.wav")
    except InputError as error:
        assert "a.wav" in str(error)
    else:
        # The header is whole: what is missing is silence.
        assert length == 44 and not feeds.arrays["x"].any()
