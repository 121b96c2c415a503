"""A tensor as slices: which axes make up a tile, and which tell tiles apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from string import ascii_lowercase

import numpy as np

# So few elements at the end, behind more of them, are channels.
_FEW = 4
_LARGEST_KERNEL = 11


@dataclass(frozen=True, eq=False)
class Slices:
    """Views of a tensor, nothing of it copied.

    Attributes
    ----------
    kind : str
        ``maps``, ``kernels``, ``colour``, ``matrix``, ``vector`` or ``text``.
    array : array
        By kind: (tiles, height, width); (output, input, height, width); (tiles, height, width, 3);
        (1, height, width); (n,); for text the tensor as it is.
    """

    kind: str
    array: np.ndarray


def slices_of(array: np.ndarray, axes: str, colour: bool = False) -> Slices:
    """Cut a tensor into slices.

    Parameters
    ----------
    array : array
        Activation with its batch axis (the first of the batch is taken), or a weight.
    axes : str
        A letter per axis as in `Port.axes`; for weights also O (output channel) and I (input
        channel). If empty or of another length, guessed from the shape as for activations.
    colour : bool
        Take three channels (or three input channels of each kernel) for red, green and blue.
    """
    array = np.asarray(array)
    if not array.size or array.dtype.kind not in "fiub":
        return Slices("text", array)
    axes = axes if len(axes) == array.ndim else guessed_axes(array.shape)
    if "N" in axes:
        array = array[(slice(None),) * axes.index("N") + (0,)]
        axes = axes.replace("N", "")
    if array.size == 1:
        return Slices("text", array)
    if array.size == max(array.shape):
        return Slices("vector", array.reshape(-1))
    space = "".join(letter for letter in axes if letter in "DHWT")
    if "O" in axes and "I" in axes and space:
        return _kernels(_folded(_ordered(array, axes, "OI" + space), 1), colour and len(space) == 2)
    if array.ndim == 2:
        if axes[0] == "C":
            array = array.T  # time or space runs downwards, channels across
        return Slices("matrix", array[None])
    return _maps(array, axes, colour)


def guessed_axes(shape: tuple[int, ...]) -> str:
    """Letters for an activation of which no operator tells the axes; lower case for any axis."""
    rank = len(shape)
    if rank < 2:
        return "C"[:rank]
    batch = "N" if shape[0] == 1 else ""
    if rank == 4 and batch:
        return "NHWC" if shape[3] <= _FEW < min(shape[1:3]) else "NCHW"
    return batch + ascii_lowercase[: rank - len(batch)]


def weight_axes(shape: tuple[int, ...]) -> str:
    """Letters for a weight of which no operator tells the axes: it has no batch."""
    rank = len(shape)
    if rank in (4, 5) and max(shape[2:]) <= _LARGEST_KERNEL:
        return "OIDHW"[:2] + "DHW"[5 - rank :]
    return ascii_lowercase[:rank]


def _kernels(kernels: np.ndarray, colour: bool) -> Slices:
    if colour and kernels.shape[1] == 3:
        return Slices("colour", kernels.transpose(0, 2, 3, 1))
    return Slices("kernels", kernels)


def _maps(array: np.ndarray, axes: str, colour: bool) -> Slices:
    sizes = dict(zip(axes, array.shape, strict=True))
    rest = [letter for letter in axes if letter != "C"]
    wide = [letter for letter in axes if sizes[letter] > 1]
    if sizes.get("C", 1) > 1 and len(wide) == 2:
        # A series in the clothes of a picture, such as 36 channels of 1 × 172.
        series = "".join(letter for letter in wide if letter != "C") + "C"
        rows, columns = sizes[series[0]], sizes["C"]
        order = series + "".join(letter for letter in axes if letter not in series)
        return Slices("matrix", _ordered(array, axes, order).reshape(1, rows, columns))
    if axes.islower() and len(wide) == 2:
        return Slices("matrix", array.reshape(1, sizes[wide[0]], sizes[wide[1]]))
    if "T" in axes and "C" in axes and not {"H", "W"} & set(axes):
        order = "".join(letter for letter in axes if letter not in "TC") + "TC"
    else:
        order = ("C" if "C" in axes else "") + "".join(rest)
    maps = _folded(_ordered(array, axes, order), 0)
    if colour and len(maps) == 3 == sizes.get("C") and len(rest) == 2:
        return Slices("colour", maps.transpose(1, 2, 0)[None])
    return Slices("maps", maps)


def _ordered(array: np.ndarray, axes: str, wanted: str) -> np.ndarray:
    return np.transpose(array, [axes.index(letter) for letter in wanted])


def _folded(array: np.ndarray, kept: int) -> np.ndarray:
    """Fold the axes between the first `kept` ones and the last two into one, or make a missing one."""
    shape = array.shape
    if len(shape) == kept + 2 and kept:
        return array.reshape(*shape[:-1], 1, shape[-1])
    return array.reshape(*shape[:kept], prod(shape[kept:-2]), *shape[-2:])
