"""Frequencies in rows of numbers. Complex numbers are pairs of tensors: real and imaginary parts."""

from __future__ import annotations

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import check_table, dtype_of
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.operations.shaping import padded
from explorer3d.formats.keras.settings import Unsupported

Pair = tuple[Tensor, Tensor]

# Rows of a table of sines; ONNX' DFT is slower than a product with it up to here.
_LONGEST = 1 << 12


def _pair(m: Maths, call: Called) -> Pair:
    parts = [m.real(m.tensor(one)) for one in call.operands("x")]
    if len(parts) != 2 or parts[0].rank != parts[1].rank or not parts[0].rank:
        raise Unsupported("its input is no pair of real and imaginary parts")
    return parts[0], parts[1]


def _waves(count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """cos and sin of 2πkn / length for n places and k frequencies."""
    if max(count, length) > _LONGEST:
        raise Unsupported(f"it transforms {max(count, length)} places, more than {_LONGEST}")
    angle = 2 * np.pi * (np.outer(np.arange(count), np.arange(length)) % length) / length
    return np.cos(angle), np.sin(angle)


def _times(m: Maths, x: Tensor, table: np.ndarray) -> Tensor:
    """Along the last axis."""
    return m.op("MatMul", x, m.array(table, dtype_of(x)), shape=(*x.shape[:-1], table.shape[1]))


def _transformed(m: Maths, x: Pair, axis: int, inverse: bool = False) -> Pair:
    last = x[0].rank - 1
    real, imaginary = (m.moved(one, axis, last) for one in x)
    length = real.known(-1)
    cosines, sines = _waves(length, length)
    if inverse:
        cosines, sines = cosines / length, -sines / length
    made = (
        m.add(_times(m, real, cosines), _times(m, imaginary, sines)),
        m.sub(_times(m, imaginary, cosines), _times(m, real, sines)),
    )
    return m.moved(made[0], last, axis), m.moved(made[1], last, axis)


def fft(m: Maths, call: Called) -> list[Tensor]:
    x = _pair(m, call)
    return list(_transformed(m, x, x[0].rank - 1))


def fft2(m: Maths, call: Called) -> list[Tensor]:
    return _both_axes(m, call, False)


def ifft2(m: Maths, call: Called) -> list[Tensor]:
    return _both_axes(m, call, True)


def _both_axes(m: Maths, call: Called, inverse: bool) -> list[Tensor]:
    x = _pair(m, call)
    last = x[0].rank - 1
    if last < 1:
        raise Unsupported("its input has no two axes")
    return list(_transformed(m, _transformed(m, x, last, inverse), last - 1, inverse))


def rfft(m: Maths, call: Called) -> list[Tensor]:
    """Of real numbers: the frequencies up to half."""
    x = m.real(call.tensor("x"))
    length = call.size("fft_length") if call.has("fft_length") else x.known(-1)
    return list(_half(m, _fitted(m, x, length), length))


def _half(m: Maths, x: Tensor, length: int) -> Pair:
    cosines, sines = _waves(length, length)
    kept = length // 2 + 1
    return _times(m, x, cosines[:, :kept]), _times(m, x, -sines[:, :kept])


def _fitted(m: Maths, x: Tensor, length: int) -> Tensor:
    """Cut off, or filled up with zeros."""
    own = x.known(-1)
    if own > length:
        return m.slice(x, x.rank - 1, 0, length)
    return padded(m, x, [(0, 0)] * (x.rank - 1) + [(0, length - own)]) if own < length else x


def irfft(m: Maths, call: Called) -> Tensor:
    real, imaginary = _pair(m, call)
    length = call.size("fft_length") if call.has("fft_length") else 2 * (real.known(-1) - 1)
    return _back(m, (real, imaginary), length)


def _back(m: Maths, x: Pair, length: int) -> Tensor:
    """Real numbers, from the frequencies up to half: the others mirror them."""
    kept = length // 2 + 1
    cosines, sines = _waves(kept, length)
    twice = np.where((np.arange(kept) == 0) | (2 * np.arange(kept) == length), 1, 2)[:, None] / length
    real, imaginary = (_fitted(m, one, kept) for one in x)
    return m.sub(_times(m, real, cosines * twice), _times(m, imaginary, sines * twice))


def frames(m: Maths, call: Called) -> Tensor:
    """``extract_sequences``: overlapping pieces of a row."""
    return _framed(m, call.tensor("x"), call.size("sequence_length"), call.size("sequence_stride"))


def _framed(m: Maths, x: Tensor, length: int, stride: int) -> Tensor:
    size = x.known(-1)
    count = max((size - length) // stride + 1, 0)
    if not count:
        raise Unsupported(f"its row of {size} is shorter than a piece of {length}")
    check_table(count * length)
    places = np.arange(count)[:, None] * stride + np.arange(length)
    return m.gather(x, m.array(places, D.INT64), x.rank - 1)


def _window(call: Called, length: int, width: int) -> np.ndarray:
    """(width,) array: the weights of a piece, in the middle."""
    given = call.raw("window")
    if given is None:
        return np.ones(width)
    # TensorFlow's window of odd length is not periodic even if that is asked for.
    places = 2 * np.pi * np.arange(length) / max(length - length % 2, 1)
    if isinstance(given, str):
        if given not in ("hann", "hamming"):
            raise Unsupported(f"its window {given} is not known here")
        share = 0.5 if given == "hann" else 0.54
        weights = share - (1 - share) * np.cos(places)
    else:
        weights = np.asarray(call.operand("window"), dtype=np.float64)
        if weights.shape != (length,):
            raise Unsupported(f"its window of shape {weights.shape} does not fit pieces of {length}")
    before = (width - length) // 2
    return np.pad(weights, (before, width - length - before))


def _pieces(call: Called) -> tuple[int, int, int, bool]:
    length, stride = call.size("sequence_length"), call.size("sequence_stride")
    width = call.size("fft_length")
    if not length <= width <= _LONGEST:
        raise Unsupported(f"it transforms pieces of {length} at a length of {width}")
    return length, stride, width, call.flag("center", True)


def stft(m: Maths, call: Called) -> list[Tensor]:
    """Frequencies of overlapping pieces."""
    x = m.real(call.tensor("x"))
    length, stride, width, centre = _pieces(call)
    if centre:
        x = padded(m, x, [(0, 0)] * (x.rank - 1) + [(width // 2,) * 2], "reflect")
    pieces = _framed(m, x, width, stride)
    pieces = m.mul(pieces, m.array(_window(call, length, width), dtype_of(x)))
    return list(_half(m, pieces, width))


def istft(m: Maths, call: Called) -> Tensor:
    """Overlapping pieces added up, each weighed so that nothing counts twice."""
    x = _pair(m, call)
    length, stride, width, centre = _pieces(call)
    if x[0].rank < 2:
        raise Unsupported("its input has no pieces")
    pieces = _back(m, x, width)
    if call.raw("window") is not None:
        pieces = m.mul(
            pieces, m.array(_inverse_window(_window(call, length, width), stride), dtype_of(pieces))
        )
    count = pieces.known(-2)
    total = width + stride * (count - 1)
    check_table(count * width * total)
    # A product with a table of ones puts each number where it belongs.
    places = (np.arange(count)[:, None] * stride + np.arange(width)).reshape(-1)
    table = np.zeros((count * width, total), np.float32)
    table[np.arange(count * width), places] = 1
    flat = m.reshape(pieces, [*m.sizes(pieces)[:-2], count * width])
    y = _times(m, flat, table)
    start = width // 2 if centre else 0
    if call.has("length"):
        end = start + call.size("length")
    else:
        end = total - width // 2 if centre else total
    if not start < end:
        raise Unsupported("nothing is left of its result")
    return m.slice(y, y.rank - 1, start, end)


def _inverse_window(window: np.ndarray, stride: int) -> np.ndarray:
    """tf.signal.inverse_stft_window_fn: the window over the sum of its squares at all overlaps."""
    overlaps = -(-len(window) // stride)
    squares = np.pad(window**2, (0, overlaps * stride - len(window)))
    total = np.tile(squares.reshape(overlaps, stride).sum(axis=0), overlaps)[: len(window)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(window / total)
