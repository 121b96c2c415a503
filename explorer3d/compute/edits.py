"""What somebody changes in a network: channels of what layers give, and kernels of their weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer3d.errors import RequestError


@dataclass(frozen=True)
class Edit:
    """A channel or a kernel that is muted, boosted or replaced.

    Attributes
    ----------
    layer : str
    channel : int
        Of the layer's output; of a weight the output channel, which tells its kernels apart.
    factor : float
        Every number is multiplied by it: 0 mutes, 2 makes twice as strong.
    source : int or None
        The channel, or kernel, whose numbers stand in, as they are without any edit; None: its own.
    weight : str
        Name of the layer's weight; empty: its output is changed.
    taken : int or None
        Of a kernel only the slice for this input channel is changed; None: all of it.
    output : int
        Which of the layer's outputs.
    """

    layer: str
    channel: int
    factor: float = 0.0
    source: int | None = None
    weight: str = ""
    taken: int | None = None
    output: int = 0

    @cached_property
    def target(self) -> Edit:
        """What is changed, whatever is done to it: equal for edits that exclude each other."""
        return replace(self, factor=0.0, source=None)

    @property
    def what(self) -> str:
        """What is changed, for people: ``map 3 of conv1``, ``kernel 3 of conv1, input 2``."""
        if not self.weight:
            return f"map {self.channel} of {self.layer}"
        slice_ = "" if self.taken is None else f", input {self.taken}"
        return f"kernel {self.channel} of {self.layer}{slice_}"

    @property
    def done(self) -> str:
        """What is done to it, for people: ``muted``, ``×2``, ``replaced by 5``."""
        if self.factor == 0:
            return "muted"
        times = f"×{self.factor:.4g}".replace("-", "−")
        if self.source is None:
            return times
        return f"replaced by {self.source}" + (f", {times}" if self.factor != 1 else "")


def channels_after(
    edits: Iterable[Edit], count: int, dtype: np.dtype[np.floating]
) -> tuple[np.ndarray, np.ndarray]:
    """Where each channel comes from, and by what it is multiplied.

    Parameters
    ----------
    edits : iterable of Edit
        Of one value.
    count : int
        How many channels it has.
    dtype : numpy.dtype

    Returns
    -------
    order : (count,) int64 array
    factor : (count,) array

    Raises
    ------
    RequestError
        There is no such channel.
    """
    order, factor = np.arange(count), np.ones(count, dtype)
    for edit in edits:
        for channel in (edit.channel, edit.source):
            _require("channel", channel, count)
        order[edit.channel] = edit.channel if edit.source is None else edit.source
        factor[edit.channel] = edit.factor
    return order, factor


def weight_after(array: np.ndarray, axes: str, edits: Iterable[Edit]) -> np.ndarray:
    """A weight with kernels changed.

    Parameters
    ----------
    array : array
    axes : str
        As in `Weight.axes`.
    edits : iterable of Edit
        Of this weight; later ones find what earlier ones made, but what stands in is as it was.

    Raises
    ------
    RequestError
        It has no such kernel.
    """
    changed = array.copy()
    before, after = (_kernels(numbers, axes) for numbers in (array, changed))
    for edit in edits:
        for channel in (edit.channel, edit.source):
            _require("kernel", channel, len(after))
        _require("input channel", edit.taken, after.shape[1])
        part = slice(None) if edit.taken is None else edit.taken
        stands_in = after[edit.channel, part] if edit.source is None else before[edit.source, part]
        after[edit.channel, part] = stands_in * array.dtype.type(edit.factor)
    return changed


def _kernels(array: np.ndarray, axes: str) -> np.ndarray:
    """(O, I, …) view of a weight."""
    return np.moveaxis(array, (axes.index("O"), axes.index("I")), (0, 1))


def _require(what: str, place: int | None, count: int) -> None:
    if place is not None and not 0 <= place < count:
        raise RequestError(f"There is no {what} {place}: there are {count}, from 0 to {count - 1}.")
